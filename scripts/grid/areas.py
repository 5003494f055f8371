"""Grid areas and synchronous areas: who balances a site's grid, and what swings with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zonerisk.grid.supply import Area

if TYPE_CHECKING:
    from shapely import STRtree
    from shapely.geometry.base import BaseGeometry

    from zonerisk.core.model import Position

# Borders in the layers are drawn to some hundred metres, and coasts to some kilometres.
COAST_M = 5000.0
_M_PER_DEGREE = 111_320.0

# Synchronous areas by country or, where a country has more than one, by the area's code:
# ENTSO-E (the Baltic states joined Continental Europe in February 2025), NERC, OCCTO.
_CONTINENTAL = "AL AT BA BE BG CH CZ DE EE ES FR GR HR HU IT LT LU LV MD ME MK NL PL PT RO RS SI SK UA XK"
_BY_COUNTRY = {
    **dict.fromkeys(_CONTINENTAL.split(), "Continental Europe"),
    **dict.fromkeys(("NO", "SE", "FI"), "Nordic"),
    "GB": "Great Britain",
    "IE": "Ireland",
}
_BY_AREA = {
    "DK_1": "Continental Europe",
    "DK-DK1": "Continental Europe",
    "DK_2": "Nordic",
    "DK-DK2": "Nordic",
    "GB-NIR": "Ireland",
    "CA-QC": "Quebec",
    "CA-AB": "Western",
    "CA-BC": "Western",
    "CA-ON": "Eastern",
    "CA-MB": "Eastern",
    "CA-SK": "Eastern",
    "CA-NB": "Eastern",
    "CA-NS": "Eastern",
    "CA-PE": "Eastern",
    "JP-TH": "Japan 50 Hz",
    "JP-TK": "Japan 50 Hz",
    **dict.fromkeys(("JP-CB", "JP-HR", "JP-KN", "JP-CG", "JP-SK", "JP-KY"), "Japan 60 Hz"),
    **dict.fromkeys(("US-NW-PSCO", "US-NW-WACM"), "Western"),
    # Islands with a grid of their own, or joined to none of the above.
    **dict.fromkeys(("ES-CE", "ES-ML", "PT-AC", "PT-MA", "GB-ORK", "GB-ZET", "FR-COR"), ""),
}
_BY_PREFIX = (
    ("US-TEX-ERCO", "ERCOT"),
    ("US-CAL-", "Western"),
    ("US-NW-", "Western"),
    ("US-SW-", "Western"),
    ("US-CAR-", "Eastern"),
    ("US-CENT-", "Eastern"),
    ("US-FLA-", "Eastern"),
    ("US-MIDA-", "Eastern"),
    ("US-MIDW-", "Eastern"),
    ("US-NE-", "Eastern"),
    ("US-NY-", "Eastern"),
    ("US-SE-", "Eastern"),
    ("US-TEN-", "Eastern"),
    ("ES-CN-", ""),
    ("ES-IB-", ""),
    ("IT_SARD", "Continental Europe"),
)


def synchronous(grid: str, country: str) -> str:
    """Name the synchronous area of a grid area; empty where this project lists none."""
    if grid in _BY_AREA:
        return _BY_AREA[grid]
    for prefix, name in _BY_PREFIX:
        if grid.startswith(prefix):
            return name
    return _BY_COUNTRY.get(country, "")


def country_of(grid: str) -> tuple[str, ...]:
    """Give the countries that an area's code names: ``DE_LU`` two, ``US-NY-NYIS`` one."""
    if grid == "DE_LU":
        return ("DE", "LU")
    return (grid[:2],)


class Areas:
    """Polygons of grid areas.

    Parameters
    ----------
    features
        Code and geometry of each area, WGS 84.
    """

    def __init__(self, features: Sequence[tuple[str, BaseGeometry]]) -> None:
        from shapely import STRtree, make_valid

        self._codes = [code for code, _ in features]
        self._shapes = [make_valid(shape) for _, shape in features]
        self._tree: STRtree = STRtree(self._shapes)

    def at(self, position: Position, country: str | None) -> Area:
        """Find the area that holds a whole disc.

        An area of the wrong country is passed over where the catalogue knows the country:
        the layers' borders are coarser than that. Over water, the nearest area within 5 km
        counts. A disc in several areas has none, though it may still have one synchronous
        area.
        """
        touched = self._touched(position)
        if country:
            touched = [code for code in touched if country in country_of(code)]
        found = sorted(set(touched))
        grid = found[0] if len(found) == 1 else ""
        whole = {synchronous(code, country or code[:2]) for code in found}
        return Area(grid, whole.pop() if len(whole) == 1 else "")

    def _touched(self, position: Position) -> list[str]:
        import math

        from shapely import Point, box, transform

        narrow = max(0.05, math.cos(math.radians(position.lat)))
        reach = position.uncertainty_m + COAST_M
        dy, dx = reach / _M_PER_DEGREE, reach / _M_PER_DEGREE / narrow
        frame = box(position.lon - dx, position.lat - dy, position.lon + dx, position.lat + dy)
        scale = (_M_PER_DEGREE * narrow, _M_PER_DEGREE)
        here = transform(Point(position.lon, position.lat), lambda xy: xy * scale)
        distances: dict[str, float] = {}
        for index in self._tree.query(frame, predicate="intersects"):
            shape = transform(self._shapes[index].intersection(frame), lambda xy: xy * scale)
            code = self._codes[index]
            distances[code] = min(distances.get(code, math.inf), float(here.distance(shape)))
        inside = [code for code, found in distances.items() if found <= position.uncertainty_m]
        if inside:
            return inside
        nearest = min(distances.values(), default=math.inf)
        return [code for code, found in distances.items() if found <= nearest + 1]
