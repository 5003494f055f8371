"""The public interface: what a library answers, what it refuses, and whose files it reads."""

from __future__ import annotations

import builtins
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import zonerisk
from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.judging.score import score
from zonerisk.layers import cards
from zonerisk.library import Library

ROOT = Path(__file__).parent.parent
HOSTILE = "<script>alert(1)</script>\"'&"


def test_verdicts_are_walked_and_tabled(zz: Library) -> None:
    verdicts = zz.verdicts(["zz-good", "zz-pair"])
    assert [verdict.target for verdict in verdicts] == ["zz-good", "zz-pair"]
    assert len(verdicts) == 2
    table = verdicts.to_frame()
    assert list(table.target) == ["zz-good", "zz-pair"]
    assert list(table.zones_sold) == [verdict.independence.zones.sold for verdict in verdicts]
    assert {"outcome", "class", "score_shown", "score_possible", "nearest_m_low", "shared_risks"} <= set(
        table.columns
    )
    assert [verdict.target for verdict in zz.verdicts("zz-good")] == ["zz-good"]


def test_a_provider_means_its_open_regions(zz: Library) -> None:
    every = [verdict.target for verdict in zz.verdicts(["zz"])]
    assert every == [verdict.target for verdict in zz.verdicts()]
    assert "zz-good" in every
    assert len(set(every)) == len(every) == len(zz.verdicts(["zz", "zz-good"]))


def test_compare_asks_for_two(zz: Library) -> None:
    assert zz.compare(["zz-good", "zz-pair"]).common_ground == []
    with pytest.raises(UsageError, match="two regions or more"):
        zz.compare(["zz-good"])


def test_recovery_and_plan_answer_as_the_commands_do(shipped: Library) -> None:
    ranking = shipped.recovery("ovh-rbx", to=["ovh-gra"])
    assert [candidate.target for candidate in ranking.candidates] == ["ovh-gra"]
    assert shipped.recovery("ovh-rbx", to=["ovh-gra"], min_km=10).min_km == 10
    audit = shipped.plan(ROOT / "examples/ovh-2021.yaml")
    assert audit.workloads
    assert shipped.plan(ROOT / "examples/ovh-2021.yaml", policy="bsi").policy == "bsi"
    with pytest.raises(UsageError, match="name a plan's file"):
        shipped.plan()


def test_a_provider_means_its_regions_as_geodata(shipped: Library) -> None:
    assert set(shipped.to_geodataframe("sites", ["aws"]).provider) == {"aws"}


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (lambda library: library.to_geodataframe("verdicts"), UsageError),
        (lambda library: library.to_geodataframe(["aws"]), UsageError),
        (lambda library: library.to_geodataframe("sites", "aws"), UsageError),
        (lambda library: library.to_geodataframe("sites", 5), UsageError),
        (lambda library: library.to_geodataframe("sites", [None]), UsageError),
        (lambda library: library.to_geodataframe("sites", ["atlantis"]), UnknownTarget),
        (lambda library: library.verdicts(5), UsageError),
        (lambda library: library.verdicts([1]), UsageError),
        (lambda library: library.verdicts(["atlantis"]), UnknownTarget),
        (lambda library: library.score(1), UsageError),
        (lambda library: library.score("ovh"), UnknownTarget),
        (lambda library: library.score("ovh-sbg", "atlantis"), UnknownTarget),
        (lambda library: library.score("ovh-sbg", as_of="yesterday"), UsageError),
        (lambda library: library.score("ovh-sbg", 3), UnknownTarget),
        (lambda library: library.score("ovh-sbg", as_of=5), UsageError),
        (lambda library: library.score("ovh-sbg", units="halls"), UsageError),
        (lambda library: library.recovery("ovh-sbg", within="Europe"), UsageError),
        (lambda library: library.recovery("ovh-sbg", min_km=-1), UsageError),
        (lambda library: library.recovery("ovh-sbg", min_km="far"), UsageError),
        (lambda library: library.recovery("ovh-sbg", max_rtt_ms=float("nan")), UsageError),
        (lambda library: library.recovery("ovh-sbg", to="atlantis"), UnknownTarget),
    ],
)
def test_misuse_is_refused_in_words(
    shipped: Library, call: Callable[[Any], object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as error:
        call(shipped)
    assert len(str(error.value)) > 10


def test_a_notebook_shows_inert_text(zz: Library) -> None:
    verdict = zz.score("zz-campus")
    finding = replace(verdict.policy.findings[0], message=HOSTILE, rule=HOSTILE)
    page = replace(
        verdict, summary=HOSTILE, policy=replace(verdict.policy, findings=(finding,))
    )._repr_html_()
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;") == 3
    table = zonerisk.library.Verdicts((replace(verdict, target=HOSTILE),))._repr_html_()
    assert "<script" not in table


def test_a_notebook_shows_a_plan_and_a_ranking_as_inert_tables(shipped: Library) -> None:
    audit = shipped.plan(ROOT / "examples/ovh-2021.yaml")
    first = audit.workloads[0]
    judged = replace(first, id=HOSTILE, findings=(replace(first.findings[0], message=HOSTILE),) * 40)
    ranking = shipped.recovery("ovh-rbx", to=["ovh-gra", "ovh-sbg"])
    row = replace(ranking.candidates[0], target=HOSTILE, message=HOSTILE)
    pages = (
        replace(audit, summary=HOSTILE, workloads=(judged,))._repr_html_(),
        replace(ranking, name=HOSTILE, candidates=(row,) * 40)._repr_html_(),
    )
    for page in pages:
        assert "<script" not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;") == 1 + 2 * 30
        assert "<p>10 more rows</p>" in page
    outcomes = [line.partition("<")[0] for line in audit._repr_html_().split("<tr><td>")[1:]]
    assert outcomes == sorted(outcomes, key=["fail", "unknown", "warn", "pass", "not-assessed"].index)
    assert len(set(outcomes)) > 1
    assert "2 regions can be its disaster recovery" in ranking._repr_html_()


def test_judging_opens_no_file(zz_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the facts are gathered, the same answer comes without any file."""
    facts = Library(zz_copy)
    policy = facts.policy("podcast")
    before = score(facts, "zz-good", policy)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file is opened")

    digest = facts.digest("zz-good")
    monkeypatch.setattr(facts, "digest", lambda _: digest)
    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(io, "open", refuse)
    assert score(facts, "zz-good", policy) == before


POLICY = """\
name: Mine
standing: opinion
rules:
  quorum: {threshold: 2, unit: zones, evidence: [us]}
evidence:
  us: {kind: opinion, title: We say so, read: 2026-01-01, claim: two are enough}
"""
INCIDENT = """\
name: Invented storm
class: physical
cause: storm
start: 2025-01-02
regions: [ovh-sbg, ovh-rbx]
severity: down
mechanism: It blew.
evidence:
  news: {kind: press, title: News, url: "https://example.org/storm", read: 2025-01-03, claim: both were hit}
"""


def test_an_overlaid_record(tmp_path: Path) -> None:
    shipped = ROOT / "data/datacenters/ovh/sbg.yaml"
    own = tmp_path / "datacenters/ovh/sbg.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(shipped.read_text("utf-8").replace("name: Strasbourg", "name: Elsewhere", 1), "utf-8")
    assert zonerisk.load(tmp_path).region("ovh-sbg").name == "Elsewhere"
    assert zonerisk.load(tmp_path).region("ovh-rbx").name == zonerisk.load().region("ovh-rbx").name


def test_an_overlaid_policy(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/podcast.yaml").write_text(POLICY)
    (tmp_path / "policies/mine.yaml").write_text(POLICY)
    library = zonerisk.load(tmp_path)
    assert library.score("ovh-sbg").policy.findings[0].rule == "quorum"
    assert library.policy("podcast").name == "Mine"
    assert {"mine", "bsi"} <= set(library.policies)
    assert zonerisk.load().policy("podcast").name != "Mine"
    (tmp_path / "policies/podcast.yaml").write_text(POLICY.replace("name: Mine", "name: Yours"))
    assert zonerisk.load(tmp_path).policy("podcast").name == "Yours", "a new load sees a changed file"


def test_an_overlaid_incident(tmp_path: Path) -> None:
    (tmp_path / "incidents/ovh").mkdir(parents=True)
    (tmp_path / "incidents/ovh/invented.yaml").write_text(INCIDENT)
    library = zonerisk.load(tmp_path)
    assert "ovh-invented" in {event.id for event in library.incidents("ovh-sbg")}
    assert len(library.incidents()) == len(zonerisk.load().incidents()) + 1


def test_an_overlaid_layer(tmp_path: Path) -> None:
    shipped = ROOT / "data/layers/coast.yaml"
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers/coast.yaml").write_text(shipped.read_text("utf-8") + "note: Mine.\n", "utf-8")
    (tmp_path / "layers/shore.yaml").write_bytes(shipped.read_bytes())
    roots = zonerisk.load(tmp_path).roots
    assert {"coast", "shore"} <= set(cards.known(roots))


def test_overlaid_samples(tmp_path: Path) -> None:
    shipped = ROOT / "data/layers/samples/coast.csv"
    (tmp_path / "layers/samples").mkdir(parents=True)
    first, columns = shipped.read_text("utf-8").splitlines()[:2]
    head = {key: value for key, value in json.loads(first[1:]).items() if key != "rows"}
    (tmp_path / "layers/samples/coast.csv").write_text(f"#{json.dumps(head)}\n{columns}\n", "utf-8")
    library, plain = zonerisk.load(tmp_path), zonerisk.load()
    site = plain.site("ovh-sbg/sbg3")
    ours, theirs = (
        [row.reason for row in each.samples.of(site) if row.layer.id == "coast"] for each in (library, plain)
    )
    assert ours == ["not_sampled"]
    assert theirs != ours
    assert len(library.samples.files) == len(plain.samples.files), "one file of a name counts"


def test_overlaid_feeds(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    shutil.copy(ROOT / "data/feeds/areas.csv", tmp_path / "feeds/areas.csv")
    lines = (tmp_path / "feeds/areas.csv").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "feeds/areas.csv").write_text("".join(lines[:2]), "utf-8")
    library, plain = zonerisk.load(tmp_path), zonerisk.load()
    assert len(library.supply.areas) == 1
    assert len(plain.supply.areas) > 1
    assert library.supply.around == plain.supply.around, "only the file of that name is replaced"


def test_an_empty_folder_is_no_overlay(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no datacenters/ folder"):
        zonerisk.load(tmp_path)
