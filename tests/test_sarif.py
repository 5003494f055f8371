from __future__ import annotations

import json
from pathlib import Path

from zonerisk.catalogue.catalog import Catalog
from zonerisk.words import plan_report
from zonerisk.workloads import plan
from zonerisk.workloads.audit import audit

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_findings_stand_on_the_lines_of_the_plan(shipped: Catalog) -> None:
    rules = Catalog().policy("podcast")
    name = str(EXAMPLES / "ovh-2021.yaml")
    asked = plan.read([name, str(EXAMPLES / "terraform" / "ovh.json")], None, shipped, None)
    found = audit(shipped, asked.deployment, rules, asked.day)
    log = json.loads(plan_report.sarif(found, rules))
    assert log["version"] == "2.1.0"
    run = log["runs"][0]
    listed = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    texts = {
        path.name: path.read_text().splitlines()
        for path in (EXAMPLES / "ovh-2021.yaml", EXAMPLES / "terraform" / "ovh.json")
    }
    prints = set()
    for result in run["results"]:
        assert result["ruleId"] in listed
        assert result["level"] in ("error", "warning", "note")
        place = result["locations"][0]["physicalLocation"]
        line = texts[Path(place["artifactLocation"]["uri"]).name][place["region"]["startLine"] - 1]
        assert result["message"]["text"].split(":")[0].split("[")[0].split(",")[0] in line
        prints.add(result["partialFingerprints"]["zonerisk/v1"])
    assert len(prints) == len(run["results"])
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}


def test_what_passes_is_not_reported(shipped: Catalog) -> None:
    rules = Catalog().policy("bsi")
    asked = plan.read([str(EXAMPLES / "scaleway-cluster.yaml")], None, shipped, None)
    found = audit(shipped, asked.deployment, rules, asked.day)
    run = json.loads(plan_report.sarif(found, rules))["runs"][0]
    outcomes = [finding.outcome for workload in found.workloads for finding in workload.findings]
    single = [result for result in run["results"] if result["ruleId"] != "zonerisk/unknown"]
    assert len(single) == sum(outcome in ("fail", "warn") for outcome in outcomes)
    unknown = [result["message"]["text"] for result in run["results"] if result not in single]
    assert sum(text.count(",") + 1 for text in unknown) == outcomes.count("unknown")
