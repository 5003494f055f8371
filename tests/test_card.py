from __future__ import annotations

import math
import re
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

import zonerisk
from zonerisk.core.verdict import Verdict
from zonerisk.library import Library
from zonerisk.pages import card, surroundings

SVG = "{http://www.w3.org/2000/svg}"
Runner = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def shipped() -> Library:
    return zonerisk.load()


def drawn(shipped: Library, target: str) -> tuple[Verdict, str]:
    verdict = shipped.score(target)
    return verdict, card.draw(verdict, surroundings.setting(shipped, verdict))


def texts(picture: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_a_card_says_what_the_verdict_says(shipped: Library) -> None:
    verdict, picture = drawn(shipped, "ovh-sbg")
    said = texts(picture)
    root = ElementTree.fromstring(picture)
    assert (root[0].text, root[0].tag) == ("OVHcloud Strasbourg: shared", f"{SVG}title")
    assert verdict.summary in (root[1].text or "")
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    for words in ("shared", "OVHcloud Strasbourg", "one campus", "SBG3", "SBG4", "SBG5"):
        assert words in said, words
    assert any("at most 1 in" in words for words in said)
    assert any(re.fullmatch(r"Strasbourg lies [\d.]+ km \w+ of here", words) for words in said)
    assert any("2017" in words and "3 events" in words for words in said)


def test_the_nearest_pair_is_drawn_with_its_distance(shipped: Library) -> None:
    _, picture = drawn(shipped, "scaleway-fr-par")
    said = texts(picture)
    assert "8.6 km" in said
    assert "PAR1 to PAR3" in said
    assert "Paris" in said
    assert "Fibre between zones; asked: 15 km to 40 km" in said


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("aws-us-east-1", "124 known buildings"),
        ("hetzner-fsn1", "How far off it may recover; asked: at least 300 km"),
        ("google-europe-west9", "fire 2023"),
        ("azure-westeurope", "one campus"),
    ],
)
def test_every_class_has_its_picture(shipped: Library, target: str, words: str) -> None:
    assert words in texts(drawn(shipped, target)[1])


def test_what_newcomers_stumbled_over_is_said_plainly(shipped: Library) -> None:
    words = texts(drawn(shipped, "ovh-gra")[1])
    assert "GRA1, GRA2, GRA3, GRA4" in words, "sites on one point have one label"
    _, picture = drawn(shipped, "digital-realty-paris")
    assert any(words.startswith("digital-realty-paris · 2 datacenters · ") for words in texts(picture))
    assert "Record: nothing is on file" in texts(picture)
    verdict = shipped.score("leaseweb-ap-northeast-1", shipped.policy("dora"))
    assert "1 m" not in texts(card.draw(verdict, surroundings.setting(shipped, verdict)))
    verdict, picture = drawn(shipped, "ovh-sbg")
    squares = [tuple(map(int, spot)) for spot in re.findall(r'd="M(\d+) (\d+)h10v10', picture)]
    assert len(squares) == len(verdict.record.several) == 3
    assert all(math.dist(a, b) >= 10 for a, b in combinations(squares, 2)), "none hides another"


def test_every_region_has_a_card_with_nothing_beyond_its_edges(shipped: Library) -> None:
    for target in shipped.region_ids[::9]:
        if shipped.region(target).status != "open":
            continue
        verdict = shipped.score(target)
        picture = card.draw(verdict, alone=False)
        assert len(picture) < 11_000, target
        assert " color=" not in picture
        root = ElementTree.fromstring(picture)
        within = {text: group for group in root.iter(f"{SVG}g") for text in group}
        for text in root.iter(f"{SVG}text"):
            look = {**within.get(text, text).attrib, **text.attrib}
            wide = card._width("".join(text.itertext()), float(look["font-size"])) * 0.85
            left = float(look["x"]) - wide * {"middle": 0.5, "end": 1}.get(look.get("text-anchor", ""), 0)
            assert left >= 0, (target, text.text)
            assert left + wide <= card.WIDE + 8, (target, text.text)


def test_the_same_verdict_has_the_same_card(shipped: Library) -> None:
    assert drawn(shipped, "azure-westeurope")[1] == drawn(shipped, "azure-westeurope")[1]


def test_hostile_names_are_text(shipped: Library) -> None:
    verdict = replace(
        shipped.score("scaleway-fr-par"),
        name='<script>alert(1)</script> & "\u202egpj" \x1b[31m' + "W" * 400,
        summary="]]><image href='x'/> " + "\u4e2d" * 300,
    )
    picture = card.draw(verdict)
    root = ElementTree.fromstring(picture)
    assert not [one for one in root.iter() if one.tag in (f"{SVG}script", f"{SVG}image")]
    assert "\u202e" not in picture
    assert "\\u202e" in picture
    (name,) = (text for text in root.iter(f"{SVG}text") if "script" in (text.text or ""))
    assert card._width(name.text or "", float(name.attrib["font-size"]), bold=True) <= 1110


def test_a_long_name_is_smaller_and_whole(shipped: Library) -> None:
    name = "Orange Business (Cloud Avenue, Flexible Engine) Flexible Engine, Amsterdam"
    picture = card.draw(replace(shipped.score("scaleway-fr-par"), name=name))
    (drawn_name,) = (text for text in ElementTree.fromstring(picture).iter(f"{SVG}text") if text.text == name)
    assert card._width(name, float(drawn_name.attrib["font-size"]), bold=True) <= 1110
    assert "\u2026" not in picture


def test_a_long_record_is_told_by_its_last_event(shipped: Library) -> None:
    picture = drawn(shipped, "ovh-sbg")[1]
    assert "3 events took two datacenters or more, the last: fire 2021" in " ".join(texts(picture))
    assert "\u2026" not in picture
    assert min(map(float, re.findall(r'font-size="([\d.]+)"', picture))) >= 13


def test_marks_upon_each_other_have_their_names_together(shipped: Library) -> None:
    _, picture = drawn(shipped, "ovh-rbx")
    assert any(re.fullmatch(r"RBX\d and \d more", words) for words in texts(picture))


def test_colour_tells_outcomes_alone_and_a_shape_beside_it(shipped: Library) -> None:
    tones = {card._TONES[outcome][0] for outcome in ("pass", "warn", "fail", "unknown")}
    _, picture = drawn(shipped, "scaleway-fr-par")
    used = set(re.findall(r'color="(#\w+)"', picture))
    greys = {name for name in used - tones if max(spread(name)) - min(spread(name)) > 40}
    assert not greys
    assert card._SHAPES["pass"] in picture


def spread(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


# Machado, Oliveira and Fernandes 2009: linear light as eyes see it that lack the cones for red, or for green.
EYES = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def light(colour: str) -> list[float]:
    parts = [part / 255 for part in spread(colour)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def times(matrix: Iterable[tuple[float, ...]], values: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, values, strict=True)) for row in matrix]


def seen(colour: str, eyes: str) -> tuple[float, float, float]:
    """Return a colour in CIE L*a*b* as some eyes see it."""
    values = [min(1.0, max(0.0, part)) for part in times(EYES[eyes], light(colour))]
    x, y, z = (
        (part / white) ** (1 / 3) if part / white > 216 / 24389 else (24389 / 27 * part / white + 16) / 116
        for part, white in zip(times(XYZ, values), (0.95047, 1, 1.08883), strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("dark", [False, True])
def test_outcomes_are_told_apart_by_every_eye(eyes: str, dark: bool) -> None:
    colours = {name: card._TONES[name][dark] for name in ("pass", "warn", "fail", "unknown")}
    far = {
        (a, b): math.dist(seen(colours[a], eyes), seen(colours[b], eyes)) for a, b in combinations(colours, 2)
    }
    # A difference of 2.3 is just seen, one of 10 at a glance; red and brown were 4 apart once.
    assert min(far.values()) > 18, far
    paper = times(XYZ, light(card._TONES["paper"][dark]))[1]
    for name, colour in colours.items():
        low, high = sorted((paper, times(XYZ, light(colour))[1]))
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


def test_a_card_and_a_badge_are_written(run: Runner, tmp_path: Path) -> None:
    done = run("score", "ovh-sbg", "-o", str(tmp_path / "card.svg"))
    assert done.returncode == 0, done.stderr
    assert "prefers-color-scheme:dark" in (tmp_path / "card.svg").read_text()
    assert run("score", "ovh-sbg", "-o", str(tmp_path / "card.png")).returncode == 0
    pixels = (tmp_path / "card.png").read_bytes()
    assert pixels[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", pixels[16:24]) == (card.WIDE, card.HIGH)
    badge = run("score", "ovh-sbg", "--badge").stdout
    assert texts(badge) == ["zonerisk ovh-sbg", "shared"]
    several = run("score", "scaleway", "-o", str(tmp_path / "all.svg"), check=2)
    assert "one region" in several.stderr
    run("score", "ovh-sbg", "--badge", "-o", str(tmp_path / "b.json"), check=2)


def test_own_sites_have_a_card(run: Runner) -> None:
    done = run("score", "48.585,7.797", "48.601,7.783", "--uncertainty-m", "200", "--format", "svg")
    assert done.returncode == 0, done.stderr
    assert any("of your own" in words for words in texts(done.stdout))


def test_a_notebook_shows_the_card(shipped: Library) -> None:
    shown = shipped.score("ovh-sbg")._repr_html_()
    assert shown.startswith("<svg")
    assert "<script" not in shown
