"""The small country of the tests of the engine."""

import sys
from pathlib import Path

HERE = str(Path(__file__).parents[1] / "engine")
if HERE not in sys.path:  # importlib mode leaves sys.path alone
    sys.path.insert(0, HERE)

from reference.flee_cases import country  # noqa: E402

__all__ = ["country"]
