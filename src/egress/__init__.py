"""egress simulates and forecasts sudden mass departures: who arrives where and when, with honest ranges.

>>> import egress
>>> scenario = egress.load("one-border")
>>> egress.run(scenario, members=2).data.sizes["day"]
20
"""

TYPE_CHECKING = False  # typing is not imported, for it takes longer than all the rest here
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Forecast": "egress.forecasts",
    "Observations": "egress.observations",
    "Scenario": "egress.scenario.schema",
    "Trajectory": "egress.trajectory",
    "load": "egress.scenario.load",
    "known": "egress.scenario.time",
    "run": "egress.ensemble",
    "forecast": "egress.assimilate.forecasting",
    "calibrate": "egress.assimilate.forecasting",
    "sensitivity": "egress.assimilate.sensitivity",
    "merge": "egress.parts",
    "EgressError": "egress.errors",
    "ScenarioError": "egress.errors",
    "ObservationError": "egress.errors",
    "MergeError": "egress.errors",
    "RunError": "egress.errors",
    "ConservationError": "egress.errors",
    "OutputError": "egress.errors",
}

if TYPE_CHECKING:
    from egress.assimilate.forecasting import calibrate, forecast
    from egress.assimilate.sensitivity import sensitivity
    from egress.ensemble import run
    from egress.errors import (
        ConservationError,
        EgressError,
        MergeError,
        ObservationError,
        OutputError,
        RunError,
        ScenarioError,
    )
    from egress.forecasts import Forecast
    from egress.observations import Observations
    from egress.parts import merge
    from egress.scenario.load import load
    from egress.scenario.schema import Scenario
    from egress.scenario.time import known
    from egress.trajectory import Trajectory

__all__ = [
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
]


def __getattr__(name: str) -> "Any":
    """Import a public name when it is first used, so that `import egress` and `egress --help` stay quick."""
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'egress' has no attribute {name!r}")
