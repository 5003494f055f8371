from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.curation.check import MODELS, schema

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", MODELS)
def test_published_schema_is_current(name: str) -> None:
    assert (ROOT / "data/schema" / f"{name}.json").read_text() == schema(name)
