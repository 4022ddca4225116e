from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import shared_flee

from egress.formats.flee import Instance, read_instance

ROOT = Path(__file__).parents[3]

Small = Callable[..., Path]


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Return a function that writes a small sound Flee folder with some files changed (None: left out)."""

    def write(changes: dict[str, str | bytes | None] | None = None) -> Path:
        return shared_flee.write(tmp_path / "small", {**shared_flee.FILES, **(changes or {})})

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
