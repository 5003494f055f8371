"""The library: a catalogue that also answers, with verdicts and as geodata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geopandas import GeoDataFrame

    from zonerisk.catalogue.frames import Layer
    from zonerisk.core.hazard_sample import Source
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Units, Verdict


class Library(Catalog):
    """What :func:`zonerisk.load` opens. What answers is loaded when it is first asked."""

    def score(
        self,
        target: str,
        policy: str | Policy = "podcast",
        as_of: str | None = None,
        units: Units | None = None,
        samples: Source | None = None,
    ) -> Verdict:
        """Judge one region; see :func:`zonerisk.judging.score.score`.

        Raises
        ------
        UnknownTarget
            If nothing, or a provider of several regions, goes by that name, or no policy by its.
        UsageError
            If the region sold nothing on that day.
        DataError
            If a record or the policy is not valid.
        """
        from zonerisk.judging.score import score

        found = self.resolve(target)
        if len(found) != 1:
            raise UnknownTarget(f"{target!r} is a provider; name one of {', '.join(found)}")
        chosen = self.policy(policy) if isinstance(policy, str) else policy
        return score(self, found[0], chosen, as_of=as_of, units=units, samples=samples)

    def to_geodataframe(self, layer: Layer = "sites", regions: Iterable[str] | None = None) -> GeoDataFrame:
        """Give a layer of the catalogue as geodata; see :func:`zonerisk.catalogue.frames.frame`."""
        from zonerisk.catalogue.frames import frame

        return frame(self, layer, regions)
