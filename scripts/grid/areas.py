"""Grid areas and synchronous areas: who balances a site's grid, and what swings with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from zonerisk.catalogue.document import read
from zonerisk.core.geometry import metres_per_degree
from zonerisk.core.samples import Area

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from zonerisk.core.model import Position

# Borders in the layers are drawn to some hundred metres, and coasts to some kilometres.
COAST_M = 5000.0


@cache
def _table() -> Any:
    return read(Path(__file__).with_name("synchronous.yaml")).tree


def synchronous(grid: str, country: str) -> str:
    """Name the synchronous area of a grid area; empty where this project lists none."""
    codes, countries = ([*part.items()] for part in _table().values())
    names = [name for name, listed in codes if grid.startswith(tuple(listed.split()))]
    names += [name for name, listed in countries if country in listed.split()]
    return names[0] if names else ""


def country_of(grid: str) -> tuple[str, ...]:
    """Return the countries that an area's code names: ``DE_LU`` two, ``US-NY-NYIS`` one."""
    return ("DE", "LU") if grid == "DE_LU" else (grid[:2],)


class Areas:
    """Polygons of grid areas, each with its code, WGS 84."""

    def __init__(self, features: Sequence[tuple[str, BaseGeometry]]) -> None:
        self._codes = np.array([code for code, _ in features])
        self._tree = shapely.STRtree(shapely.make_valid([shape for _, shape in features]))

    def at(self, position: Position, country: str | None) -> Area:
        """Find the area that holds a whole disc.

        An area of the wrong country is passed over where the catalogue knows the country:
        the layers' borders are coarser than that. Over water, the nearest area within 5 km
        counts. A disc in several areas has none, though it may still have one synchronous
        area.
        """
        doubt, here = position.uncertainty_m, np.array([position.lon, position.lat])
        scale = np.array(metres_per_degree(position.lat)[::-1])
        frame = shapely.box(*(here - (doubt + COAST_M) / scale), *(here + (doubt + COAST_M) / scale))
        hits = self._tree.query(frame, predicate="intersects")
        parts = shapely.intersection(self._tree.geometries[hits], frame)
        plane = shapely.transform(parts, lambda xy: (xy - here) * scale)
        metres = shapely.distance(plane, shapely.Point(0, 0))
        least = metres.min(initial=np.inf)
        touched = self._codes[hits[metres <= (doubt if least <= doubt else least + 1)]]
        codes = {str(code) for code in touched if not country or country in country_of(code)}
        whole = {synchronous(code, country or code[:2]) for code in codes}
        return Area(*(names.pop() if len(names) == 1 else "" for names in (codes, whole)))
