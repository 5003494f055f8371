"""The atlas: every region on one world map and in one table, with a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import severity
from zonerisk.pages import features, page, view
from zonerisk.pages.features import Feature, Point
from zonerisk.pages.map_payload import MapData
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.model import Provider
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Outcome, Verdict
    from zonerisk.library import Library
    from zonerisk.pages.features import Setting
    from zonerisk.pages.ground import Tiles

INDEX = "index.html"


class Entry(NamedTuple):
    """A region as a row of the table; the ranks are what a column is sorted by."""

    id: str
    name: str
    provider: str
    provider_page: str
    page: str
    country: str
    outcome: Outcome
    sold: int
    worth: str
    worth_rank: float
    risk: str
    risk_outcome: Outcome | None
    risk_rank: int
    recovery: str
    recovery_outcome: Outcome
    recovery_rank: float
    score: str
    score_low: float
    grade: str
    disclosed: int
    located: bool


@dataclass(frozen=True)
class Atlas:
    """All verdicts of one catalogue under one policy on one day."""

    catalog: Library
    verdicts: Mapping[str, Verdict]
    settings: Mapping[str, Setting]
    unjudged: Mapping[str, str]

    @classmethod
    def build(cls, catalog: Library, policy: Policy, as_of: str | None = None) -> Atlas:
        """Judge every region that sells something; keep why the others are not judged."""
        verdicts: dict[str, Verdict] = {}
        unjudged: dict[str, str] = {}
        for region_id in catalog.region_ids:
            status = catalog.region(region_id).status
            if status != "open":
                unjudged[region_id] = status
                continue
            try:
                verdicts[region_id] = catalog.score(region_id, policy, as_of)
            except UsageError:
                unjudged[region_id] = "sells no zone on this day"
        settings = {key: features.setting(catalog, verdict) for key, verdict in verdicts.items()}
        return cls(catalog, verdicts, settings, unjudged)

    def pages(
        self, online: Tiles | None = None, files: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, str]]:
        """Write every page: its file name and its text; files say where regions' records can be opened."""
        if not self.verdicts:
            raise UsageError("no region sells anything on this day; there is nothing to map")
        owners = {key: self.catalog.provider(self.catalog.region(key).provider) for key in self.verdicts}
        yield INDEX, self._overview(list(self.verdicts), None, online)
        for owner_id in sorted({owner.id for owner in owners.values()}):
            owner = self.catalog.provider(owner_id)
            keys = [key for key in self.verdicts if owners[key].id == owner.id]
            yield _provider_page(owner), self._overview(keys, owner, online)
        for key, verdict in self.verdicts.items():
            text = page.map_page(
                [verdict],
                [self.settings[key]],
                online=online,
                index=INDEX,
                crumbs=[(owners[key].name, _provider_page(owners[key]))],
                files=files,
                attribution=self.catalog.edition.attribution,
            )
            yield f"{key}.html", text

    def entry(self, key: str) -> Entry:
        """Sum a verdict up in a row."""
        verdict, region = self.verdicts[key], self.catalog.region(key)
        owner = self.catalog.provider(region.provider)
        worst = max(verdict.shared_risks, key=lambda risk: severity(risk.outcome), default=None)
        fit = next((option for option in verdict.dr if option.outcome == "pass"), None)
        judged = {finding.rule: finding.outcome for finding in verdict.findings}
        recovery_outcome = judged.get("dr", "unknown")
        if fit:
            recovery = f"{self.settings[key].name(fit.target)}, {view.measure_m(fit.distance_m).best}"
        else:
            recovery = "not known" if recovery_outcome == "unknown" else "none found"
        disclosed = _disclosed(verdict)
        return Entry(
            id=key,
            name=region.name,
            provider=owner.name,
            provider_page=_provider_page(owner),
            page=f"{key}.html",
            country=region.country,
            outcome=verdict.outcome,
            sold=verdict.zones.sold,
            worth=phrases.span(verdict.zones.effective),
            worth_rank=verdict.zones.effective.low + verdict.zones.effective.high / 1000,
            risk=f"{worst.kind} ({worst.grade})" if worst else "none on record" if disclosed else "not known",
            risk_outcome=worst.outcome if worst else None,
            risk_rank=severity(worst.outcome) if worst else 0,
            recovery=recovery,
            recovery_outcome=recovery_outcome,
            recovery_rank=(fit.distance_m.best or 0) / 1000 if fit else 1e6 * severity(recovery_outcome),
            score=phrases.span(verdict.score),
            score_low=verdict.score.low,
            grade=verdict.grade,
            disclosed=disclosed,
            located=any(place.lat is not None for place in verdict.places),
        )

    def _answer(self, keys: Sequence[str]) -> str:
        failing = sum(self.verdicts[key].outcome == "fail" for key in keys)
        alone = sum(self.verdicts[key].zones.effective.high < 3 for key in keys)
        first = self.verdicts[keys[0]]
        return (
            f"{phrases.count(len(keys), 'region')} judged by the policy {first.policy} "
            f"(standing: {first.provenance.policy.standing}) as of {first.as_of}: "
            f"{failing} break at least one rule; {alone} are worth fewer than three zones, "
            "so one event can take their majority."
        )

    def _overview(self, keys: Sequence[str], owner: Provider | None, online: Tiles | None) -> str:
        """Write the page of all regions, or of one provider's."""
        entries = [self.entry(key) for key in keys]
        worst_last = sorted(entries, key=lambda entry: severity(entry.outcome))
        marks = [mark for entry in worst_last if (mark := self._mark(entry))]
        return page.render_map(
            "atlas",
            MapData(marks, {}, origin=0.0),
            online,
            self.catalog.edition.attribution,
            shows=[],
            scripts=[page.code("table.js")],
            title=owner.name if owner else "Atlas of availability zones",
            crumb=owner.id if owner else "zonerisk",
            back=INDEX if owner else None,
            answer=self._answer(keys),
            entries=entries,
            provider=owner,
            unjudged={
                key: why
                for key, why in self.unjudged.items()
                if owner is None or self.catalog.region(key).provider == owner.id
            },
            zones=[],
            provenance=self.verdicts[keys[0]].provenance,
            elsewhere=sum(not entry.located for entry in entries),
        )

    def _mark(self, entry: Entry) -> Feature | None:
        """Draw a region at the first of its places."""
        for place in self.verdicts[entry.id].places:
            if place.lat is not None and place.lon is not None:
                return Feature(
                    "region",
                    entry.id,
                    f"{entry.provider} {entry.name}",
                    "point",
                    (Point(place.lat, place.lon),),
                    outcome=entry.outcome,
                    words={
                        "sold": entry.sold,
                        "worth": entry.worth,
                        "score": f"{entry.score} ({entry.grade})",
                        "page": entry.page,
                    },
                )
        return None


def _provider_page(owner: Provider) -> str:
    return f"provider-{owner.id}.html"


def _disclosed(verdict: Verdict) -> int:
    """Count the zones whose building or campus is on record with a position."""
    if any(finding.rule == "disclosure" and finding.outcome == "pass" for finding in verdict.findings):
        return verdict.zones.sold
    placed = (place for place in verdict.places if place.lat is not None and place.kind != "metro")
    return len({zone for place in placed for zone in place.zones})
