from __future__ import annotations

import re
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import zonerisk
from zonerisk.core.verdict import Verdict
from zonerisk.library import Library
from zonerisk.pages import card, features

SVG = "{http://www.w3.org/2000/svg}"
Runner = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def shipped() -> Library:
    return zonerisk.load()


def drawn(shipped: Library, target: str) -> tuple[Verdict, str]:
    verdict = shipped.score(target)
    return verdict, card.draw(verdict, features.setting(shipped, verdict))


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


def test_every_region_has_a_card_with_nothing_beyond_its_edges(shipped: Library) -> None:
    for target in shipped.region_ids[::9]:
        if shipped.region(target).status != "open":
            continue
        verdict = shipped.score(target)
        picture = card.draw(verdict, alone=False)
        assert len(picture) < 11_000, target
        assert " color=" not in picture
        for text in ElementTree.fromstring(picture).iter(f"{SVG}text"):
            wide = card._width("".join(text.itertext()), float(text.get("font-size", 0))) * 0.85
            left = float(text.get("x", 0)) - wide * {"middle": 0.5, "end": 1}.get(
                text.get("text-anchor", ""), 0
            )
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
    assert all(card._width(words, 38, bold=True) <= 1110 for words in texts(picture) if "script" in words)


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
