"""Runs of Flee's rules: many members of a conflict folder, Flee's own measures of error, Flee's own tables.

>>> from egress.flee import run
>>> done = run("mali2012", members=100)  # doctest: +SKIP
"""

from egress.flee.measures import ard, rescaled_ard
from egress.flee.run import FleeRun, run, run_case

__all__ = ["FleeRun", "ard", "rescaled_ard", "run", "run_case"]
