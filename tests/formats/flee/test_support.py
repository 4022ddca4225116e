"""docs/reference/flee-support.md against the code."""

from __future__ import annotations

import re
from pathlib import Path

from egress.engine.flee.case import Semantics
from egress.formats.flee.scenario import TABLES
from egress.formats.flee.setting_keys import SECTIONS, TOP

TEXT = (Path(__file__).parents[3] / "docs/reference/flee-support.md").read_text("utf-8")


def test_every_switch_is_explained_and_no_other_is() -> None:
    rows = [
        line.split("|")
        for line in TEXT.split("## Defects of Flee")[1].split("## ")[0].splitlines()
        if line.startswith("|")
    ]
    named = {name for row in rows for name in re.findall(r"`(\w+_\w+)`", row[2])}
    assert named == set(Semantics.__dataclass_fields__)


def test_every_key_that_is_refused_or_idle_is_named() -> None:
    keys = {name: key for section in (TOP, *SECTIONS.values()) for name, key in section.items()}
    assert [name for name, key in keys.items() if key.use in ("refused", "idle") and f"`{name}`" not in TEXT] == []


def test_every_table_of_a_converted_scenario_is_named() -> None:
    assert [name for name in TABLES if f"`{name}.csv`" not in TEXT] == []
