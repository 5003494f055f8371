"""Policies: named, cited thresholds and weights, each a file."""

# No "from __future__ import annotations" here: pydantic would compile every annotation again,
# a tenth of a cold start.

from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from zonerisk.core import kinds
from zonerisk.core.model import Evidence, Key, Record, Text

if TYPE_CHECKING:
    from typing import TypeAlias

DEFAULT = "podcast"

# What a rule's threshold is measured in, None for a rule that takes none: rules on what the zones
# are and how far apart, on each kind of shared risk, and on what follows from them.
_UNITS: dict[str, str | None] = {
    "disclosure": "km",
    "quorum": "zones",
    "separation-min": "km",
    "separation-max": "km",
    "rtt-max": "ms",
    **kinds.UNITS,
    "survives": None,
    "claims": None,
    "dr": "km",
    "backup": None,
}
_NEEDED = {"disclosure", "quorum", "separation-min", "separation-max", "rtt-max", "colocation", "dr"}

if TYPE_CHECKING:
    RuleName: TypeAlias = str
else:
    RuleName = Literal[tuple(_UNITS)]

# Only these may call something non-compliant; the others describe, they do not oblige.
_Binding = Literal["law", "regulation", "supervisory", "attestation", "certification"]
_Advice = Literal["recommendation", "guideline", "standard", "provider-claim", "product-limit", "opinion"]
Standing = Literal[_Binding, _Advice, "withdrawn", "unverified"]


class Alternative(Record):
    """What a rule on recovery accepts in place of its distance."""

    kind: Literal["written-analysis", "other-seismic-zone"]
    from_km: Annotated[float, Field(gt=0)] | None = None


class Rule(Record):
    """One question that a policy asks."""

    weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    threshold: Annotated[float, Field(ge=0)] | None = None
    unit: Literal["km", "zones", "ms", "circuits"] | None = None
    measure: Literal["fibre", "straight"] = "straight"
    severity: Literal["fail", "warn"] = "fail"
    fail_beyond_km: Annotated[float, Field(gt=0)] | None = None
    correlation_km: Annotated[float, Field(gt=0)] | None = None
    qualitative: bool = False
    alternatives: tuple[Alternative, ...] = ()
    text: Text | None = None
    article: Text | None = None
    quote: Annotated[Text, Field(max_length=400)] | None = None
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_unit(self) -> Self:
        if (self.threshold is None) != (self.unit is None):
            raise ValueError("threshold and unit go together")
        if self.qualitative and self.threshold is not None:
            raise ValueError("a qualitative rule has no threshold")
        return self


class Policy(Record):
    """Rules with their sources, and how much weight they carry in the world."""

    id: str = ""
    sha256: str = ""
    name: Text
    standing: Standing
    scope: Text | None = None
    note: Text | None = None
    rules: Annotated[dict[RuleName, Rule], Field(min_length=1)]
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, rule in self.rules.items():
            wanted = _UNITS[name]
            if rule.unit is not None and rule.unit != wanted:
                raise ValueError(f"rule {name}: its unit is {wanted or 'none'}, not {rule.unit}")
            if rule.correlation_km is not None and name not in kinds.CORRELATED:
                raise ValueError(
                    f"rule {name}: correlation_km is of the rule {' or '.join(kinds.CORRELATED)} alone"
                )
            if rule.alternatives and (name != "dr" or rule.threshold is None):
                raise ValueError(f"rule {name}: alternatives are of a distance of the rule dr alone")
            if rule.threshold is None and name in _NEEDED and not rule.qualitative:
                raise ValueError(f"rule {name}: needs threshold and unit: {wanted}")
            for key in rule.evidence:
                if key not in self.evidence:
                    raise ValueError(f"rule {name}: {key!r} is not under evidence")
        if not any(rule.weight for rule in self.rules.values()):
            raise ValueError("at least one rule needs a weight above 0")
        return self

    @property
    def binding(self) -> bool:
        """True where a breach may be called non-compliance."""
        return self.standing in get_args(_Binding)

    def cite(self, rule: RuleName) -> tuple[Evidence, ...]:
        """Return the evidence behind a rule."""
        return tuple(self.evidence[key] for key in self.rules[rule].evidence)
