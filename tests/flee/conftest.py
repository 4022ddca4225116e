"""The shared instances, read where they are; never copied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def instances() -> Path:
    """Return the folder of the seven instances: beside the repository, or in $EGRESS_SHARED; else skip."""
    given = os.environ.get("EGRESS_SHARED")
    near = [Path(given)] if given else [folder / "shared" for folder in Path(__file__).resolve().parents]
    found = next((place / "data" / "flee" for place in near if (place / "data" / "flee").is_dir()), None)
    if found is None:
        pytest.skip("no shared/data/flee beside the repository: set EGRESS_SHARED")
    return found
