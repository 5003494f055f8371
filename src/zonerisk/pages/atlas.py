"""The atlas: every region on one world map and in one table, with a page for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import UsageError
from zonerisk.core.kinds import KINDS
from zonerisk.core.verdict import Block, Outcome, Verdict, block, severity
from zonerisk.pages import card, features, page, surroundings
from zonerisk.pages.features import Feature, Setting
from zonerisk.pages.map_payload import MapData
from zonerisk.words import answer, phrases
from zonerisk.words.verdicts import block_order

if TYPE_CHECKING:
    from zonerisk.core.model import Policy, Provider
    from zonerisk.library import Library
    from zonerisk.pages.ground import Tiles

INDEX = "index.html"
_FEW = 9
HEADS: dict[Block, str] = {
    "shared": "fail together",
    "partly": "fail together in part",
    "not shown": "cannot be told",
    "near": "stand near each other",
    "apart": "stand apart",
    "one-zone": "sell one zone",
}
"""What is said of the regions of each class, which are counted before it."""
CAUSES = {"count": "one zone", "disclosure": "not disclosed", "incident": "event on record"}
"""What decides a class, where its id is no word for it."""


class Entry:
    """A region as a mark, and as a row of the table."""

    def __init__(self, atlas: Atlas, key: str) -> None:
        """Read what the map and the table show of a verdict."""
        catalog, self.id = atlas.catalog, key
        self.verdict, self.around = atlas.verdicts[key], atlas.settings[key]
        self.region = catalog.region(key)
        self.owner = catalog.provider(self.region.provider)
        dialect = catalog.dialects.get(self.owner.id)
        names = catalog.edition.countries.get(self.region.country, (self.region.country,))
        self.country, self.called = names[0], " ".join([*(dialect.aliases if dialect else ()), *names])
        standing = self.verdict.independence
        self.class_: Block = block(standing.class_)
        self.cause = CAUSES.get(standing.cause.kind, standing.cause.kind)
        kind = KINDS.get(standing.cause.kind) if standing.cause.risk else None
        self.rule = kind and kind.rule
        self.why = answer.why(self.verdict)
        outcomes = [option.outcome for option in self.verdict.recovery]
        self.recovery: Outcome = min(outcomes, key=severity, default="fail")

    @property
    def disclosed(self) -> int:
        """Count the zones whose building or campus is on record with a position."""
        findings = self.verdict.policy.findings
        if any(finding.rule == "disclosure" and finding.outcome == "pass" for finding in findings):
            return self.verdict.independence.zones.sold
        placed = (place for place in self.verdict.places if place.lat is not None and place.kind != "metro")
        return len({zone for place in placed for zone in place.zones})

    @property
    def mark(self) -> Feature | None:
        """Draw the region at the first of its places."""
        at = next((at for _, at in features.placed(self.verdict)), None)
        words = {"class": self.class_, "why": self.why, "page": f"{self.id}.html"}
        name, outcome = f"{self.owner.name} {self.region.name}", self.verdict.independence.outcome
        return at and Feature("region", self.id, name, "point", (at,), outcome=outcome, words=words)


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
        settings = {key: surroundings.setting(catalog, verdict) for key, verdict in verdicts.items()}
        return cls(catalog, verdicts, settings, unjudged)

    def pages(
        self, online: Tiles | None = None, files: Mapping[str, str] | None = None, site: str | None = None
    ) -> Iterator[tuple[str, str]]:
        """Write every page: its file name and its text; for a site the pictures of links, as SVG, too.

        Files say where records and documents can be opened, by their names; the site where the folder will be
        served.
        """
        if not self.verdicts:
            raise UsageError("no region sells anything on this day; there is nothing to map")
        shared, credit = page.Shared(site, files), self.catalog.edition.attribution
        entries = [Entry(self, key) for key in self.verdicts]
        yield INDEX, self._overview(entries, None, online, shared)
        owners = {entry.owner.id: entry.owner for entry in entries}
        for key, owner in sorted(owners.items()):
            its = [entry for entry in entries if entry.owner.id == key]
            yield _provider_page(owner), self._overview(its, owner, online, shared)
        for entry in entries:
            way = [("Atlas", INDEX), (entry.owner.name, _provider_page(entry.owner))]
            text = page.map_page(
                [entry.verdict], [entry.around], online=online, crumbs=way, attribution=credit, shared=shared
            )
            yield f"{entry.id}.html", text
            if site:
                yield f"{page.CARDS}/{entry.id}.png", card.draw(entry.verdict, entry.around)
        shared.finish()
        yield page.SOURCES, page.render("sources", shared=shared, title="Sources", address=page.SOURCES)
        yield from (shared.files | shared.pictures).items()

    def _overview(
        self, entries: Sequence[Entry], owner: Provider | None, online: Tiles | None, shared: page.Shared
    ) -> str:
        """Write the page of all regions, or of one provider's."""
        entries = sorted(entries, key=lambda entry: block_order(entry.verdict))
        marks = [entry.mark for entry in entries if entry.mark]
        rows: dict[str, list[Entry]] = {}
        for entry in entries:
            rows.setdefault(entry.owner.id, []).append(entry)
        counts = Counter(entry.class_ for entry in entries)
        several, apart = len(entries) - counts["one-zone"], counts["apart"]
        first = entries[0].verdict
        headline = (
            f"{phrases.count(several, 'region')} {'is' if several == 1 else 'are'} sold as several zones or "
            f"buildings; {apart} {'is' if apart == 1 else 'are'} shown to stand apart"
        )
        of = "" if owner else f" of {phrases.count(len(rows), 'provider')}"
        answer = (
            f"{phrases.count(len(entries), 'region')}{of}, policy {first.policy.id}, as of {first.as_of}."
        )
        heads = {name: (head, counts[name]) for name, head in HEADS.items()}
        address = _provider_page(owner) if owner else INDEX
        picture = f"{page.CARDS}/{address.removesuffix('.html')}.png"
        if shared.site:
            whose = f"{owner.name}: {headline}" if owner else headline
            shared.pictures[picture] = card.overview(whose, answer, heads)
        return page.render_map(
            "atlas",
            MapData(marks[::-1], {}, single=False),
            online,
            attribution=self.catalog.edition.attribution,
            shared=shared,
            address=address,
            picture=picture,
            policy=first.policy.id,
            title=owner.name if owner else "Atlas of availability zones",
            headline=owner.name if owner else headline,
            answer=f"{f'{headline}. ' if owner else ''}{answer} One mark is one region.",
            entries=entries,
            heads=heads,
            # Providers of few regions stand together below.
            wall=sorted(rows.values(), key=lambda row: (len(row) < _FEW, block_order(row[0].verdict))),
            few=_FEW,
            events=_events(entries),
            provider=owner,
            unjudged={
                key: why
                for key, why in self.unjudged.items()
                if owner is None or self.catalog.region(key).provider == owner.id
            },
            elsewhere=len(entries) - len(marks),
        )


def _events(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Gather what happened to the regions, the latest first."""
    events: dict[str, dict[str, Any]] = {}
    several = {key for entry in entries for key in entry.verdict.record.several}
    for entry in entries:
        for event in entry.verdict.record.incidents:
            row = {"incident": event, "year": event.start[:4], "regions": [], "several": event.id in several}
            events.setdefault(event.id, row)["regions"].append(entry)
    return sorted(events.values(), key=lambda row: (row["incident"].start, row["incident"].id))[::-1]


def _provider_page(owner: Provider) -> str:
    return f"provider-{owner.id}.html"
