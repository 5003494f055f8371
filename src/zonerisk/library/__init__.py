"""The library: a catalogue that also answers, with verdicts, rankings and audits, and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from os import PathLike
from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.core.model import DEFAULT, Policy
from zonerisk.core.samples import Source
from zonerisk.core.verdict import Audit, Units, Verdict

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from zonerisk.catalogue.frames import Layer
    from zonerisk.judging.recovery import RecoveryRanking


class Verdicts(tuple["Verdict", ...]):
    """Verdicts of several regions under one policy, in the order asked for."""

    __slots__ = ()

    @property
    def common_ground(self) -> list[str]:
        """Places that several of the regions stand in, certainly or as candidates, as sentences."""
        from zonerisk.words import verdicts

        return verdicts.common_ground(self)

    def to_frame(self) -> DataFrame:
        """Return one row a region: counts, distances in metres, outcome and score; None is not known."""
        from pandas import json_normalize

        from zonerisk.words import verdicts

        records = verdicts.records(self)
        shared = [", ".join(record.pop("shared_risks")) for record in records]
        return json_normalize(records, sep="_").assign(shared_risks=shared)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(escape=True, index=False, na_rep=""))


class Library(Catalog):
    """What :func:`zonerisk.load` opens. What answers is loaded when it is first asked."""

    def score(
        self,
        target: str,
        policy: str | Policy = DEFAULT,
        as_of: str | None = None,
        units: Units | None = None,
        samples: Source | None = None,
    ) -> Verdict:
        """Judge one region.

        Parameters
        ----------
        target
            A region's id or name, such as ``ovh-sbg``.
        policy
            A policy, its id, or the file of a user's own.
        as_of
            The day to judge (``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``); without it, the day of
            the catalogue.
        units
            Compare ``zones`` or ``sites``; without it, zones, or the datacenters of a region
            that is sold as one zone and numbered as several.
        samples
            What the layers say at sites; without it, the figures of the catalogue.

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

        region, rules = self._region(target), self._policy(policy)
        if units not in (None, "zones", "sites"):
            raise UsageError(f"{units!r} cannot be compared; units are zones or sites")
        return score(self, region, rules, as_of=as_of, units=units, samples=samples)

    def verdicts(
        self,
        targets: str | Iterable[str] | None = None,
        policy: str | Policy = DEFAULT,
        as_of: str | None = None,
        units: Units | None = None,
    ) -> Verdicts:
        """Judge several regions.

        Parameters
        ----------
        targets
            Regions or providers by name, a provider for all its open regions; without them,
            every region that is open.
        policy, as_of, units
            As for :meth:`score`, which also says what is raised.
        """
        if targets is None:
            records = map(self.region, self.region_ids)
            regions = [region.id for region in records if region.status == "open" and region.zones]
        elif isinstance(targets, Iterable):
            names = [targets] if isinstance(targets, str) else targets
            regions = [region for name in names for region in self.open_regions(name)]
        else:
            raise UsageError("targets are a list of names, such as ['ovh-sbg']")
        rules = self._policy(policy)
        return Verdicts(self.score(key, rules, as_of, units) for key in dict.fromkeys(regions))

    def compare(
        self, targets: Iterable[str], policy: str | Policy = DEFAULT, as_of: str | None = None
    ) -> Verdicts:
        """Judge two regions or more, and find what they have in common: ``common_ground``.

        Parameters are those of :meth:`verdicts`; fewer than two regions are a ``UsageError``.
        """
        compared = self.verdicts(targets, policy, as_of)
        if len(compared) < 2:
            raise UsageError("name two regions or more, or a provider of several, to compare")
        return compared

    def recovery(
        self,
        target: str,
        policy: str | Policy = DEFAULT,
        as_of: str | None = None,
        *,
        to: Sequence[str] = (),
        min_km: float | None = None,
        max_rtt_ms: float | None = None,
        within: str | None = None,
        any_provider: bool = False,
    ) -> RecoveryRanking:
        """Rank the regions that can be disaster recovery for a region.

        Parameters
        ----------
        target, policy, as_of
            As for :meth:`score`, which also says what is raised.
        to
            Judge these regions or providers alone.
        min_km
            Least distance; without it, the policy's.
        max_rtt_ms
            Longest round trip, milliseconds.
        within
            A country by its name or two letters, or ``EU``: regions elsewhere are left out.
        any_provider
            Judge the regions of every provider, not of the target's alone.
        """
        from zonerisk.judging.recovery import Requirements, rank

        for limit in (min_km, max_rtt_ms):
            if not (limit is None or (isinstance(limit, int | float) and 0 <= limit < inf)):
                raise UsageError(f"{limit!r} is no limit; write a number of km, or of ms, from 0 up")
        rules = self._policy(policy)
        region = self._region(target)
        area = self.area(within) if within is not None else None
        wanted = Requirements.of(rules, max_rtt_ms, area)
        if min_km is not None:
            wanted = wanted._replace(min_km=min_km, rule=None)
        named = [
            region for name in ([to] if isinstance(to, str) else to) for region in self.open_regions(name)
        ]
        return rank(self, region, rules, wanted, as_of, named, any_provider)

    def plan(
        self, *files: str | PathLike[str], policy: str | Policy | None = None, as_of: str | None = None
    ) -> Audit:
        """Judge a deployment.

        Parameters
        ----------
        *files
            One plan file, or Terraform and Kubernetes JSON.
        policy
            As for :meth:`score`; without it, the one that the plan names.
        as_of
            The day; without it, the plan's, or that of the catalogue.

        Raises
        ------
        UnknownTarget, DataError
            As for :meth:`score`.
        UsageError
            If there is no file, or nothing in them to judge.
        """
        from zonerisk.workloads import plan
        from zonerisk.workloads.audit import audit

        if not files:
            raise UsageError("name a plan's file; to start one: zonerisk plan --template")
        question = plan.read([str(file) for file in files], None, self, as_of)
        rules = self._policy(policy or question.policy or DEFAULT)
        return audit(self, question.deployment, rules, question.day, question.deployment.model)

    def to_geodataframe(self, layer: Layer = "sites", regions: Iterable[str] | None = None) -> GeoDataFrame:
        """Return a layer of the catalogue as geodata in EPSG:4326.

        Parameters
        ----------
        layer
            ``sites`` as points, ``discs`` that hold them with about 95 % confidence as
            polygons, ``zones`` as the discs of their sites, ``separations`` of a region's zones
            as lines between their closest sites.
        regions
            Regions or providers by name; without them, all.

        Raises
        ------
        UnknownTarget
            If nothing goes by one of the names.
        UsageError
            If no layer is called so, or the regions are not a list of names.
        """
        from zonerisk.catalogue.frames import frame

        return frame(self, layer, regions)

    def _policy(self, policy: str | Policy) -> Policy:
        return policy if isinstance(policy, Policy) else self.policy(str(policy))

    def _region(self, target: str) -> str:
        regions = self.resolve(target)
        if len(regions) != 1:
            raise UnknownTarget(f"{target!r} is several regions; name one of {', '.join(regions)}")
        return regions[0]
