from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from egress.formats.flee import Instance, read_instance

ROOT = Path(__file__).parents[3]
FILES = {
    "input_csv/sim_period.csv": "StartDate,2020-01-01\nLength,4\n",
    "input_csv/locations.csv": (
        "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
        "Gao,North,Mali,16.3,-0.04,conflict_zone,0,1000\n"
        "Mopti,Middle,Mali,14.5,-4.2,town,,500\n"
        "Abala,West,Niger,14.9,3.4,camp,,800\n"
    ),
    "input_csv/routes.csv": "#name1,name2,distance,forced_redirection\nGao,Mopti,100,0\nMopti,Abala,200,\n",
    "input_csv/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input_csv/conflicts.csv": "#Day,Gao\n0,1\n1,1\n2,0\n3,1\n",
    "source_data/data_layout.csv": "total,refugees.csv\nAbala,abala.csv\n",
    "source_data/refugees.csv": "2020-01-01,100\n2020-01-05,500\n",
    "source_data/abala.csv": "2020-01-01,100\n2020-01-05,300\n",
    "simsetting.yml": "log_levels: {agent: 0}\nmove_rules:\n  softening: 20.0\noptimisations:\n  hasten: 1\n",
}
"""A small sound folder."""

Small = Callable[..., Path]


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Return a function that writes a small sound Flee folder with some files changed (None: left out)."""

    def write(changes: dict[str, str | bytes | None] | None = None) -> Path:
        folder = tmp_path / "small"
        for name, content in {**FILES, **(changes or {})}.items():
            path = folder / name
            path.unlink(missing_ok=True)
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


@pytest.fixture
def told(small: Small) -> Callable[..., Instance]:
    """Return a function that writes a small folder with changes and reads it."""

    def read(
        changes: dict[str, str | bytes | None] | None = None, rules: str = "flee", days: int | None = None
    ) -> Instance:
        return read_instance(small(changes), rules=rules, days=days)

    return read


def shared() -> Path | None:
    """Return the folder of shared data, or None."""
    given = os.environ.get("EGRESS_SHARED")
    places = [Path(given)] if given else [parent / "shared" for parent in ROOT.parents]
    return next((place / "data" / "flee" for place in places if (place / "data" / "flee").is_dir()), None)


@pytest.fixture(scope="session")
def instances() -> Path:
    """Return the folder of the seven instances; skip where it is not."""
    found = shared()
    if found is None:
        pytest.skip("no shared/data/flee beside the repository: set EGRESS_SHARED")
    return found
