"""JSON Schemas of the records and of the verdict, generated from the models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

from zonerisk.catalogue.dialect import Dialect
from zonerisk.core.model import Incident, Provider, Region
from zonerisk.core.policy import Policy
from zonerisk.core.verdict import Verdict
from zonerisk.layers.cards import Card
from zonerisk.workloads.plan import PlanFile

if TYPE_CHECKING:
    from pydantic import BaseModel

    from zonerisk.core.verdict import Result

MODELS: dict[str, type[BaseModel | Result]] = {
    "provider": Provider,
    "region": Region,
    "dialect": Dialect,
    "policy": Policy,
    "layer": Card,
    "incident": Incident,
    "plan": PlanFile,
    "verdict": Verdict,
}

# Fields that the loader fills in from a record's place; they are not written in files.
_FROM_THE_PATH = ("id", "provider", "sha256")


def schema(name: str) -> str:
    """Write the JSON Schema of one of :data:`MODELS`."""
    mode: Literal["serialization", "validation"] = "serialization" if name == "verdict" else "validation"
    tree = TypeAdapter(MODELS[name]).json_schema(mode=mode)
    # A plan is written by its user, provider included.
    if name not in ("plan", "verdict"):
        for part in (tree, *tree.get("$defs", {}).values()):
            for injected in _FROM_THE_PATH:
                part.get("properties", {}).pop(injected, None)
    tree = {"$schema": "https://json-schema.org/draft/2020-12/schema", **tree}
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
