from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import egress

PUBLIC = {
    "ConservationError",
    "EgressError",
    "Forecast",
    "MergeError",
    "ObservationError",
    "Observations",
    "OutputError",
    "RunError",
    "Scenario",
    "ScenarioError",
    "Trajectory",
    "__version__",
    "calibrate",
    "forecast",
    "known",
    "load",
    "merge",
    "run",
    "sensitivity",
}
HEAVY = ("numba", "xarray", "pandas", "altair", "fastapi", "dask", "numpy", "vl_convert", "SALib")


def test_the_public_names_are_these() -> None:
    assert set(egress.__all__) == PUBLIC
    assert egress.__all__ == sorted(egress.__all__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_is_there_and_documented(name: str) -> None:
    member = getattr(egress, name)
    assert name == "__version__" or member.__doc__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'egress' has no attribute 'fly'"):
        _ = egress.fly  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    [
        "import egress",
        "import egress.cli",
        "from egress.cli import command_line; assert command_line(['--help']) == 0",
    ],
)
def test_nothing_heavy_is_imported(code: str) -> None:
    told = f"{code}\nimport sys\nprint('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    environment = {"PYTHONPATH": str(Path(__file__).parents[1] / "src"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, encoding="utf-8", env=environment, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded:"
