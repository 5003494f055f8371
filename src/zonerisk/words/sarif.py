"""SARIF 2.1.0: an audit as a forge reads it, findings on the lines of the plan."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from zonerisk.core.plan_verdict import Audit, Judged
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Finding

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
# What is not known is as telling as a reservation; what passes is not reported.
LEVELS = {"fail": "error", "unknown": "warning", "warn": "warning"}


def log(audit: Audit, policy: Policy) -> str:
    """Write an audit as a SARIF log.

    Parameters
    ----------
    audit, policy
        What was answered, and under what.
    """
    results = [
        _result(judged, finding)
        for judged in audit.workloads
        for finding in judged.findings
        if finding.outcome in LEVELS
    ]
    results += [
        {
            "ruleId": "zonerisk/not-assessed",
            "level": "note",
            "message": {"text": f"{each.id}: not assessed: {each.reason}"},
            "locations": [_location(each.file, each.line)],
            "partialFingerprints": {"zonerisk/v1": _print(each.file, each.id, "not-assessed")},
        }
        for each in audit.not_assessed
    ]
    used = dict.fromkeys(result["ruleId"] for result in results)
    driver = {
        "name": "zonerisk",
        "semanticVersion": audit.provenance.version,
        "rules": [_rule(rule, policy) for rule in used],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    tree = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: str, policy: Policy) -> dict[str, Any]:
    name = rule.removeprefix("zonerisk/")
    asked = next((each for key, each in policy.rules.items() if key == name), None)
    text = (asked and asked.text) or "What zonerisk could not judge in this plan."
    return {
        "id": rule,
        "shortDescription": {"text": text},
        "properties": {"policy": policy.id, "standing": policy.standing},
    }


def _result(judged: Judged, finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": f"zonerisk/{finding.rule}",
        "level": LEVELS[finding.outcome],
        "message": {"text": f"{judged.id}: {finding.outcome}: {finding.message}"},
        "locations": [_location(judged.file, judged.line)],
        "partialFingerprints": {"zonerisk/v1": _print(judged.file, judged.id, finding.rule)},
    }


def _location(file: str, line: int) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file.replace("\\", "/"))},
            "region": {"startLine": line},
        }
    }


def _print(*parts: str) -> str:
    """Name a finding so that a forge knows it again when lines move."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
