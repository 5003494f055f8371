"""Grid areas and synchronous areas: who balances a site's grid, and what swings with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from zonerisk.core.geometry import metres_per_degree
from zonerisk.core.samples import Area

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from zonerisk.core.model import Position

# Borders in the layers are drawn to some hundred metres, and coasts to some kilometres.
COAST_M = 5000.0

# ENTSO-E (the Baltic states joined Continental Europe in February 2025), NERC, OCCTO: by country, or by how
# an area's code begins where a country has more than one or islands (the last row) with a grid of their own.
_CONTINENTAL = "AL AT BA BE BG CH CZ DE EE ES FR GR HR HU IT LT LU LV MD ME MK NL PL PT RO RS SI SK UA XK"
_BY_COUNTRY = {
    **dict.fromkeys(_CONTINENTAL.split(), "Continental Europe"),
    **dict.fromkeys(("NO", "SE", "FI"), "Nordic"),
    "GB": "Great Britain",
    "IE": "Ireland",
}
_BY_CODE = {
    "Continental Europe": "DK_1 DK-DK1 IT_SARD",
    "Nordic": "DK_2 DK-DK2",
    "Ireland": "GB-NIR",
    "Quebec": "CA-QC",
    "Western": "CA-AB CA-BC US-CAL- US-NW- US-SW-",
    "Eastern": "CA-ON CA-MB CA-SK CA-NB CA-NS CA-PE "
    "US-CAR- US-CENT- US-FLA- US-MIDA- US-MIDW- US-NE- US-NY- US-SE- US-TEN-",
    "ERCOT": "US-TEX-ERCO",
    "Japan 50 Hz": "JP-TH JP-TK",
    "Japan 60 Hz": "JP-CB JP-HR JP-KN JP-CG JP-SK JP-KY",
    "": "ES-CE ES-CN- ES-IB- ES-ML PT-AC PT-MA GB-ORK GB-ZET FR-COR",
}


def synchronous(grid: str, country: str) -> str:
    """Name the synchronous area of a grid area; empty where this project lists none."""
    by_code = (name for name, codes in _BY_CODE.items() if grid.startswith(tuple(codes.split())))
    return next(by_code, _BY_COUNTRY.get(country, ""))


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
