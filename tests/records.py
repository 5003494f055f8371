"""A small sound catalogue on land, written to a folder to be damaged."""

from __future__ import annotations

import json
from pathlib import Path

from zonerisk.curation.check import CheckedCatalogue, Problem, check, open_path
from zonerisk.layers.store import digest


def note(folder: Path) -> None:
    """List the files of a layer's folder in the cache with their hashes, as an import does."""
    files = {path.name: digest(path) for path in folder.iterdir() if path.name != "source.json"}
    (folder / "source.json").write_text(json.dumps({"files": files}))


EDITION = "date: 2026-11-23\nlicence: CC0-1.0\nattribution: Invented for tests.\n"
PROVIDER = """\
# yaml-language-server: $schema=../../schema/provider.json
name: Testing
country: FR
evidence:
  zone-list: {kind: operator, title: Zones, url: "https://example.com/zones", read: 2026-01, claim: Lists the zones.}
"""
REGION = """\
# yaml-language-server: $schema=../../schema/region.json
name: Strasbourg
country: FR
town: Strasbourg
zones:
  a:
    sites: [one]
    evidence: [zone-list]
  b:
    sites: [two]
    evidence: [zone-list]
campuses:
  port: {name: The port, evidence: [zone-list]}
sites:
  one:
    name: One
    kind: building
    campus: port
    position: {lat: 48.58616, lon: 7.79751, uncertainty_m: 60, method: outline, osm: way/1, read: 2026-03}
  two:
    name: Two
    kind: building
    campus: port
    position: {lat: 48.58666, lon: 7.79753, uncertainty_m: 60, method: outline, osm: way/2, read: 2026-03}
"""
METRO = """\
# yaml-language-server: $schema=../../schema/region.json
name: {town}
country: {country}
town: {town}
zones:
  z: {{evidence: [zone-list]}}
candidates: {{sites: [place], evidence: [zone-list]}}
sites:
  place:
    name: Place
    kind: {kind}
    position: {{lat: {lat}, lon: {lon}, uncertainty_m: {doubt}, method: {method}, {source}}}
"""


def write(root: Path, **regions: str) -> Path:
    """Write a catalogue of one provider, tt, with regions by code."""
    home = root / "datacenters" / "tt"
    home.mkdir(parents=True, exist_ok=True)
    (root / "schema").mkdir(exist_ok=True)
    (root / "catalog.yaml").write_text(EDITION)
    (home / "provider.yaml").write_text(PROVIDER)
    for code, text in regions.items():
        (home / f"{code.replace('_', '-')}.yaml").write_text(text)
    return root


def place(
    town: str,
    country: str,
    lat: float | str,
    lon: float | str,
    doubt: float = 150,
    kind: str = "building",
    method: str = "outline",
    source: str = "osm: way/9, read: 2026-03",
) -> str:
    """Write a region of one site at a point."""
    return METRO.format(
        town=town,
        country=country,
        lat=lat,
        lon=lon,
        doubt=doubt,
        kind=kind,
        method=method,
        source=source,
    )


def problems(path: Path) -> list[Problem]:
    """Check what a path names."""
    catalog, ids = open_path(path)
    return check(CheckedCatalogue(catalog), ids)


def rules(found: list[Problem], level: str = "error") -> set[str]:
    """Return the rules that were broken."""
    return {problem.rule for problem in found if problem.level == level}
