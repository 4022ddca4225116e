"""Charts of scores show what the tables say, and ask nothing of the network."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from egress.baselines import NAMES
from egress.report import charts, scores
from egress.score.summary import summary
from egress.score.table import scores as scored

START = datetime.fromisoformat("2030-03-01T00:00+00:00")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    days = [START + timedelta(days=day) for day in range(40)]
    rows = pd.DataFrame(
        {"series": "a", "start": days, "end": [day + timedelta(days=1) for day in days], "kind": "daily"}
    )
    rows["value"], rows["published_at"] = generator.lognormal(7, 0.3, 40).round(), rows["end"]
    parts = [
        scored(generator.lognormal(7, 0.3, (40, 200)), rows, rows, START + timedelta(days=day, hours=1))
        for day in (8, 15, 22)
    ]
    return pd.concat(parts)


def test_each_ratio_is_drawn_with_its_interval(table: pd.DataFrame) -> None:
    summed = summary(table)
    drawn = scores.ratio_table(summed)
    assert len(drawn) == 3 * len(NAMES)
    first = drawn.query("row == 'drift' and horizon == '4-7 days'").iloc[0]
    row = summed.query("horizon == '4-7'").iloc[0]
    assert (first["ratio"], first["low"], first["high"]) == tuple(
        row[f"ratio_drift{end}"] for end in ("", "_low", "_high")
    )
    assert f"n = {row['n']}" in first["told"]
    assert "too few" not in first["told"]
    few = scores.ratio_table(summed.assign(n=7))
    assert set(few["sure"]) == {scores.UNCLEAR}
    assert few["told"].str.contains("too few to say").all()


def test_charts_are_svg_without_the_network(table: pd.DataFrame) -> None:
    for chart in (scores.ratios(summary(table)), scores.pit(table)):
        text = charts.svg(chart, "scores")
        assert text.startswith("<svg")
        assert "<title>" in text
        assert "http" not in text
        assert "4-7 days" in text


def test_pit_shares_add_up(table: pd.DataFrame) -> None:
    drawn = scores.pit_table(table)
    np.testing.assert_allclose(drawn.groupby("panel")["share"].sum(), 1.0)
    assert drawn["panel"].drop_duplicates().tolist()[0] == "1-3 days, n = 9"


def test_rows_are_named_where_there_are_several(table: pd.DataFrame) -> None:
    both = pd.concat([table, table.assign(series="b")])
    assert "a: drift" in set(scores.ratio_table(summary(both))["row"])


def test_nothing_to_draw_is_told(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        scores.ratios(summary(table.assign(defined=False)))
    with pytest.raises(ValueError, match="nothing to draw"):
        scores.pit(table[:0])
