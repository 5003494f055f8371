"""The report for the file: what stands in it, in Markdown and on a page that prints."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import ROOT, SAYS, Opener, Runner
from test_page import HOSTILE, poisoned
from zonerisk.library import Library
from zonerisk.pages import page
from zonerisk.words import dossier


def parts(text: str) -> dict[str, str]:
    """Return what stands under each heading of Markdown; of a region's parts under its id and theirs."""
    told, under = {}, ""
    for level, title, body in re.findall(r"(?ms)^(#+) ([^\n]*)\n(.*?)(?=^#|\Z)", text):
        region = re.search(r"\(([\w-]+)\)$", title)
        under = (region[1] if region else "") if level == "##" else under
        told[f"{under}: {title}" if under and level == "###" else title] = body
    return told


def test_a_report_under_a_law_has_what_a_risk_officer_files(run: Runner) -> None:
    told = parts(run("report", "ovh-sbg", "--policy", "dora", "--within", "FR", "--format", "md").stdout)
    assert "Financial entities in the European Union" in told["Scope and date"]
    assert "23 November 2026" in told["Scope and date"]
    rule = told["recovery (dr): Article 12(5)(a)"]
    assert "> located at a geographical distance from the primary processing site" in rule
    assert "Our reading: " in rule
    assert "authority, second-hand | 1 (B) |" in rule
    rules = told["ovh-sbg: Rules, the worst first"]
    assert "| cannot be shown | recovery (dr) | Article 12(5)(a) | " in rules
    assert "| not asked | backup | Article 12(3) | asked of a deployment alone" in rules
    assert "fire of SBG2 in Strasbourg" in told["ovh-sbg: Incidents"]
    assert "A model, not evidence" in told["ovh-sbg: How often, by a model"]
    recovery = told["ovh-sbg: Where recovery may go"]
    assert "ovh-rbx" in recovery
    assert "ovh-lim" not in recovery, "not in France"
    assert "https://eur-lex.europa.eu/eli/reg/2022/2554/oj" in told["Sources"]
    assert "no legal advice" in told["Limits"]
    assert "grade C" in told["Words"]
    assert re.search(r"policy \| dora, sha256 [0-9a-f]{64}", told["Made with"])
    assert "| ovh-sbg | recovery (dr) | cannot be shown |" in told["Risks to accept"]
    assert "| Risks accepted by |" in told["Signatures"]
    assert not re.search(r"\d km", told["recovery (dr): Article 12(5)(a)"]), "the law names no distance"


def test_every_rule_of_every_policy_is_told(shipped: Library) -> None:
    unread = []
    for name in ("podcast", "dora", "c5-basic", "sebi", "cn-cbrc"):
        policy = shipped.policy(name)
        verdict = shipped.score("scaleway-fr-par", policy)
        text = dossier.written(policy, [dossier.Asked(verdict)], (), SAYS).markdown
        for rule in policy.rules.values():
            assert f"Our reading: {rule.text}" in text
            assert not rule.quote or f"> {rule.quote}" in text
        for finding in verdict.policy.findings:
            assert finding.message.replace("|", "\\|") in text
        assert policy.binding == ("called non-compliant with the text" in text)
        unread += [name] if "words of the text were not read" in text else []
    assert unread == ["cn-cbrc"]


def test_recovery_and_deployments_are_parts_of_one_report(run: Runner, tmp_path: Path) -> None:
    plan = str(ROOT / "examples" / "ovh-2021.yaml")
    told = parts(run("report", "ovh-rbx", "--to", "ovh-gra", "--plan", plan, "--format", "md").stdout)
    assert "| will not do | ovh-gra |" in told["ovh-rbx: Where recovery may go"]
    workload = next(text for name, text in told.items() if name.startswith("Workload shop-db"))
    assert "| not met | " in workload
    assert "| shop-db | backup | not met |" in told["Risks to accept"]
    alone = parts(run("report", "--plan", plan, "--format", "md").stdout)
    assert "| shop-db | backup | not met |" in alone["Risks to accept"]
    assert "name a region" in run("report", "--format", "md", check=2).stderr
    assert (
        "is not a country on record"
        in run("report", "ovh-sbg", "--within", "Mars", "--format", "md", check=2).stderr
    )
    none = parts(run("report", "scaleway-fr-par", "--within", "FR", "--format", "md").stdout)
    assert "No region asked about lies within FR" in none["scaleway-fr-par: Where recovery may go"]
    out = tmp_path / "report.html"
    run("report", "scaleway", "-o", str(out))
    assert out.read_text().count("<h2>Scaleway ") == 3


def test_what_was_accepted_stands_in_the_page_of_risks(run: Runner, tmp_path: Path) -> None:
    kept, plan = tmp_path / "kept.yaml", tmp_path / "plan.yaml"
    risk = "{{rule: {}, workload: {}, reason: It is known., owner: {}, until: {}}}"
    risks = [
        risk.format("dr", "ovh-sbg", "Chief Risk Officer", "2027-06"),
        risk.format("backup", '"shop-*"', "shop team", "2021-01"),
        risk.format("flood", "nowhere", "nobody", "2027"),
    ]
    kept.write_text(f"accepted: [{', '.join(risks)}]\nskip: [web]\n")
    example = (ROOT / "examples/ovh-2021.yaml").read_text()
    plan.write_text(f"{example}accepted: [{risk.format('dr', 'shop-db', 'shop board', '2022')}]\n")
    asked = ("report", "ovh-sbg", "--policy", "dora", "--accepted", str(kept), "--format", "md")
    told = parts(run(*asked, "--plan", str(plan)).stdout)["Risks to accept"]
    known = "It is known. |"
    assert (
        f"| ovh-sbg | recovery (dr) | cannot be shown | yes, Chief Risk Officer | June 2027 | {known}" in told
    )
    assert f"| shop-db | backup | cannot be shown | no longer, shop team | January 2021 | {known}" in told
    assert f"| shop-db | recovery (dr) | not met, advisory | yes, shop board | 2022 | {known}" in told
    assert f"| nowhere | flood | fits nothing | yes, nobody | 2027 | {known}" in told
    assert "| web |" not in told, "what a team leaves out of its plans is left out here"
    other = tmp_path / "other.yaml"
    other.write_text(example)
    told = parts(run(*asked, "--plan", str(plan), "--plan", str(other)).stdout)["Risks to accept"]
    assert re.search(
        r"shop-db \(\S+plan.yaml\) \| recovery \(dr\) \| not met, advisory \| yes, shop board", told
    )
    assert re.search(r"shop-db \(\S+other.yaml\) \| recovery \(dr\) \| not met, advisory \|  \|", told)


def test_a_report_says_what_it_leaves_out_and_that_a_day_is_still_to_come(run: Runner) -> None:
    done = run("report", "ovh-sbg", "--policy", "dora", "--as-of", "2031", "--format", "md")
    assert "| 31 December 2031, by the records of 23 November 2026: they tell nothing later |" in done.stdout
    assert "note: 2031 is after the records' own day, 2026-11-23" in done.stderr
    told = parts(done.stdout)["ovh-sbg: Where recovery may go"]
    regions, left = re.search(
        r"0 of (\d+) regions.*; (\d+) more in the JSON of zonerisk dr ovh-sbg", told
    ).groups()  # type: ignore[union-attr]
    assert told.count("| not shown |") == int(regions) - int(left)
    assert not run("report", "ovh-sbg", "--as-of", "2021-03-09", "--format", "md").stderr


def test_scores_and_plans_are_written_in_the_sections_of_the_report(run: Runner, shipped: Library) -> None:
    """One document: what a verdict or a plan says as Markdown stands in the report word for word."""
    whole = parts(run("report", "ovh-sbg", "--format", "md").stdout)
    told = parts(run("score", "ovh-sbg", "--format", "md").stdout)
    assert told["ovh-sbg: Incidents"] == whole["ovh-sbg: Incidents"]
    assert len(told) > 10
    plan = str(ROOT / "examples" / "ovh-2021.yaml")
    judged = parts(run("plan", plan, "--format", "md").stdout)
    assert judged["Events, what hurts most first"].count("\n| ") > 5
    assert any("| not met | backup | " in body for body in judged.values())
    apart = parts(run("score", "scaleway-fr-par", "--format", "md").stdout)[
        "scaleway-fr-par: Rules, the worst first"
    ]
    assert "| not asked | no event in common (incidents) | told only where an event is on record |" in apart
    full = run("score", "ovh-sbg", "--full").stdout
    assert full.startswith(shipped.score("ovh-sbg").summary[:60])
    assert "Places\nSBG3 " in full


def test_the_page_shows_the_card_of_each_region(run: Runner, tmp_path: Path, tab: Opener) -> None:
    out = tmp_path / "report.html"
    run("report", "ovh-sbg", "scaleway-fr-par", "--policy", "dora", "-o", str(out))
    opened = tab(out.read_text())
    assert opened.run("[...document.querySelectorAll('figure svg title')].map((one) => one.textContent)") == [
        "OVHcloud Strasbourg: shared",
        "Scaleway Paris: apart",
    ]
    # In print, too, a card keeps to its page, and its letters are dark on paper.
    opened.page.emulate_media(media="print", color_scheme="dark")
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")
    assert opened.run("getComputedStyle(document.querySelector('.card')).color") == "rgb(0, 0, 0)"


def test_the_page_runs_nothing_and_asks_nothing(shipped: Library, tab: Opener) -> None:
    policy = shipped.policy("podcast")
    verdict = shipped.score("ovh-sbg", policy)
    evil = policy.model_copy(
        update={
            "name": HOSTILE,
            "scope": HOSTILE,
            "note": HOSTILE,
            "rules": {
                name: rule.model_copy(update={"text": HOSTILE, "quote": HOSTILE, "article": HOSTILE})
                for name, rule in policy.rules.items()
            },
        }
    )
    # Questions and layouts are known by their kinds.
    planted = replace(poisoned(verdict), ask=(), likelihood=verdict.likelihood)
    asked = dossier.Asked(planted, [("pass", HOSTILE, HOSTILE)], HOSTILE)
    written = dossier.written(evil, [asked], (), SAYS)
    text = page.report_page(written, attribution=HOSTILE)
    assert text == page.report_page(written, attribution=HOSTILE)
    assert "script-src 'none'" in html.unescape(text)
    assert "<script" not in text
    opened = tab(text)
    assert opened.run("window.pwned === undefined")
    assert opened.run("document.querySelectorAll('script, img, iframe, [onerror]').length") == 0
    assert len(opened.requests) == 1, "the page itself"
    assert opened.troubles == []
    assert "<script" not in written.markdown


@pytest.mark.parametrize("width", [1000, 390])
def test_the_page_is_accessible(shipped: Library, tab: Opener, width: int) -> None:
    policy = shipped.policy("dora")
    verdict = shipped.score("ovh-sbg", policy)
    opened = tab(page.report_page(dossier.written(policy, [dossier.Asked(verdict)], (), SAYS)), width=width)
    # The page's own policy lets no script in; what a browser is asked from outside still runs.
    assert not opened.violations()
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")
