"""A forecast: what members that have learnt from counts say of the days after an origin.

It holds the trajectory of all members, from the start of the scenario to the end of the forecast, the counts that
were known, and what they taught. Everything a reader sees (ranges, chances, branches) is read off the members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from egress.errors import EgressError
from egress.observations import Observations
from egress.replaced import write_file
from egress.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = npt.NDArray[np.float64]
SURE = 0.01  # a policy that happens in so few members, or in all but so few, splits nothing; assumption
FEWEST = 20  # members in a branch, below which its ranges would mean nothing; assumption
FILES = {"trajectory": "trajectory.nc", "counts": "counts.csv", "learnt": "learnt.csv", "about": "forecast.json"}


@dataclass(frozen=True, eq=False)
class Forecast:
    """Members that have learnt from the counts published before an origin, run on for some days.

    >>> import egress
    >>> forecast = egress.forecast("one-border", "2030-03-06", days=3, members=20, rounds=1)
    >>> forecast.ahead("XBB").sizes["day"]
    3
    """

    trajectory: Trajectory
    origin: datetime
    """The first moment that is not known, with offset."""
    known: Observations
    """The counts published before the origin."""
    counts: pd.DataFrame
    """A row per count learnt from: what members said of it before and after (p05, p50, p95)."""
    learnt: pd.DataFrame
    """A row per uncertain number: prior and posterior p05, p50, p95, and how much narrower (`informed`, 0 to 1)."""
    about: dict[str, Any] = field(default_factory=dict)
    """Diagnostics: effective members before learning, misfit, warnings in words."""
    normals: Mapping[str, Floats] = field(default_factory=dict)
    """What a posterior keeps: the standard normals that the members have learnt; empty for a saved forecast."""

    # Reading off the members ----------------------------------------------------------------------------

    @property
    def first_day(self) -> np.datetime64:
        """Return the first day of the forecast (local days of the scenario)."""
        return np.datetime64(self.about["first_day"], "D")

    @cached_property
    def _future(self) -> Trajectory:
        """The days of the forecast alone."""
        data = self.trajectory.data
        return Trajectory(data.isel(day=np.flatnonzero(data["day"].values >= self.first_day)))

    def ahead(self, place: str, measure: str = "gross") -> xr.DataArray:
        """Return [member, day] arrivals after the origin in a country (alpha-3), place or crossing."""
        if (place, measure) not in self._seen:
            self._seen[place, measure] = self._future.daily(place, measure)
        return self._seen[place, measure]

    @cached_property
    def _seen(self) -> dict[tuple[str, str], xr.DataArray]:
        """What has been read off for a place and measure."""
        return {}

    def places(self) -> list[str]:
        """Return countries, then crossings, with arrivals."""
        data = self.trajectory.data
        countries = sorted({str(name) for name in data["country"].values})
        return countries + [str(name) for name in data["crossing"].values if str(name) not in countries]

    def table(self, measure: str = "gross") -> pd.DataFrame:
        """Return a row per place, crossing and day ahead: mean and quantiles of arrivals, in persons."""
        import pandas as pd

        levels = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
        rows = []
        for place in self.places():
            daily = self.ahead(place, measure)
            values = daily.transpose("member", "day").values
            ranges = np.quantile(values, levels, axis=0)
            for day, date in enumerate(daily["day"].values):
                named = {f"p{round(100 * q):02d}": ranges[n, day] for n, q in enumerate(levels)}
                about = {"place": place, "date": str(date)[:10], "horizon": day + 1, "measure": measure}
                rows.append(about | {"mean": values[:, day].mean()} | named)
        return pd.DataFrame(rows)

    def chance(self, place: str, persons: float, measure: str = "gross") -> xr.DataArray:
        """Return [day] the chance that more than so many persons arrive on each day ahead."""
        share: xr.DataArray = (self.ahead(place, measure) > persons).mean("member")
        return share

    def open_policies(self) -> list[str]:
        """Return the policies of which it is open whether they happen within the forecast."""
        out = []
        for name in self.trajectory.data["policy"].values:
            share = float(self.happens(str(name)).mean())
            if SURE < share < 1 - SURE:
                out.append(str(name))
        return out

    def happens(self, policy: str) -> npt.NDArray[np.bool_]:
        """Return [member] whether a policy begins before the forecast ends; KeyError for an unknown one."""
        if policy not in self._happened:
            data = self.trajectory.data
            start = data["policy_start"].sel(policy=policy).values
            end = data.sizes["step"] * float(data.attrs["step_hours"])
            self._happened[policy] = np.asarray(np.isfinite(start) & (start < end))
        return self._happened[policy]

    @cached_property
    def _happened(self) -> dict[str, npt.NDArray[np.bool_]]:
        """What has been read off for a policy."""
        return {}

    def branches(self, place: str, policy: str) -> pd.DataFrame | None:
        """Return a row per day ahead: arrivals if a policy happens, if not, and in all (p10, p50, p90, mean).

        None where a branch has fewer than FEWEST members. `between` is the number of people between the means.
        """
        import pandas as pd

        daily = self.ahead(place)
        values, yes = daily.transpose("member", "day").values, self.happens(policy)
        if min(yes.sum(), (~yes).sum()) < FEWEST:
            return None
        parts = {"if_it_happens": _middle(values[yes]), "if_it_does_not": _middle(values[~yes])}
        if place not in self._mixed:  # the same for every policy
            self._mixed[place] = _middle(values)
        columns: dict[str, Any] = {"place": place, "policy": policy, "probability": float(yes.mean())}
        columns["date"] = [str(date)[:10] for date in daily["day"].values]
        for name, (low, middle, high, mean) in {**parts, "mixture": self._mixed[place]}.items():
            columns |= {f"{name}_p10": low, f"{name}_p50": middle, f"{name}_p90": high, f"{name}_mean": mean}
        columns["between"] = columns["if_it_does_not_mean"] - columns["if_it_happens_mean"]
        return pd.DataFrame(columns)

    @cached_property
    def _mixed(self) -> dict[str, Floats]:
        """What has been read off for a place whatever happens."""
        return {}

    # Files ----------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the forecast to an existing folder; `open` reads it."""
        self.trajectory.save(folder / FILES["trajectory"])
        tables = {FILES["counts"]: self.counts, FILES["learnt"]: self.learnt, "known.csv": self.known.data}
        for name, table in tables.items():
            write_file(folder / name, table.to_csv(index=False, lineterminator="\n"))
        about = self.about | {"origin": self.origin.isoformat()}
        write_file(folder / FILES["about"], json.dumps(about, indent=2) + "\n")

    @classmethod
    def open(cls, folder: str | Path) -> Forecast:
        """Read what `save` wrote; EgressError where it is not a forecast."""
        import pandas as pd

        folder = Path(folder)
        missing = [name for name in FILES.values() if not (folder / name).is_file()]
        if missing:
            raise EgressError(f"{folder} is not a forecast: {', '.join(missing)} missing (egress forecast writes one)")
        about = json.loads((folder / FILES["about"]).read_text(encoding="utf-8"))
        counts, learnt = (pd.read_csv(folder / FILES[name]) for name in ("counts", "learnt"))
        known = Observations.read(folder / "known.csv")
        origin = datetime.fromisoformat(about.pop("origin"))
        return cls(Trajectory.open(folder / FILES["trajectory"]), origin, known, counts, learnt, about)


def _middle(persons: npt.NDArray[Any]) -> Floats:
    """Return [4, day] p10, p50, p90 and mean over members [member, day]."""
    return np.vstack([np.quantile(persons, (0.1, 0.5, 0.9), axis=0), persons.mean(axis=0)])
