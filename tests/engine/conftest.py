"""The references and the small scenarios that the tests of the processes share."""

import sys
from pathlib import Path

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # importlib mode leaves sys.path alone
    sys.path.insert(0, HERE)
