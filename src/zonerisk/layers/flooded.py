"""Flooded rasters: how far a site stands from the edge of what a raster shows as wet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import DataError
from zonerisk.core.hazard_sample import HazardSample, beyond, widened
from zonerisk.layers import raster

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from zonerisk.core.hazard_sample import Layer
    from zonerisk.layers.card import Card
    from zonerisk.layers.layers import LayerFile
    from zonerisk.layers.plane import Disc

METHODS = ("raster", "tiles")
# No flood is deeper, metres: what is written as more is a mark for something else.
MAX_DEPTH_M = 100.0


def sample(
    card: Card, layer: Layer, each: LayerFile, kept: Sequence[LayerFile], discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    """Say of each site inside a raster how far its edge of the flood is, and how deep it is.

    Masked cells do not count: a harbour is not a flooded place. Where a tile is missing
    nothing is known.
    """
    import numpy as np

    masks = [other.path for other in kept if other.file.role == "mask"]
    with raster.opened(each.path) as file:
        west, south, east, north = raster.bounds(file)
        inside = [disc for disc in discs if west <= disc.lon < east and south < disc.lat <= north]
        names = dict(_flooded(card, file, inside))
        for disc in inside:
            reach = card.search_radius_m + disc.uncertainty_m
            found = raster.window(file, disc.lat, disc.lon, reach)
            if found is None:
                continue
            _check_values(card, found.values, each.path)
            for path in masks:
                with raster.opened(path) as file_:
                    mask = raster.window(file_, disc.lat, disc.lon, reach)
                if mask is None or mask.values.shape != found.values.shape:
                    raise DataError(f"{path}: its cells are not those of {each.path}")
                found = found._replace(values=np.where(mask.values > 0, np.nan, found.values))
            yield from _cell_exposure(card, layer, disc, found, names.get(disc.site, ""))


def _check_values(card: Card, values: npt.NDArray[Any], source: object) -> None:
    """Refuse depths and classes that are none, such as a mark for no data that is not declared."""
    import numpy as np

    known = [int(key) for key in card.reading.classes if key.isdecimal()]
    most = max(known, default=MAX_DEPTH_M)
    top = float(np.fmax.reduce(values, axis=None)) if values.size else 0.0
    if top > most:
        kind = "class that its card knows" if known else f"depth in {card.unit}"
        raise DataError(f"{source}: holds {top:g}, which is no {kind}; is it a mark for no data?")


def _cell_exposure(
    card: Card, layer: Layer, disc: Disc, found: raster.Window, name: str
) -> Iterator[HazardSample]:
    """Measure to the nearest cell of the other side, and name the class of the place."""
    import numpy as np

    wet = found.values >= card.reading.wet_from
    north_m, east_m = _metres(disc, found)
    row, column = int(np.abs(north_m).argmin()), int(np.abs(east_m).argmin())
    own = bool(wet[row, column])
    tall = abs(north_m[0] - north_m[-1]) / max(1, len(north_m) - 1) / 2
    broad = abs(east_m[0] - east_m[-1]) / max(1, len(east_m) - 1) / 2
    gap = np.hypot(
        np.maximum(np.abs(north_m) - tall, 0)[:, None],
        np.maximum(np.abs(east_m) - broad, 0)[None, :],
    )
    # Where the raster ends, a nearer edge may lie beyond.
    seen = min(
        card.search_radius_m,
        *(abs(float(side)) + tall for side in (north_m[0], north_m[-1])),
        *(abs(float(side)) + broad for side in (east_m[0], east_m[-1])),
    )
    if card.reading.method == "tiles":
        unknown = np.isnan(found.values)
        if unknown[row, column]:
            return
        seen = min(seen, float(gap[unknown].min(initial=np.inf)))
    other = gap[wet != own]
    edge = float(other.min()) if len(other) else seen
    touched = found.values[gap <= disc.uncertainty_m + card.error_m]
    label = _classes(card, float(found.values[row, column]), touched)
    if not own and not len(other):
        yield beyond(layer, disc.site, disc.uncertainty_m, seen)
        return
    interval = widened(layer, disc.uncertainty_m, -edge if own else edge, card.error_m)
    if seen < edge:
        nearest = widened(layer, disc.uncertainty_m, -seen if own else seen, card.error_m)
        interval = replace(interval, high=nearest.high) if own else replace(interval, low=nearest.low)
    yield HazardSample(layer, disc.site, interval, name or "unjoined", "", label)


def _metres(disc: Disc, found: raster.Window) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    phi = math.radians(disc.lat)
    tall = 111_132.954 - 559.822 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    broad = 111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi)
    return (found.lat - disc.lat) * tall, (found.lon - disc.lon) * broad


def _classes(card: Card, own: float, touched: npt.NDArray[np.float64]) -> str:
    """Say what the raster says at the point and over the disc."""
    import numpy as np

    values = touched[~np.isnan(touched)]
    top = float(values.max()) if len(values) else math.nan
    if card.reading.classes:
        told = [
            card.reading.classes.get(f"{value:g}", "none mapped")
            for value in (0.0 if math.isnan(own) else own, 0.0 if math.isnan(top) else top)
        ]
        return told[0] if told[0] == told[1] else f"{told[0]}, up to {told[1]} within the disc"
    depths = [0.0 if math.isnan(value) else max(0.0, value) for value in (own, top)]
    return f"{depths[0]:.1f} {card.unit}, up to {depths[1]:.1f} {card.unit} within the disc"


def _flooded(card: Card, file: Any, discs: Sequence[Disc]) -> Iterator[tuple[str, str]]:
    """Name the joined flooded area that each site is in or nearest to.

    Areas less than about 80 m apart count as one, so that a dyke or a road drawn dry does
    not part them.
    """
    import numpy as np
    import shapely
    from rasterio.features import shapes
    from rasterio.transform import Affine
    from rasterio.windows import Window as Cells

    if not discs:
        return
    height, width = abs(file.transform.e), abs(file.transform.a)
    margin = 12_000 / 110_570
    boxes = shapely.box(
        [d.lon - 1.6 * margin for d in discs],
        [d.lat - margin for d in discs],
        [d.lon + 1.6 * margin for d in discs],
        [d.lat + margin for d in discs],
    )
    for cluster in shapely.get_parts(shapely.union_all(boxes)):
        west, south, east, north = cluster.bounds
        left = max(0, int((west - file.bounds.left) / width))
        top = max(0, int((file.bounds.top - north) / height))
        right = min(file.width, int((east - file.bounds.left) / width) + 1)
        bottom = min(file.height, int((file.bounds.top - south) / height) + 1)
        if (right - left) * (bottom - top) > 100_000_000:
            raise DataError(f"{file.name}: the sites lie in too large an area; sample fewer")
        cells = file.read(1, window=Cells(left, top, right - left, bottom - top), masked=True)
        _check_values(card, cells.compressed(), file.name)
        wet = np.ma.filled(cells >= card.reading.wet_from, False)
        step = max(1, round(80 / (height * 110_570)))
        rows, columns = wet.shape[0] // step * step, wet.shape[1] // step * step
        if not rows or not columns:
            continue
        coarse = wet[:rows, :columns].reshape(rows // step, step, columns // step, step).max((1, 3))
        transform = Affine(
            width * step,
            0,
            file.bounds.left + left * width,
            0,
            -height * step,
            file.bounds.top - top * height,
        )
        found = [
            shapely.geometry.shape(shape)
            for shape, _ in shapes(coarse.astype("uint8"), mask=coarse, connectivity=8, transform=transform)
        ]
        if not found:
            continue
        tree = shapely.STRtree(found)
        for disc in discs:
            if cluster.contains(shapely.Point(disc.lon, disc.lat)):
                index = int(tree.nearest(shapely.Point(disc.lon, disc.lat)))
                x, y, _, _ = found[index].bounds
                yield (
                    disc.site,
                    (f"{'n' if y >= 0 else 's'}{abs(y):.4f}{'e' if x >= 0 else 'w'}{abs(x):.4f}"),
                )
