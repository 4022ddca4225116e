"""The same distribution as Flee's own ensembles, instance by instance (issue 4; flee.md section 18)."""

from __future__ import annotations

from pathlib import Path

import pytest

from egress.flee.agreement import agreement, references, run_like

ENSEMBLES = (
    "car2013.validation_h100",
    "mali2012.validation_h50",
    "mali2012.validation_h10",
    "mali2017_adm1.validation_h115",
    "nigeria2016.validation_h200",
    "ssudan2013.validation_h200",
    "tigray2020.validation_h50",
    "ukraine2022.validation_h5000",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENSEMBLES)
def test_means_and_spreads_are_flees(instances: Path, name: str) -> None:
    found = agreement(*run_like(instances, instances / "refs" / f"{name}.csv"))
    assert found.means >= 0.99
    assert found.spreads >= 0.95
    assert found.worst_bias <= 0.01
    assert found.means_apart >= 0.85  # near capacity, where serial Flee differs: shown and bounded


def test_every_instance_has_an_ensemble(instances: Path) -> None:
    assert {path.stem for path in references(instances)} - {"mali2012.validation_h1"} == set(ENSEMBLES)
