"""Flee's measures, by hand and on Flee's own out.csv files (flee.md section 16)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from egress.flee.measures import ard, persistence, rescaled_ard


def test_by_hand() -> None:
    sim, data = np.array([[30, 10], [0, 0], [5, 5]]), np.array([[20, 20], [10, 30], [0, 0]])
    assert float(ard(sim, data)) == pytest.approx((20 / 40 + 40 / 40 + 10 / 1) / 3)
    assert float(rescaled_ard(sim, data)) == pytest.approx((20 / 40 + 40 / 40 + 0) / 3)
    assert ard(np.stack([sim, data]), data).tolist() == [pytest.approx(11.5 / 3), 0.0]


def test_persistence() -> None:
    data = np.array([[10], [20], [20], [40]])
    assert persistence(data, 1) == pytest.approx((1 + 0.5 + 0 + 0.5) / 4)


def test_measures_of_flees_own_tables(instances: Path) -> None:
    with (instances / "examples" / "ard.csv").open(encoding="utf-8", newline="") as text:
        known = list(csv.DictReader(text))
    assert len(known) >= 7
    for row in known:
        with (instances / "examples" / row["file"]).open(encoding="utf-8", newline="") as text:
            head, *rows = csv.reader(text)
        sim, data = (
            np.array([[float(r[i]) for i, name in enumerate(head) if name.endswith(what)] for r in rows])
            for what in (" sim", " data")
        )
        assert float(ard(sim, data)) == pytest.approx(float(row["ard"]), abs=5e-4)
        assert float(rescaled_ard(sim, data)) == pytest.approx(float(row["rescaled_ard"]), abs=5e-4)
