"""Bugs that public location lists really had: each is refused here."""

from __future__ import annotations

from pathlib import Path

import pytest

from records import place, problems, rules, write

# list, town, country, latitude, longitude, and the rules of which one must refuse it.
BUGS: list[tuple[str, str, str, float | str, float | str, set[str]]] = [
    ("Electricity Maps: OVH exchanged", "Gravelines", "FR", 2.15478, 51.01672, {"swapped"}),
    (
        "Electricity Maps: Google exchanged",
        "Council Bluffs",
        "US",
        -95.8645,
        41.22166,
        {"format", "swapped"},
    ),
    ("Google region picker: africa-south1", "Johannesburg", "ZA", 26.2041, 28.0473, {"sign"}),
    (
        "Green Software Foundation: us-south1 in Oregon",
        "Dallas",
        "US",
        44.9193,
        -123.3171,
        {"town"},
    ),
    (
        "Green Software Foundation: us-west4 in New Mexico",
        "Las Vegas",
        "US",
        35.5939,
        -105.2239,
        {"town"},
    ),
    (
        "Green Software Foundation: sa-east-1 in Amazonas",
        "São Paulo",
        "BR",
        -3.378,
        -68.8725,
        {"town"},
    ),
    (
        "Green Software Foundation: a malformed pair",
        "São Paulo",
        "BR",
        "-23.5558.-46.6396",
        -46.6396,
        {"format"},
    ),
    ("TeleGeography: us-west-1 on us-west-2", "San Jose", "US", 45.8399, -119.7006, {"town"}),
    ("TeleGeography: us-west-2 on us-west-1", "Boardman", "US", 37.3541, -121.9552, {"town"}),
    ("TeleGeography: East US on East US 2", "Ashburn", "US", 36.6681, -78.3889, {"town"}),
    ("TeleGeography: Ningxia in Hunan", "Zhongwei", "CN", 28.2282, 112.9388, {"town"}),
    ("TeleGeography: ap-east-2 at Auckland", "Taipei", "TW", -36.8485, 174.7633, {"country"}),
    ("TeleGeography: Montreal 50 km off", "Montréal", "CA", 45.95, -73.30, {"town"}),
    ("az account list-locations: Spain Central", "Madrid", "ES", 40.4259, 3.4209, {"sign"}),
    ("az account list-locations: France Central", "Paris", "FR", 46.3772, 2.373, {"town"}),
    ("az account list-locations: East US", "Ashburn", "US", 37.3719, -79.8164, {"town"}),
    ("az account list-locations: Germany North", "Berlin", "DE", 53.0733, 8.8064, {"town"}),
    ("sparecores-crawler: Jakarta", "Jakarta", "ID", 6.2088, 106.8456, {"sign"}),
    ("CloudSmog: Strasbourg in Germany", "Strasbourg", "DE", 48.5734, 7.7521, {"country"}),
    ("CloudSmog: Beauharnois in the US", "Beauharnois", "US", 45.30845, -73.89388, {"country"}),
    ("datacenter-map: Equinix DB2", "Clondalkin", "IE", 53.319, -6.247, {"town"}),
    (
        "hand-made list: Scaleway DC3 in Aubervilliers",
        "Vitry-sur-Seine",
        "FR",
        48.92,
        2.38,
        {"town"},
    ),
    ("hand-made list: Scaleway DC5 in Clichy", "Saint-Ouen-l'Aumône", "FR", 48.88, 2.29, {"town"}),
    (
        "dgl/cloud-regions: centroid of Virginia",
        "Ashburn",
        "US",
        "37.1232245",
        "-78.4927721",
        {"digits"},
    ),
    (
        "dgl/cloud-regions: centroid of Virginia, rounded",
        "Ashburn",
        "US",
        37.123,
        -78.493,
        {"town"},
    ),
]


@pytest.mark.parametrize(
    ("town", "country", "lat", "lon", "expected"),
    [row[1:] for row in BUGS],
    ids=[row[0] for row in BUGS],
)
def test_refused(
    tmp_path: Path, town: str, country: str, lat: float | str, lon: float | str, expected: set[str]
) -> None:
    building = problems(write(tmp_path / "building", x=place(town, country, lat, lon)))
    assert rules(building) & expected, [str(problem) for problem in building]


# Two buildings 10 to 15 km off: a metro's disc of 25 km would hold the true place honestly.
METROS = [row for row in BUGS if not row[0].startswith(("datacenter-map", "hand-made list: Scaleway DC3"))]


@pytest.mark.parametrize(
    ("town", "country", "lat", "lon", "expected"),
    [row[1:] for row in METROS],
    ids=[row[0] for row in METROS],
)
def test_refused_as_a_metro_too(
    tmp_path: Path, town: str, country: str, lat: float | str, lon: float | str, expected: set[str]
) -> None:
    metro = problems(
        write(
            tmp_path / "metro",
            x=place(town, country, lat, lon, 25000, "metro", "town", "evidence: [zone-list]"),
        )
    )
    assert rules(metro) & expected, [str(problem) for problem in metro]


def test_a_town_centre_marked_verified(tmp_path: Path) -> None:
    """CloudSmog: OVH Strasbourg at the town centre, 3.6 km from its buildings."""
    found = problems(
        write(
            tmp_path,
            x=place(
                "Strasbourg",
                "FR",
                48.5734,
                7.7521,
                100,
                "building",
                "statement",
                "evidence: [zone-list]",
            ),
        )
    )
    assert rules(found) == {"centroid"}


def test_many_regions_on_one_city_hall(tmp_path: Path) -> None:
    """Electricity Maps: 27 regions on 12 identical points."""
    hall = place("Frankfurt am Main", "DE", 50.1109, 8.6821, 500, "campus", "point", "evidence: [zone-list]")
    found = problems(write(tmp_path, x=hall, y=hall))
    assert {"centroid", "same-point"} <= rules(found)


def test_one_region_on_anothers_point(tmp_path: Path) -> None:
    """TeleGeography: East US on East US 2's point, were both in one town."""
    found = problems(
        write(
            tmp_path,
            east=place("Boydton", "US", 36.66817, -78.37553),
            east_2=place("Boydton", "US", 36.66817, -78.37553),
        )
    )
    assert "same-point" in rules(found)
