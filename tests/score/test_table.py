"""Tables of scores: which counts are scored, what stands beside them, and what may be said."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from egress import baselines
from egress.score.summary import FEW, TOO_FEW, rows, summary
from egress.score.table import COLUMNS, scores

ZONE = timezone(timedelta(hours=3))
ORIGIN = datetime(2030, 3, 11, tzinfo=ZONE)


def day(number: int) -> str:
    return (datetime(2030, 3, 1, tzinfo=ZONE) + timedelta(days=number - 1)).isoformat()


def counts(values: dict[int, float], series: str = "a") -> pd.DataFrame:
    """Return dailies by the day of March, known at midnight after them."""
    table = [
        {"series": series, "start": day(at), "end": day(at + 1), "value": value, "kind": "daily",
         "published_at": (datetime.fromisoformat(day(at + 1)) - timedelta(minutes=1)).isoformat()}
        for at, value in values.items()
    ]  # fmt: skip
    return pd.DataFrame(table)


def grown(days: int = 30, series: str = "a") -> pd.DataFrame:
    return counts({at: 1000.0 + 10 * at + 300 * (at % 3) for at in range(1, days)}, series)


def scored(table: pd.DataFrame, x: Any = None, **said: Any) -> pd.DataFrame:
    samples = np.tile([900.0, 1000.0, 1400.0], (len(table), 1)) if x is None else x
    return scores(samples, table, table, ORIGIN, **said)


def test_a_row_for_each_count_within_14_days() -> None:
    found = scored(grown())
    assert found["horizon_days"].tolist() == list(range(1, 15))
    assert found["horizon"].tolist() == ["1-3"] * 3 + ["4-7"] * 4 + ["8-14"] * 7
    assert list(found)[: len(COLUMNS)] == list(COLUMNS)
    assert found["defined"].all()
    assert set(found["size"]) == {"1,000-10,000"}


def test_an_unknown_count_is_not_scored() -> None:
    table = grown()
    table.loc[table["start"] == day(12), "value"] = np.nan
    assert 2 not in scored(table)["horizon_days"].tolist()


def test_nothing_to_score_is_an_empty_table() -> None:
    found = scored(grown(5))
    assert found.empty
    assert list(found)[: len(COLUMNS)] == list(COLUMNS)


def test_samples_must_fit() -> None:
    with pytest.raises(ValueError, match="expected samples"):
        scores([[1.0]], grown(), grown(), ORIGIN)
    with pytest.raises(ValueError, match="NaN"):
        scored(grown(), np.full((29, 3), np.nan))


def test_baselines_are_those_of_the_series_at_the_origin() -> None:
    both = pd.concat([grown(), grown(series="b").assign(value=lambda t: 7 * t["value"])], ignore_index=True)
    found = scored(both, np.full((len(both), 2), 1000.0))
    for series, part in found.groupby("series"):
        past = both[both["series"] == series]
        table = baselines.baselines(past, ORIGIN, part)
        for name in baselines.NAMES:
            chosen = table[table["baseline"] == name]
            expected = baselines.crps(chosen, part["value"])
            np.testing.assert_allclose(part[f"crps_{name}"], expected)
            np.testing.assert_allclose(part[f"point_{name}"], abs(chosen["median"].to_numpy() - part["value"]))


def test_a_count_published_later_changes_no_baseline() -> None:
    table = grown()
    before = scored(table)
    late = table["published_at"] >= ORIGIN.isoformat()
    absurd = pd.concat([table[~late], table[late].assign(value=1e9)])
    after = scores(np.tile([900.0, 1000.0, 1400.0], (len(table), 1)), table, absurd, ORIGIN)
    pd.testing.assert_frame_equal(before, after)
    early = table.assign(value=table["value"].where(table["start"] != day(10), 1e9))
    other = scores(np.tile([900.0, 1000.0, 1400.0], (len(table), 1)), table, early, ORIGIN)
    assert (before["crps_persistence"] != other["crps_persistence"]).all()


def test_two_dailies_are_no_pair() -> None:
    table = grown()
    early = table[table["start"].isin([day(8), day(9)]) | (table["start"] >= day(11))]
    found = scored(early)
    assert not found["defined"].any()
    assert found["crps_persistence"].notna().all()
    assert found["crps_drift"].isna().all()
    summed = summary(found)
    assert summed["says"].tolist() == ["n/a"] * 3
    assert summed["ratio"].isna().all()
    row = rows(summed)[0]
    assert row["n"] == 3
    assert row["baselines"]["drift"] is None is row["ratio_low"]
    assert row["baselines"]["persistence"] > 0


def test_undefined_pairs_count_for_nobody() -> None:
    few = grown(series="b")
    few = few[(few["start"] >= day(11))]
    both = pd.concat([scored(grown()), scored(few)])
    summed = summary(both, by=("horizon",)).set_index("horizon")
    alone = summary(scored(grown()), by=("horizon",)).set_index("horizon")
    assert summed["n"].tolist() == alone["n"].tolist() == [3, 4, 7]
    assert summed["left_out"].tolist() == [3, 4, 7]
    assert summed["crps"].tolist() == alone["crps"].tolist()
    assert summed["n_scored"].tolist() == [6, 8, 14]


def test_coverage_is_over_all_counts_also_where_a_rule_is_undefined() -> None:
    few = grown(series="b")
    few = few[few["start"] >= day(11)]
    missed, held = np.full((len(grown()), 3), 1e6), np.tile([0.0, 1300.0, 9000.0], (len(few), 1))
    both = pd.concat([scored(grown(), missed), scored(few, held)])
    row = rows(summary(both, by=("task", "mode", "horizon")).assign(series="both"))[0]
    assert (row["n"], row["n_scored"], row["coverage80"]) == (3, 6, 0.5)
    assert row["crps"] > row["crps_scored"]
    alone = summary(scored(grown(), missed)).iloc[0]
    assert row["ratio"] == alone["ratio"]
    assert row["crps"] == alone["crps"]


def made(origins: int = 6, seeds: int = 1, better: float = 0.5, seed: int = 1) -> pd.DataFrame:
    """Return a table of scores in which the forecast has `better` times the CRPS of each baseline."""
    generator = np.random.default_rng(seed)
    table = []
    for origin in range(origins):
        hard = generator.uniform(50, 150)
        for end in range(4, 8):
            base = hard * generator.uniform(0.8, 1.2)
            for run in range(seeds):
                table.append(
                    {"task": "T", "mode": "updated", "seed": run, "series": "a", "origin": str(origin), "start": end,
                     "end": end + 1, "kind": "daily", "horizon_days": end, "horizon": "4-7", "defined": True}
                    | dict.fromkeys(("log_crps", "wis", "spread", "over", "under"), 1.0)
                    | {"covered50": end % 2, "covered80": 1.0, "covered90": 1.0}
                    | {"crps": better * base * generator.uniform(0.9, 1.1)}
                    | {f"{s}_{n}": base * (1 + k) for k, n in enumerate(baselines.NAMES)
                       for s in ("crps", "log_crps", "point")}
                )  # fmt: skip
    return pd.DataFrame(table)


def test_a_ratio_is_of_means_and_stands_with_n() -> None:
    table = made()
    row = summary(table).iloc[0]
    assert (row["n"], row["pairs"], row["seeds"], row["horizon_days"]) == (24, 6, 1, 7)
    assert row["ratio_drift"] == pytest.approx(table["crps"].sum() / table["crps_drift"].sum())
    assert row["best"] == "persistence"
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"] < 1
    assert row["says"] == "below"
    assert summary(made(better=2.0)).iloc[0]["says"] == "above"
    assert summary(made(better=1.0, seed=2)).iloc[0]["says"] == "level"


def test_few_counts_say_so() -> None:
    table = made(origins=2)[:7]
    assert len(table) == FEW - 1
    assert summary(table).iloc[0]["says"] == TOO_FEW
    alone = summary(made(origins=1)).iloc[0]
    assert np.isnan(alone["ratio_low"])
    assert alone["says"] == TOO_FEW


def test_seeds_are_no_further_counts() -> None:
    one, many = summary(made()).iloc[0], summary(made(seeds=5)).iloc[0]
    assert (many["n"], many["pairs"], many["seeds"]) == (one["n"], one["pairs"], 5)
    assert many["seed_low"] < many["crps"] < many["seed_high"]


def test_counts_of_one_origin_err_together() -> None:
    """The interval of 6 origins is not narrower for having each count four times."""
    table = made()
    repeated = pd.concat([table.assign(start=table["start"] + 100 * k) for k in range(4)])
    first, second = summary(table).iloc[0], summary(repeated).iloc[0]
    assert second["n"] == 4 * first["n"]
    assert second["ratio_low"] == pytest.approx(first["ratio_low"])


def test_intervals_hold_the_truth() -> None:
    """Nine in ten of the 90 % intervals hold the ratio that many origins have, within what 6 origins allow."""
    truth = summary(made(origins=3000, seed=0)).iloc[0]["ratio"]
    found = [summary(made(origins=8, seed=at)).iloc[0] for at in range(1, 101)]
    held = np.mean([row["ratio_low"] <= truth <= row["ratio_high"] for row in found])
    assert 0.7 < held <= 0.97


def test_exact_days_for_task_u() -> None:
    summed = summary(scored(grown(), task="U"), days=(1, 3, 7, 14))
    assert summed["horizon_days"].tolist() == [1, 3, 7, 14]
    assert summed["horizon"].tolist() == ["1-3", "1-3", "4-7", "8-14"]
    assert summed["n"].tolist() == [1, 1, 1, 1]


def test_rows_are_json() -> None:
    found = rows(summary(scored(grown(), task="R")))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found[0]) >= {
        "task", "mode", "series", "horizon", "horizon_days", "n", "crps", "log_crps", "coverage50", "coverage80",
        "coverage90", "baselines", "ratio_low", "ratio_high",
    }  # fmt: skip
    assert set(found[0]["baselines"]) == set(baselines.NAMES)
    assert [row["horizon_days"] for row in found] == [3, 7, 14]


def test_the_order_of_rows_does_not_matter() -> None:
    table = grown()
    mixed = table.sample(frac=1, random_state=3).reset_index(drop=True)
    a, b = scored(table), scored(mixed).sort_values("horizon_days", ignore_index=True)
    pd.testing.assert_frame_equal(a, b)


def test_sizes_by_the_last_count_before() -> None:
    assert set(scored(grown().assign(value=50.0))["size"]) == {"under 1,000"}
    assert "size" in summary(scored(grown()), by=("size", "horizon"))
