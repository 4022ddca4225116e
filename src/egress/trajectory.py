"""A trajectory: what happened in every member of a run; an `xarray.Dataset` of whole persons with units.

Written as NetCDF: exact numbers up to `MOST_MEMBERS` members and of every part of a run, else quantiles.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from egress.replaced import write_file

if TYPE_CHECKING:
    import xarray as xr

MEASURES = ("gross", "net", "staying")
OUTCOMES = ("called_up", "listed", "hiding", "detained", "stranded")
OF_THE_DAY = ("seconds", "merged")  # attributes in which runs of the same members differ
MOST_MEMBERS = 1000  # above this, files hold quantiles over members only
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@dataclass(frozen=True)
class Field:
    """One variable of a trajectory."""

    dims: tuple[str, ...]
    dtype: str
    units: str
    long_name: str


FIELDS: dict[str, Field] = {
    "surge": Field(("member", "step", "crossing"), "int32", "persons", "people of the surge who enter in a step"),
    "ordinary": Field(("member", "step", "crossing"), "int32", "persons", "ordinary travellers who enter in a step"),
    "exits": Field(("member", "step", "crossing"), "int32", "persons", "people who leave the country entered"),
    "staying": Field(("member", "day", "crossing"), "int32", "persons", "people of the surge there at end of day"),
    "queue": Field(("member", "step", "lane"), "int32", "persons", "people waiting at the end of a step"),
    "wait": Field(("member", "step", "lane"), "float32", "h", "queue ÷ rate of service at the end of a step"),
    "served": Field(("member", "step", "lane"), "int32", "persons", "people served in a step"),
    "refused": Field(("member", "step", "lane"), "int32", "persons", "people turned back at the door in a step"),
    "gave_up": Field(("member", "step", "lane"), "int32", "persons", "people who left the queue in a step"),
    "outcomes": Field(("member", "day", "region", "outcome"), "int32", "persons", "outcomes at the end of the day"),
    "protest_detained": Field(("member", "day", "region"), "int32", "persons", "people newly detained at protests"),
    "seats_sold": Field(("member", "day", "service"), "int32", "seats", "seats bought by people of the surge"),
    "fare": Field(("member", "day", "service"), "float32", "RUB", "one-way fare at the end of the day"),
    "next_seat": Field(("member", "day", "service"), "int16", "days", "days until the first free seat; -1: not flown"),
    "flows": Field(("member", "region", "crossing"), "int32", "persons", "people of the surge who got out"),
    "policy_start": Field(
        ("member", "policy"), "float64", "h", "start of a policy since the start of the period; none: not in the run"
    ),
    "parameters": Field(("member", "parameter"), "float64", "canonical", "parameters drawn for a member"),
}


def blank(sizes: dict[str, int]) -> dict[str, npt.NDArray[Any]]:
    """Return arrays for every variable, by the sizes of their dimensions."""
    return {name: np.zeros([sizes[dim] for dim in field.dims], dtype=field.dtype) for name, field in FIELDS.items()}


@dataclass(frozen=True)
class Trajectory:
    """The outcome of a run: `data` holds the variables of FIELDS, and arrivals by day and measure.

    >>> import egress
    >>> run = egress.run("one-border", members=3)
    >>> run.data.sizes["member"]
    3
    """

    data: xr.Dataset

    @classmethod
    def of(
        cls, arrays: dict[str, npt.NDArray[Any]], coords: dict[str, Any], per_day: int, attrs: dict[str, Any]
    ) -> Trajectory:
        """Put arrays [member, …] and coordinates together; sums steps to days (daily net, gross, staying)."""
        import xarray as xr

        gross = _daily(arrays["surge"] + arrays["ordinary"], per_day)
        net = gross - _daily(arrays["exits"], per_day)
        stacked = np.stack([gross, net, arrays["staying"]], axis=-1).astype(np.int32)
        dims = {"surge_steps": arrays["surge"], "entries": arrays["surge"] + arrays["ordinary"]}
        variables: dict[str, Any] = {
            name: (FIELDS[name].dims, values, _words(FIELDS[name]))
            for name, values in arrays.items()
            if name not in ("surge", "ordinary", "staying")
        }
        by_step = ("member", "step", "crossing")
        variables["entries"] = (
            by_step,
            dims["entries"],
            {"units": "persons", "long_name": "people who enter"},
        )
        variables["surge"] = (
            ("member", "day", "crossing"),
            _daily(arrays["surge"], per_day),
            {"units": "persons", "long_name": "people of the surge who enter in a day"},
        )
        variables["arrivals"] = (
            ("member", "day", "crossing", "measure"),
            stacked,
            {"units": "persons", "long_name": "arrivals in a day; staying: stock at the end of the day"},
        )
        coords = coords | {"measure": list(MEASURES), "outcome": list(OUTCOMES)}
        return cls(xr.Dataset(variables, coords=coords, attrs=attrs))

    def daily(self, place: str, measure: str = "gross") -> xr.DataArray:
        """Return [member, day] arrivals in a country (alpha-3), place or crossing.

        >>> import egress
        >>> egress.run("one-border", members=3).daily("XBB").dims
        ('member', 'day')
        """
        data = self.data
        kinds = ("country", "place", "door", "crossing")
        chosen = np.any([np.asarray(data[kind].values, dtype=str) == place for kind in kinds], axis=0)
        if not chosen.any():
            names = sorted({str(n) for n in (*data.country.values, *data.place.values, *data.crossing.values)})
            raise KeyError(f"no arrivals at {place!r}; there are {', '.join(names)}")
        summed: xr.DataArray = data.arrivals.sel(measure=measure).isel(crossing=chosen).sum("crossing")
        return summed

    def save(self, path: Path) -> None:
        """Write NetCDF (int32 persons); above MOST_MEMBERS members quantiles only, but of a part its members.

        How long the run took and what it was merged from is in run.json, so that equal runs are equal files.
        """
        few, part = self.data.sizes["member"] <= MOST_MEMBERS, self.data.attrs.get("part")
        data = lasting(self.data if few or part else quantiles(self.data))
        encoding: dict[Any, Any] = {
            name: {"zlib": True, "complevel": 1, "shuffle": True}
            for name, v in data.data_vars.items()
            if v.dtype.kind in "iuf"
        }
        # to memory first: HDF5 itself crashes where the disk is full
        write_file(path, data.to_netcdf(engine="h5netcdf", encoding=encoding))

    @classmethod
    def open(cls, path: Path) -> Trajectory:
        """Read what `save` wrote, whole, into memory."""
        import xarray as xr

        with xr.open_dataset(path, engine="h5netcdf", decode_timedelta=False) as data:
            return cls(data.load())


def lasting(data: xr.Dataset) -> xr.Dataset:
    """Return a run without the attributes in which equal runs differ; a part keeps them: its whole tells of them."""
    kept = data.copy(deep=False)
    kept.attrs = {name: value for name, value in data.attrs.items() if data.attrs.get("part") or name not in OF_THE_DAY}
    return kept


def quantiles(data: xr.Dataset) -> xr.Dataset:
    """Return quantiles over members of every variable that has members (dim `quantile`)."""
    kept = data.drop_vars(["parameters", "policy_start"])
    empty = [name for name, variable in kept.items() if not variable.size]  # seats without services: xarray fails
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)  # a lane shut in every member
        out = kept.drop_vars(empty).quantile(list(QUANTILES), dim="member", keep_attrs=True, skipna=True)
    for name in empty:
        out[name] = kept[name].drop_vars("member", errors="ignore")[: len(QUANTILES)].rename(member="quantile")
    out.attrs = data.attrs | {"note": f"quantiles over {data.sizes['member']} members"}
    return out


def _daily(steps: npt.NDArray[Any], per_day: int) -> npt.NDArray[np.int32]:
    """Return [member, day, …] sums over the steps of each day."""
    shape = (steps.shape[0], steps.shape[1] // per_day, per_day, *steps.shape[2:])
    return np.asarray(steps.reshape(shape).sum(axis=2, dtype=np.int32))


def _words(field: Field) -> dict[str, str]:
    return {"units": field.units, "long_name": field.long_name}
