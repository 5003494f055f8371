from __future__ import annotations

from dataclasses import replace

import pytest

from zonerisk.core.verdict import Finding, Verdict
from zonerisk.library import Library
from zonerisk.pages import features, surroundings
from zonerisk.pages import map_payload as islands
from zonerisk.pages.features import Feature, Point
from zonerisk.pages.surroundings import NEAR

RISK = "power:rte/TOP+near"


Found = tuple[Feature, ...]


def around(catalog: Library, target: str) -> Found:
    return surroundings.supplies(catalog, catalog.score(target))


def stations(found: Found) -> dict[str, Feature]:
    return {one.id: one for one in found if one.kind == "station"}


def legs(found: Found) -> dict[str, Feature]:
    return {one.id: one for one in found if one.kind == "circuit"}


def unplaced(found: Found) -> list[str]:
    return [one.name for one in found if not one.points]


def test_what_is_near_is_not_known_to_feed(wired: Library) -> None:
    found = stations(around(wired, "zz-good"))
    assert found["rte/GULL"].words["standing"] == found["at/56.01,2.84"].words["standing"] == NEAR
    assert found["rte/GULL"].words["near"] == "North 900 m"
    assert (found["rte/GULL"].points, found["rte/GULL"].words["osm"]) == ((Point(56.188, 3.0),), "way/1")
    assert "not known to feed" in str(found["rte/TOP"].words["standing"])
    words = " ".join(
        str(word)
        for one in features.build_features(
            wired.score("zz-good"), surroundings.setting(wired, wired.score("zz-good"))
        )
        for word in (one.name, *one.words.values())
    )
    assert "fed by" not in words.lower()


def test_a_station_of_2016_stands_where_its_id_says(wired: Library) -> None:
    skua = stations(around(wired, "zz-good"))["at/56.01,2.84"]
    assert (skua.points, skua.words["mapped"], skua.words["osm"]) == ((Point(56.01, 2.84),), "2016", "")
    assert skua.name == "SKUA (voltage not known)"


def test_the_ways_to_a_shared_station(wired: Library) -> None:
    found = around(wired, "zz-good")
    drawn = legs(found)
    assert set(drawn) == {"rte/GULL rte/TOP", "rte/TERN rte/MID rte/TOP"}
    assert drawn["rte/GULL rte/TOP"].words["codes"] == "GULL L61TOP  , GULL L62TOP  "
    # The leg passes the station that has no place, and says so.
    by = drawn["rte/TERN rte/MID rte/TOP"]
    assert (by.name, by.words["via"]) == ("TERN 225 kV to TOP 400 kV", "MID 225 kV")
    assert by.words["codes"] == "MID  L61TERN , MID  L61TOP  "
    assert all(leg.risks == (RISK,) for leg in drawn.values())
    assert {one.id for one in stations(found).values() if one.outcome} == {"rte/TOP"}


def test_without_a_position_a_station_is_named_not_drawn(wired: Library) -> None:
    found = around(wired, "zz-good")
    assert unplaced(found) == ["LOW 63 kV", "MID 225 kV"]
    drawn = features.Setting(supplies=found).drawn([RISK])
    assert {key for kind, key in drawn if kind == "station"} == {"rte/GULL", "rte/TERN", "rte/TOP"}
    rows = features.build_features(
        wired.score("zz-good"), surroundings.setting(wired, wired.score("zz-good"))
    )
    assert not {"rte/LOW", "rte/MID"} & {row.id for row in rows}


def test_a_stated_station_is_told_as_stated(wired: Library) -> None:
    found = around(wired, "zz-campus")
    (shore,) = found
    assert shore.words["standing"] == "stated in the record: the shore station"
    assert shore.risks == ("power:zz-campus/shore",)


def test_no_grid_no_supplies(zz: Library) -> None:
    assert around(zz, "zz-good") == ()


def power_of(verdict: Verdict) -> Finding:
    (power,) = (finding for finding in verdict.policy.findings if finding.rule == "power")
    return power


def test_the_view_opens_on_the_zones_and_power_shows_the_stations(wired: Library, zz: Library) -> None:
    verdict = wired.score("zz-good")
    setting = surroundings.setting(wired, verdict)
    drawn = islands.build_map_data([(verdict, setting)])
    bare = zz.score("zz-good")
    # The outline of what the zones share is in view, with room around them; the stations are not.
    zones = islands.build_map_data([(bare, surroundings.setting(zz, bare))]).box
    assert list(drawn.box) == pytest.approx(list(zones), abs=0.012)
    (risk,) = (risk for risk in verdict.shared_risks if risk.id == RISK)
    words, also = setting.joined(risk.members), setting.drawn([RISK])
    number = drawn.show(verdict, risk.members, words, also)
    assert number is not None
    assert drawn.show_finding(verdict, setting, power_of(verdict)) == number
    shown = drawn.shows[number]
    assert {"site:zz-good/north", "station:rte/TOP", "circuit:rte/GULL rte/TOP"} <= set(shown["features"])
    assert shown["bounds"].east > 3.3 > drawn.box.east
    assert shown["words"] == "a and b, with the stations on record"


def test_a_power_finding_of_nothing_shared_shows_every_station(wired: Library) -> None:
    verdict = wired.score("zz-good")
    quiet = tuple(replace(finding, subjects=()) for finding in verdict.policy.findings)
    alone = replace(
        verdict,
        independence=replace(verdict.independence, shared_risks=()),
        policy=replace(verdict.policy, shared_risks=(), findings=quiet),
    )
    setting = surroundings.setting(wired, alone)
    drawn = islands.build_map_data([(alone, setting)])
    number = drawn.show_finding(alone, setting, power_of(alone))
    assert number is not None
    lit = drawn.shows[number]["features"]
    assert {"station:rte/GULL", "station:rte/TERN", "station:at/56.01,2.84"} <= set(lit)
    assert not legs(setting.supplies)


@pytest.fixture(scope="module")
def paris(shipped: Library) -> Found:
    return around(shipped, "scaleway-fr-par")


class TestParis:
    def test_villejust_is_above_three_that_are_near(self, paris: Found) -> None:
        found = stations(paris)
        assert found["rte/VLEJU"].risks == ("power:rte/VLEJU+near",)
        assert str(found["rte/VLEJU"].words["osm"]).startswith("way/")
        assert {found[one].words["standing"] for one in ("rte/CHEVI", "rte/CONVE", "rte/CASTA")} == {NEAR}
        assert set(legs(paris)) == {
            "rte/CHEVI rte/VLEJU",
            "rte/CONVE rte/MOUL8 rte/VLEJU",
            "rte/CASTA rte/MOUL8 rte/VLEJU",
        }
        assert "CHEVIL61VLEJU" in str(legs(paris)["rte/CHEVI rte/VLEJU"].words["codes"])

    def test_doubt_and_sources_go_with_the_positions(self, paris: Found) -> None:
        for one in stations(paris).values():
            assert one.uncertainty_m == 600
            assert "OpenStreetMap contributors" in str(one.words["attribution"])
            assert "Licence Ouverte" in str(one.words["attribution"])
            assert bool(one.points) == bool(one.words["osm"]) == bool(one.words["mapped"])
        assert "MOULINEAUX 225 kV" in unplaced(paris)


def test_roubaix_names_its_stated_station(shipped: Library) -> None:
    found = stations(around(shipped, "ovh-rbx"))["rte/WATTR"]
    assert str(found.words["standing"]).startswith("stated in the record: one supply, a 20 MW link")
    assert found.risks == ("power:ovh-rbx/wattrelos",)
