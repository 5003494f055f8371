"""The atlas: every region on one world map and in one table, with a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core import __version__
from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import severity
from zonerisk.pages import features, page, view
from zonerisk.pages.features import Feature, Point
from zonerisk.pages.map_payload import MapData, web_address
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.model import Provider, Region
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Outcome, Verdict
    from zonerisk.library import Library
    from zonerisk.pages.features import Setting
    from zonerisk.pages.ground import Tiles

INDEX = "index.html"


class Entry(NamedTuple):
    """A region as a row of the table; the rank is what the column of recovery is sorted by."""

    id: str
    verdict: Verdict
    region: Region
    owner: Provider
    disclosed: int
    risk: str
    risk_outcome: Outcome | None
    recovery: str
    recovery_outcome: Outcome
    recovery_rank: float


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
        shared = page.Shared()
        yield INDEX, self._overview(list(self.verdicts), None, online, shared)
        for owner_id in sorted({owner.id for owner in owners.values()}):
            owner = self.catalog.provider(owner_id)
            keys = [key for key in self.verdicts if owners[key].id == owner.id]
            yield _provider_page(owner), self._overview(keys, owner, online, shared)
        for key, verdict in self.verdicts.items():
            text = page.map_page(
                [verdict],
                [self.settings[key]],
                online=online,
                index=INDEX,
                crumbs=[(owners[key].name, _provider_page(owners[key]))],
                files=files,
                attribution=self.catalog.edition.attribution,
                shared=shared,
            )
            yield f"{key}.html", text
        rows = [
            (piece.grade, piece.title, web_address(piece.url), piece.read, piece.claim, piece.secondary)
            for piece in shared.cited
        ]
        shared.link("sources.js", f"window.sources = {page.island(rows)};\n")
        yield (
            page.SOURCES,
            page.render(
                "sources.html",
                styles={"page.css": page.code("page.css")},
                shared=shared,
                title="Sources",
                layout="sources-page",
                version=__version__,
                cited=shared.cited,
            ),
        )
        yield from shared.files.items()

    def entry(self, key: str) -> Entry:
        """Sum a verdict up in a row."""
        verdict, region = self.verdicts[key], self.catalog.region(key)
        disclosed, owner = _disclosed(verdict), self.catalog.provider(region.provider)
        worst = max(verdict.shared_risks, key=lambda risk: severity(risk.outcome), default=None)
        risk = f"{worst.kind} ({worst.grade})" if worst else "none on record" if disclosed else "not known"
        outcome: Outcome = min((option.outcome for option in verdict.recovery), key=severity, default="fail")
        fit = next((option for option in verdict.recovery if option.outcome == "pass"), None)
        if fit:
            recovery = f"{self.settings[key].name(fit.target)}, {view.measure_m(fit.distance_m).best}"
            rank = (fit.distance_m.best or 0) / 1000
        else:
            recovery = "not known" if outcome == "unknown" else "none found"
            rank = 1e6 * severity(outcome)
        hit = worst.outcome if worst else None
        return Entry(key, verdict, region, owner, disclosed, risk, hit, recovery, outcome, rank)

    def _answer(self, keys: Sequence[str]) -> str:
        failing = sum(self.verdicts[key].independence.outcome == "fail" for key in keys)
        alone = sum(self.verdicts[key].independence.zones.effective.high < 3 for key in keys)
        first = self.verdicts[keys[0]]
        return (
            f"{phrases.count(len(keys), 'region')} as of {first.as_of}: "
            f"of {failing} one cause takes two zones or more; {alone} are worth fewer than three zones, "
            "so one event can take their majority."
        )

    def _overview(
        self, keys: Sequence[str], owner: Provider | None, online: Tiles | None, shared: page.Shared
    ) -> str:
        """Write the page of all regions, or of one provider's."""
        entries = [self.entry(key) for key in keys]
        marks = {entry.id: mark for entry in entries if (mark := self._mark(entry))}
        worst_last = sorted(marks, key=lambda key: severity(self.verdicts[key].independence.outcome))
        return page.render_map(
            "atlas",
            MapData([marks[key] for key in worst_last], {}, origin=0.0),
            online,
            self.catalog.edition.attribution,
            shared=shared,
            shows=[],
            scripts=["table.js"],
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
            elsewhere=len(entries) - len(marks),
        )

    def _mark(self, entry: Entry) -> Feature | None:
        """Draw a region at the first of its places."""
        verdict = entry.verdict
        for place in verdict.places:
            if place.lat is not None and place.lon is not None:
                words: dict[str, str | float | None] = {
                    "sold": verdict.independence.zones.sold,
                    "worth": phrases.span(verdict.independence.zones.effective),
                    "score": f"{verdict.policy.score.shown:.0f} to {verdict.policy.score.possible:.0f}",
                    "page": f"{entry.id}.html",
                }
                name, at = f"{entry.owner.name} {entry.region.name}", (Point(place.lat, place.lon),)
                return Feature(
                    "region", entry.id, name, "point", at, outcome=verdict.independence.outcome, words=words
                )
        return None


def _provider_page(owner: Provider) -> str:
    return f"provider-{owner.id}.html"


def _disclosed(verdict: Verdict) -> int:
    """Count the zones whose building or campus is on record with a position."""
    if any(finding.rule == "disclosure" and finding.outcome == "pass" for finding in verdict.policy.findings):
        return verdict.independence.zones.sold
    placed = (place for place in verdict.places if place.lat is not None and place.kind != "metro")
    return len({zone for place in placed for zone in place.zones})
