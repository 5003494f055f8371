"""What the documentation site (mkdocs.yml) holds beside docs/: pages, pictures, cards, dictionary, Python."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

import zonerisk
from zonerisk.pages import card, surroundings

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parents[1]
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
SCHEMAS = (
    "region", "provider", "dialect", "incident", "measurement", "policy", "layer", "plan", "verdict",
)  # fmt: skip
# Regions whose cards are shown: some of each class.
GALLERY = (
    "ovh-sbg", "azure-westeurope", "google-us-east1", "google-europe-west9", "aws-us-east-1",
    "azure-northeurope", "ibm-us-east", "scaleway-fr-par", "aws-eu-north-1", "hetzner-fsn1",
)  # fmt: skip
PYTHON = """# Python

```python
import zonerisk

library = zonerisk.load()
verdict = library.score("ovh-sbg")
verdict.independence.class_
library.verdicts(["ovh"]).to_frame()
```

::: zonerisk.load
::: zonerisk.library.Library
    options: {inherited_members: true}
::: zonerisk.library.Verdicts
::: zonerisk.core.verdict.Verdict
::: zonerisk.core.errors
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what stands outside docs/, under the path that a link from docs/ or the root gives it."""
    outside = [*(ROOT / "maps").glob("*.png"), *(ROOT / "data/schema").glob("*.json")]
    outside += [ROOT / name for name in ("LICENSE", "data/LICENSE", "examples/zones.ipynb")]
    for path in outside:
        files.append(File.generated(config, str(path.relative_to(ROOT)), abs_src_path=str(path)))
    texts = {place: (ROOT / name).read_text() for name, place in PAGES.items()}
    gallery = ["# Gallery", "The verdict on a region as one picture: `zonerisk score REGION -o card.svg`."]
    library = zonerisk.load()
    for verdict in map(library.score, GALLERY):
        place, name = f"cards/{verdict.target}.svg", f"{verdict.name}: {verdict.independence.class_}"
        texts[place] = card.draw(verdict, surroundings.setting(library, verdict))
        gallery.append(f"## {name}\n\n[![{name}]({place})]({place})")
    texts |= {"gallery.md": "\n\n".join(gallery) + "\n", "dictionary.md": dictionary(), "python.md": PYTHON}
    for place, text in texts.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return a page with links as the site's folders are: docs/ and the root are one."""
    inside = re.sub(r"\]\((?:\.\./|docs/)(?!data\))", "](", markdown)
    inside = re.sub(r"\]\(README\.md", "](index.md", inside)
    return re.sub(r"\]\((?:\.\./)?data\)", "](catalogue.md)", inside)


def dictionary() -> str:
    """Return every field of the files that contributors write and programs read, from the JSON Schemas."""
    parts = ["# Data dictionary\n\nEvery field, from the JSON Schemas in `data/schema/`."]
    for name in SCHEMAS:
        schema = json.loads((ROOT / f"data/schema/{name}.json").read_text())
        parts.append(f"## {schema.get('title', name)}\n\n[{name}.json](data/schema/{name}.json)")
        parts.append(_fields(schema))
        for key, part in sorted(schema.get("$defs", {}).items()):
            if "properties" in part:
                parts.append(f"### {name}: {key}\n\n{_fields(part)}")
    return "\n\n".join(parts) + "\n"


def _fields(schema: dict[str, Any]) -> str:
    rows = ["| field | what | meaning |", "| --- | --- | --- |"]
    for name, field in schema.get("properties", {}).items():
        asked = ", required" if name in schema.get("required", ()) else ""
        meaning = " ".join(field.get("description", "").split()).replace("|", "\\|").replace("<", "&lt;")
        rows.append(f"| `{name}` | {_type(field)}{asked} | {meaning} |")
    return "\n".join(rows)


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return field["$ref"].rsplit("/", 1)[-1]
    if "enum" in field or "const" in field:
        values = field.get("enum", [field.get("const")])
        return "one of " + ", ".join(f"`{value}`" for value in values)
    if options := field.get("anyOf") or field.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_type, options)))
    if isinstance(field.get("items"), dict):
        return f"list of {_type(field['items'])}"
    return field.get("type", "any")
