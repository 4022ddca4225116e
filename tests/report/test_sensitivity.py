from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

import egress
from egress.distribution import Distribution
from egress.report.sensitivity import FILES, TOP, Shown, bars, page, sentence, summary, write
from egress.report.sensitivity_words import shown


@pytest.fixture(scope="module")
def found() -> Shown:
    scenario = egress.load("one-border")
    rate = Distribution.read({"range": ["0.05 /d", "0.6 /d"]}, "rate")
    rows = [p.model_copy(update={"value": rate}) if p.name == "intention_rate" else p for p in scenario.parameters]
    changed = scenario.model_copy(update={"parameters": tuple(rows)})
    return shown(egress.sensitivity(changed, samples=16))


def test_the_summary_names_what_would_change_our_mind(found: Shown) -> None:
    console = Console(width=120, record=True)
    with console.capture() as captured:
        console.print(summary(found))
    text = " ".join(captured.get().split())
    assert "What would change our mind most: intention_rate: h0: a fifth of those who would leave" in text
    assert "if it lies in the lower half of its range" in text
    assert "1.2–14.4 /d" in text or re.search(r"[\d.]+–[\d.]+ /d", text)
    assert "example" in text


def test_an_output_that_does_not_vary_says_so(found: Shown) -> None:
    stranded = next(answer for answer in found.answers if answer.question.name == "stranded")
    assert stranded.indices == ()
    assert "nothing to tell apart" in sentence(found, stranded)


def test_every_file_is_written(found: Shown, tmp_path: Path) -> None:
    write(found, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    assert (tmp_path / "sensitivity.png").read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(tmp_path / "sensitivity.csv")
    assert {"output", "input", "total", "total_low", "first", "what", "range", "source"} <= set(table.columns)
    assert json.loads((tmp_path / "sensitivity.json").read_text("utf-8"))["samples"] == 16


def test_the_page_asks_nothing_of_anybody(found: Shown) -> None:
    text = page(found)
    assert "<svg" in text
    assert not re.search(r'(src|href)="', text)
    assert "default-src 'none'" in text


def test_what_cannot_be_told_from_chance_is_not_called_the_most(found: Shown) -> None:
    answer = next(answer for answer in found.answers if answer.question.name == "arrivals")
    rate = next(index for index in answer.indices if index.factor == "parameter/intention_rate")
    vague = replace(rate, factor="groups", total=rate.total + 0.1, total_range=(0.0, 2.0))
    assert "With so few base points" in sentence(found, replace(answer, indices=(vague, rate)))
    assert "stands out from chance" in sentence(found, replace(answer, indices=(vague,)))


def test_bars_end_in_their_panel(found: Shown) -> None:
    answer = next(answer for answer in found.answers if answer.question.name == "arrivals")
    large = replace(answer.indices[0], total=9.0, total_range=(8.0, 10.0), first=7.0)
    (rows,) = bars(found, [replace(answer, indices=(large,))]).to_dict()["datasets"].values()
    assert {name: rows[0][name] for name in ("total", "low", "high", "first")} == dict.fromkeys(
        ("total", "low", "high", "first"), TOP
    )
