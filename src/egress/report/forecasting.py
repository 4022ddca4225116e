"""The command `egress forecast`: what is asked, how it is made, what is printed and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egress import archive as archives
from egress.assimilate import daily as making
from egress.assimilate.daily import Daily
from egress.assimilate.forecasting import forecast, inside, joined, origin_of
from egress.assimilate.posterior import Posterior
from egress.ensemble import Progress
from egress.observations import Observations
from egress.report import forecast_folder, forecast_summary
from egress.scenario.load import load, scenario_hash
from egress.scenario.priors import cold_scenario
from egress.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

MODEL = "egress"


@dataclass(frozen=True)
class Asked:
    """A forecast that was asked for; everything given has been read and checked."""

    source: str
    """Name or folder of the scenario."""
    scenario: Scenario
    origin: datetime
    counts: Observations
    """The scenario's own, and those given."""
    posterior: Posterior | None
    cold: bool
    cold_priors: bool
    yesterday: bool
    options: dict[str, Any]

    @property
    def label(self) -> str:
        """Return the beginning of the folder's name."""
        return f"forecast-{self.scenario.name}{self._how}-{self.origin:%Y-%m-%d}"

    @property
    def _how(self) -> str:
        return "-cold" if self.cold else "-cold-priors" if self.cold_priors else ""

    def doing(self, share: float) -> str:
        """Return what the progress bar says at a share of the work."""
        return "compiling (once)" if share == 0 else f"learning and forecasting {self.scenario.name}"

    def made(self, progress: Progress) -> Daily:
        """Return the forecast, and that of the day before where it is wanted and there are counts between."""
        progress(0)
        given = {**self.options, "progress": progress}
        if self.cold:
            return making.cold(self.source, self.origin, **given)
        if self.posterior is not None:
            given |= {"observations": self.counts, "yesterday": self.yesterday}
            return making.from_posterior(self.scenario, self.origin, self.posterior, **given)
        if self.yesterday:
            return making.with_yesterday(self.scenario, self.origin, observations=self.counts, **given)
        return Daily(forecast(self.scenario, self.origin, observations=self.counts, **given))

    def summary(self, made: Daily, exact: bool, exceed: Sequence[float]) -> RenderableType:
        """Return what is printed."""
        return forecast_summary.summary(made, self.scenario, exact=exact, exceed=exceed)

    def write(
        self, part: Path, made: Daily, exact: bool, exceed: Sequence[float], say: Callable[[str], None]
    ) -> pd.DataFrame:
        """Write the files of the folder; return the table for the archive."""
        return forecast_folder.write(part, made, self.scenario, exact=exact, exceed=exceed, say=say)

    def learnt(self, made: Daily) -> Posterior:
        """Return what the members know now, with which tomorrow's forecast can begin."""
        seed = int(made.now.trajectory.data.attrs["seed"])
        known = self.origin.isoformat()
        return Posterior(self.scenario.name, scenario_hash(self.scenario), known, seed, dict(made.now.normals))

    def archived(self, hub: pd.DataFrame, archive: Path) -> Path:
        """Add the forecast to an archive; return its file there."""
        return archives.write(archive, hub, f"{MODEL}{self._how}")


def asked(
    source: str,
    as_of: date | datetime,
    observations: Path | None,
    posterior: Path | None,
    cold: bool,
    cold_priors: bool,
    yesterday: bool,
    options: dict[str, Any],
) -> Asked:
    """Read everything that a forecast needs; EgressError for what cannot be used."""
    scenario = cold_scenario(source) if cold_priors else load(source)
    origin = origin_of(scenario, as_of)
    inside(scenario, origin)
    counts = joined([Observations.of(source), *([] if observations is None else [Observations.read(observations)])])
    learnt = None if posterior is None else Posterior.open(posterior)
    if learnt is not None:
        learnt.of(scenario, options["members"])
    given = {name: value for name, value in options.items() if value is not None}
    return Asked(source, scenario, origin, counts, learnt, cold, cold_priors, yesterday, given)
