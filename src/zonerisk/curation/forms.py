"""Forms of the records: JSON Schemas generated from the models, and commented files to fill in."""

from __future__ import annotations

import json
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from zonerisk.catalogue.dialect import Dialect
from zonerisk.catalogue.document import data_root, read
from zonerisk.core.kinds import HAZARDS, STATED_FEEDS
from zonerisk.core.model import CAUSES, TRIGGERS, Incident, Measurement, Provider, Region
from zonerisk.core.policy import Policy
from zonerisk.core.verdict import Answer
from zonerisk.curation.rules import MODELINE
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
    "measurement": Measurement,
    "plan": PlanFile,
    "verdict": Answer,
}

# Fields that the loader fills in from a record's place; they are not written in files.
_FROM_THE_PATH = ("id", "provider", "sha256")


def schema(name: str) -> str:
    """Write the JSON Schema of one of :data:`MODELS`, with the help on fields of ``data/fields.yaml``."""
    mode: Literal["serialization", "validation"] = "serialization" if name == "verdict" else "validation"
    tree = TypeAdapter(MODELS[name]).json_schema(mode=mode)
    helped: Any = read(data_root() / "fields.yaml").tree
    for part in (tree, *tree.get("$defs", {}).values()):
        told = [rows for models, rows in helped.items() if part.get("title") in models.split(", ")]
        for names, text in [row for rows in told for row in rows.items()]:
            for field in names.split(", "):
                part["properties"][field]["description"] = text
    # A plan is written by its user, provider included.
    if name not in ("plan", "verdict"):
        for part in (tree, *tree.get("$defs", {}).values()):
            for injected in _FROM_THE_PATH:
                if part.get("properties", {}).get(injected, {}).get("default") == "":
                    del part["properties"][injected]
    tree = {"$schema": "https://json-schema.org/draft/2020-12/schema", **tree}
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


Form = Literal["provider", "region", "incident", "measurement", "policy"]


def template(kind: Form, modeline: bool = False) -> str:
    """Return a commented file, with the line that names its schema or without."""
    text = (data_root() / "templates" / f"{kind}.yaml").read_text("utf-8")
    lists = {"hazards": HAZARDS, "feeds": STATED_FEEDS, "triggers": TRIGGERS}
    for name, words in {**lists, **CAUSES}.items():
        listed = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
        break_ = "\n#     # " if name == "hazards" else "\n# "
        text = text.replace(f"{{{name}}}", break_.join(wrap(listed, 90)) if name != "feeds" else listed)
    line = MODELINE.format(kind=kind).replace("../../", "../" if kind == "policy" else "../../")
    return f"{line}\n{text}" if modeline else text
