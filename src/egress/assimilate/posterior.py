"""A posterior file: the standard normals of members that have learnt from the counts of one scenario.

NetCDF with one table [number, member] of all numbers, and one variable [member, cell, day] per noise: thousands of
variables would take longer to read than to use. `run` and `forecast` put them in the place of draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from egress.assimilate.smoother import SOURCE
from egress.ensemble import Normals
from egress.errors import EgressError
from egress.replaced import write_file
from egress.scenario.load import scenario_hash
from egress.scenario.schema import Scenario

TABLE = "normals"  # the variable that holds all numbers of one value per member
LATE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Posterior:
    """What counts up to a moment have taught about a scenario."""

    scenario: str
    hash: str
    until: str
    seed: int
    normals: Normals

    def __len__(self) -> int:
        """Return the number of members."""
        return len(next(iter(self.normals.values())))

    @property
    def since(self) -> datetime:
        """Return the moment up to which counts are known to it; the end of time where all that ever came are."""
        return datetime.fromisoformat(self.until) if self.until else LATE

    def of(self, scenario: Scenario, members: int | None = None) -> dict[str, Any]:
        """Return the normals of the first members for a run of the scenario; EgressError where they do not fit."""
        if self.scenario != scenario.name:
            raise EgressError(f"the posterior was learnt with {self.scenario}, this is {scenario.name}")
        if self.hash != scenario_hash(scenario):
            raise EgressError(f"the posterior was learnt with another version of {self.scenario}: calibrate again")
        wanted = len(self) if members is None else members
        if wanted > len(self):
            raise EgressError(f"the posterior has {len(self)} members, {wanted} are asked for: calibrate with more")
        return {name: values[:wanted] for name, values in self.normals.items() if not name.startswith(SOURCE)}

    def save(self, path: Path) -> None:
        """Write the file, under a temporary name first."""
        import xarray as xr

        single = {name: values for name, values in self.normals.items() if values.ndim == 1}
        # names hold slashes, which NetCDF reads as folders
        variables: dict[str, Any] = {
            name.replace("/", "|"): (("member", *(f"{name.replace('/', '|')}_{n}" for n in range(v.ndim - 1))), v)
            for name, v in self.normals.items()
            if v.ndim > 1
        }
        if single:
            variables[TABLE] = (("number", "member"), np.stack(list(single.values())))
            variables["number"] = ("number", list(single))
        about = {"scenario": self.scenario, "scenario_hash": self.hash, "until": self.until, "seed": self.seed}
        data = xr.Dataset(variables, attrs={**about, "units": "standard normals"})
        write_file(
            path, data.to_netcdf(engine="h5netcdf")
        )  # to memory first: HDF5 itself crashes where the disk is full

    @classmethod
    def open(cls, path: Path) -> Posterior:
        """Read the file; EgressError where it is none."""
        import xarray as xr

        if not path.is_file():
            raise EgressError(f"{path}: there is no such file: expected a posterior that egress calibrate wrote")
        try:
            with xr.open_dataset(path, engine="h5netcdf") as data:
                noise = {str(n).replace("|", "/"): np.asarray(data[n].values) for n in data.data_vars if n != TABLE}
                rows = zip(data.number.values, data[TABLE].values, strict=True) if TABLE in data else ()
                normals = noise | {str(name): np.array(values) for name, values in rows}
                about = dict(data.attrs)
            return cls(about["scenario"], about["scenario_hash"], about["until"], int(about["seed"]), normals)
        except (OSError, KeyError, ValueError) as error:
            raise EgressError(f"{path} is not a posterior that egress calibrate wrote: {error}") from error
