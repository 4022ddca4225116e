"""What a planner asks of a forecast first, as numbers: totals ahead, chances, what a measure would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from egress.forecasts import FEWEST, Forecast
from egress.report import facts
from egress.report.facts import Range
from egress.report.tables import offset

Floats = npt.NDArray[np.float64]
SPANS = (1, 3, 7, 14)
"""Days ahead that are summed up."""
NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
LEVELS = (0.25, 0.6, 0.9)  # of all days and members of a place: the numbers whose chance is worth knowing lie there
LEAST = 10  # persons: a smaller number is not asked for
SELDOM = 0.05  # share of members below which what happens in them alone is not told in the headline
SURE = 3.0  # standard errors from which a difference of two branches is more than chance, for many places are compared
ALL = "all"
STRANDED = "stranded"


@dataclass(frozen=True)
class Split:
    """Arrivals in all days ahead if a policy happens, if it does not, and in all; persons."""

    place: str
    happens: Range
    not_happens: Range
    mixture: Range
    between: float
    """Mean if it does not happen less mean if it does."""
    errors: float
    """The same in standard errors."""


def spans(forecast: Forecast) -> list[int]:
    """Return the spans of days within the forecast, and its whole length."""
    days = int(forecast.about["days"])
    return sorted({span for span in SPANS if span <= days} | {days})


@lru_cache(maxsize=256)
def values(forecast: Forecast, place: str, measure: str = "gross") -> Floats:
    """Return [member, day] people who enter (or another measure) after the origin; `ALL` adds all countries up."""
    if place != ALL:
        return np.asarray(forecast.ahead(place, measure).transpose("member", "day").values, dtype=float)
    gross = forecast.trajectory.data["arrivals"].sel(measure=measure)
    gross = gross.sel(day=gross["day"] >= forecast.first_day).transpose("member", "day", "crossing")
    return np.asarray(gross.values.sum(axis=2, dtype=np.int64), dtype=float)


def countries(forecast: Forecast) -> list[str]:
    """Return the countries of arrival, most people ahead first."""
    return _ranked(forecast, sorted({str(name) for name in forecast.trajectory.data["country"].values}))


def doors(forecast: Forecast) -> list[str]:
    """Return the land crossings, most people ahead first."""
    data = forecast.trajectory.data
    land = data["mode"].values != "air"
    return _ranked(forecast, sorted({str(name) for name in data["door"].values[land]}))


def _ranked(forecast: Forecast, places: list[str]) -> list[str]:
    return sorted(places, key=lambda place: -float(np.median(values(forecast, place).sum(axis=1))))


def total(forecast: Forecast, place: str, days: int) -> Range:
    """Return the people who enter in the first so many days after the origin."""
    return Range.of(values(forecast, place)[:, :days].sum(axis=1))


def over(forecast: Forecast, place: str, days: Sequence[str]) -> Range:
    """Return the people who enter in some days after the origin."""
    return Range.of(values(forecast, place)[:, np.isin(dates(forecast), days)].sum(axis=1))


def chance(forecast: Forecast, place: str, days: Sequence[str]) -> float:
    """Return the standard error of the middle of `over`: that of so many members, as of a normal (1.25 sd / √n)."""
    people = values(forecast, place)[:, np.isin(dates(forecast), days)].sum(axis=1)
    low, high = np.quantile(people, (0.1, 0.9))
    return float(1.25 * (high - low) / 2.563 / np.sqrt(len(people)))


def thresholds(persons: Floats) -> list[float]:
    """Return up to three round numbers that daily arrivals [member, day] may or may not pass.

    >>> thresholds(np.array([[900.0, 2100.0, 4200.0]]))
    [1500.0, 3000.0, 4000.0]
    """
    found = {nice(float(q)) for q in np.quantile(persons, LEVELS)}
    return sorted(number for number in found if number >= LEAST)


def middle(numbers: list[float]) -> list[float]:
    """Return the middle one of a few numbers, in a list (none of none)."""
    return numbers[len(numbers) // 2 :][:1]


def nice(number: float) -> float:
    """Return the round number nearest to one (0 for none).

    >>> nice(2345.0)
    2000.0
    """
    if number <= 0:
        return 0.0
    scale = 10.0 ** np.floor(np.log10(number))
    return float(min((at * scale for at in (*NICE, 10.0)), key=lambda near: abs(np.log(near / number))))


def exceedance(forecast: Forecast, chosen: Sequence[float] = (), measure: str = "gross") -> pd.DataFrame:
    """Return a row per place, day and number: the chance that more people enter; numbers `thresholds` unless chosen."""
    rows = []
    for place in forecast.places():
        persons = values(forecast, place, measure)
        for number in chosen or thresholds(persons):
            share = (persons > number).mean(axis=0)
            rows += [(place, date, number, chance) for date, chance in zip(dates(forecast), share, strict=True)]
    return pd.DataFrame(rows, columns=["place", "date", "persons", "probability"])


def dates(forecast: Forecast) -> list[str]:
    """Return the days of the forecast as texts."""
    days = forecast.trajectory.data["day"].values
    return [str(day)[:10] for day in days[days >= forecast.first_day]]


def enough(forecast: Forecast, policy: str) -> bool:
    """Return whether both branches of a policy have members enough for ranges."""
    yes = forecast.happens(policy)
    return bool(min(yes.sum(), (~yes).sum()) >= FEWEST)


def stranded(forecast: Forecast) -> Floats:
    """Return [member, day] people who are ready to leave with no way open at the end of each day after the origin."""
    data = forecast.trajectory.data
    stock = data["outcomes"].sel(outcome="stranded").sum("region", dtype=np.int64)
    stock = stock.sel(day=stock["day"] >= forecast.first_day).transpose("member", "day")
    return np.asarray(stock.values, dtype=float)


def split(forecast: Forecast, place: str, policy: str) -> Split:
    """Return what hangs on a policy at a place; of STRANDED, people at the end of the last day."""
    sums = stranded(forecast)[:, -1] if place == STRANDED else values(forecast, place).sum(axis=1)
    yes = forecast.happens(policy)
    on, off = sums[yes], sums[~yes]
    between = float(off.mean() - on.mean())
    error = float(np.sqrt(on.var(ddof=1) / len(on) + off.var(ddof=1) / len(off)))
    errors = abs(between) / error if error > 0 else 0.0
    return Split(place, Range.of(on), Range.of(off), Range.of(sums), between, errors)


def splits(forecast: Forecast, policy: str, most: int) -> list[Split]:
    """Return what hangs on a policy: all countries, then the places where it surely matters, the most people first."""
    places = [*countries(forecast), *doors(forecast)]
    found = sorted((split(forecast, place, policy) for place in places), key=lambda part: -abs(part.between))
    sure = [part for part in found if part.errors >= SURE and abs(part.between) >= LEAST][:most]
    return [split(forecast, ALL, policy), *sure]


def future(forecast: Forecast) -> xr.Dataset:
    """Return the trajectory from the first day of the forecast on."""
    data = forecast.trajectory.data
    start = forecast.first_day.astype("datetime64[ns]") - offset(data)
    return data.isel(
        day=np.flatnonzero(data["day"].values >= forecast.first_day),
        step=np.flatnonzero(data["step"].values >= start),
    )


@lru_cache(maxsize=2)
def _longest(forecast: Forecast) -> list[facts.Queue]:
    """Return the longest queues ahead: summary and report ask for them three times."""
    return facts.longest_queues(future(forecast))


def queues(forecast: Forecast, unshown: Sequence[str]) -> list[facts.Queue]:
    """Return the longest queues ahead, but those of crossings whose queue means nothing."""
    found = [queue for queue in _longest(forecast) if queue.crossing not in unshown]
    return [queue for queue in found if queue.people.high >= facts.NOTE]


def inside(yesterday: pd.DataFrame) -> int:
    """Return how many of the counts lie inside yesterday's 90 % ranges."""
    return int((~outside(yesterday)).sum())


def outside(yesterday: pd.DataFrame) -> pd.Series[bool]:
    """Return which counts lie outside yesterday's 90 % ranges, as the table gives them."""
    return (yesterday["value"] < yesterday["p05"]) | (yesterday["value"] > yesterday["p95"])
