"""The atlas: every region on one world map and in one table, with a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import Outcome, severity
from zonerisk.pages import features, page, view
from zonerisk.pages.features import Feature, Point
from zonerisk.pages.map_payload import MapData
from zonerisk.words import compliance as standing

if TYPE_CHECKING:
    from zonerisk.core.model import Provider
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Verdict
    from zonerisk.library import Library
    from zonerisk.pages.features import Setting
    from zonerisk.pages.ground import Tiles

INDEX = "index.html"


@dataclass(frozen=True)
class Entry:
    """A region as a row of the table."""

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
    def of(cls, catalog: Library, policy: Policy, as_of: str | None = None) -> Atlas:
        """Judge every region that sells something; keep why the others are not judged."""
        verdicts: dict[str, Verdict] = {}
        settings: dict[str, Setting] = {}
        unjudged: dict[str, str] = {}
        for region_id in catalog.region_ids:
            if catalog.region(region_id).status != "open":
                unjudged[region_id] = catalog.region(region_id).status
                continue
            try:
                verdicts[region_id] = catalog.score(region_id, policy, as_of)
            except UsageError:
                unjudged[region_id] = "sells no zone on this day"
                continue
            settings[region_id] = features.setting(catalog, verdicts[region_id])
        return cls(catalog, verdicts, settings, unjudged)

    def pages(
        self, online: Tiles | None = None, files: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, str]]:
        """Write every page: its file name and its text.

        Parameters
        ----------
        online
            The online map that the maps offer.
        files
            Where a region's record can be opened from the pages, by its id.
        """
        if not self.verdicts:
            raise UsageError("no region sells anything on this day; there is nothing to map")
        providers = sorted({self.catalog.region(key).provider for key in self.verdicts})
        yield INDEX, self._index(online)
        for provider in providers:
            yield _provider_page(provider), self._provider(provider, online)
        for key, verdict in self.verdicts.items():
            owner = self.catalog.provider(self.catalog.region(key).provider)
            yield (
                f"{key}.html",
                page.map_page(
                    [verdict],
                    [self.settings[key]],
                    online=online,
                    index=INDEX,
                    crumbs=[(owner.name, _provider_page(owner.id))],
                    files=files or {},
                    attribution=self.catalog.edition.attribution,
                ),
            )

    def entry(self, key: str) -> Entry:
        """Sum a verdict up in a row."""
        verdict, region = self.verdicts[key], self.catalog.region(key)
        worst = max(verdict.shared_risks, key=lambda risk: severity(risk.outcome), default=None)
        fit = next((option for option in verdict.dr if option.outcome == "pass"), None)
        judged = {finding.rule: finding.outcome for finding in verdict.findings}
        recovery = judged.get("dr", "unknown")
        said = (
            f"{self.settings[key].name(fit.target)}, {view.say_m(fit.distance_m).best}"
            if fit
            else "not known"
            if recovery == "unknown"
            else "none found"
        )
        owner = self.catalog.provider(region.provider)
        disclosed = _disclosed(verdict)
        return Entry(
            id=key,
            name=region.name,
            provider=owner.name,
            provider_page=_provider_page(owner.id),
            page=f"{key}.html",
            country=region.country,
            outcome=verdict.outcome,
            sold=verdict.zones.sold,
            worth=standing.spelled(verdict.zones.effective),
            worth_rank=verdict.zones.effective.low + verdict.zones.effective.high / 1000,
            risk=f"{worst.kind} ({worst.grade})" if worst else "none on record" if disclosed else "not known",
            risk_outcome=worst.outcome if worst else None,
            risk_rank=severity(worst.outcome) if worst else 0,
            recovery=said,
            recovery_outcome=recovery,
            recovery_rank=(fit.distance_m.best or 0) / 1000 if fit else 1e6 * severity(recovery),
            score=standing.points(verdict.score),
            score_low=verdict.score.low,
            grade=verdict.grade,
            disclosed=disclosed,
            located=any(place.lat is not None for place in verdict.places),
        )

    def _index(self, online: Tiles | None) -> str:
        return self._overview(
            list(self.verdicts),
            online,
            title="Atlas of availability zones",
            crumb="zonerisk",
            answer=self._answer(list(self.verdicts)),
            provider=None,
            back=None,
        )

    def _provider(self, provider_id: str, online: Tiles | None) -> str:
        owner = self.catalog.provider(provider_id)
        keys = [key for key in self.verdicts if self.catalog.region(key).provider == provider_id]
        return self._overview(
            keys,
            online,
            title=owner.name,
            crumb=provider_id,
            answer=self._answer(keys),
            provider=owner,
            back=INDEX,
        )

    def _answer(self, keys: Sequence[str]) -> str:
        failing = sum(self.verdicts[key].outcome == "fail" for key in keys)
        alone = sum(self.verdicts[key].zones.effective.high < 3 for key in keys)
        first = self.verdicts[keys[0]]
        return (
            f"{_regions(len(keys))} judged by the policy {first.policy} "
            f"(standing: {first.provenance.policy.standing}) as of {first.as_of}: "
            f"{failing} break at least one rule; {alone} are worth fewer than three zones, "
            "so one event can take their majority."
        )

    def _overview(
        self,
        keys: Sequence[str],
        online: Tiles | None,
        *,
        provider: Provider | None,
        **words: str | None,
    ) -> str:
        entries = [self.entry(key) for key in keys]
        worst_last = sorted(entries, key=lambda entry: severity(entry.outcome))
        drawn = MapData(
            [feature for entry in worst_last if (feature := self._feature(entry))], {}, origin=0.0
        )
        unjudged = {
            key: why
            for key, why in self.unjudged.items()
            if provider is None or self.catalog.region(key).provider == provider.id
        }
        return page.written(
            "atlas.html",
            "atlas-page",
            drawn,
            online,
            self.catalog.edition.attribution,
            shows=[],
            scripts=[page.code("table.js")],
            entries=entries,
            provider=provider,
            unjudged=unjudged,
            zones=[],
            provenance=self.verdicts[keys[0]].provenance,
            elsewhere=sum(not entry.located for entry in entries),
            **words,
        )

    def _feature(self, entry: Entry) -> Feature | None:
        places = [place for place in self.verdicts[entry.id].places if place.lat is not None]
        if not places:
            return None
        lat, lon = places[0].lat, places[0].lon
        assert lat is not None
        assert lon is not None
        return Feature(
            "region",
            entry.id,
            f"{entry.provider} {entry.name}",
            "point",
            (Point(lat, lon),),
            outcome=entry.outcome,
            words={
                "sold": entry.sold,
                "worth": entry.worth,
                "score": f"{entry.score} ({entry.grade})",
                "page": entry.page,
            },
        )


def _provider_page(provider_id: str) -> str:
    return f"provider-{provider_id}.html"


def _regions(count: int) -> str:
    return f"{count} region{'' if count == 1 else 's'}"


def _disclosed(verdict: Verdict) -> int:
    """Count the zones whose building or campus is on record with a position."""
    if any(finding.rule == "disclosure" and finding.outcome == "pass" for finding in verdict.findings):
        return verdict.zones.sold
    return len(
        {
            zone
            for place in verdict.places
            if place.lat is not None and place.kind != "metro"
            for zone in place.zones
        }
    )
