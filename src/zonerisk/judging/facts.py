"""Facts: what judging asks of the records; it opens no file and reads no clock itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zonerisk.core.hazard_sample import Source
    from zonerisk.core.model import Incident, Provider, Region, Site
    from zonerisk.grid.supply import Sample


class Facts(Protocol):
    """Records and what was sampled, derived and recorded beside them; a catalogue is one."""

    @property
    def date(self) -> str:
        """Day of the records, which stands for today."""

    @property
    def region_ids(self) -> tuple[str, ...]:
        """Every region, sorted."""

    @property
    def samples(self) -> Source:
        """What the layers say at sites."""

    @property
    def supply(self) -> Sample:
        """What was derived of the power supply at sites."""

    def provider(self, provider_id: str) -> Provider:
        """Return a provider."""

    def region(self, region_id: str) -> Region:
        """Return a region."""

    def regions_of(self, provider_id: str) -> tuple[str, ...]:
        """Return every region of a provider, sorted."""

    def sites_of(self, region_id: str) -> Mapping[str, Site]:
        """Return every site that a region names, by canonical id."""

    def owners(self, region_id: str) -> tuple[Region, ...]:
        """Return a region and the owners of its sites: whose feeds may name them."""

    def incidents(self, about: str | None = None) -> tuple[Incident, ...]:
        """Return the events on record, or those about one region."""

    def digest(self, region_id: str) -> str:
        """Return the hash of what a verdict on a region rests on."""

    def digest_of(self, region_ids: Iterable[str]) -> str:
        """Return the hash of what an answer on several regions rests on."""
