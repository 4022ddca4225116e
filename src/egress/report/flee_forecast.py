"""The folder of a forecast of camps: what `Forecast.save` writes, forecast.csv, and a page with the fans.

Numbers of people are rounded in forecast.csv unless `exact`; trajectory.nc is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np

from egress import archive as archives
from egress.flee.run import OWN
from egress.forecasts import FILES as SAVED
from egress.forecasts import Forecast
from egress.replaced import write_file
from egress.report import folder, forecast_facts, forecast_folder, tables
from egress.report.facts import Range
from egress.report.rounding import people

if TYPE_CHECKING:
    import pandas as pd

    from egress.flee.spread import Progress

FILES = (*SAVED.values(), "known.csv", "forecast.csv", "exceedance.csv", "hub.csv", "report.html")
TARGET = "people staying"
MODEL = {"flee": "egress-flee", "flee-corrected": "egress-flee-corrected", "egress": "egress-camps"}
"""Names of models in an archive, by the rules."""
BEFORE = 120  # days before the origin that the fans show


def run_folder(
    source: Path,
    as_of: date,
    out: Path | None = None,
    *,
    exact: bool = False,
    exceed: Sequence[float] = (),
    options: dict[str, Any],
    archive: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Path, Forecast, Path | None]:
    """Forecast the camps of a Flee folder and write the folder of the forecast, and to an archive where one is named.

    Returns the folder, the forecast, and its file in the archive. Raises EgressError.
    """
    from egress.flee.forecast import forecast

    name = source.resolve().name
    place = out or folder.default(f"forecast-{name}-{as_of}", datetime.now())
    with folder.prepared(place) as part:
        say("forecasting")
        made = forecast(source, as_of, **options, progress=progress)
        say("writing")
        hub = write(part, made, exact=exact, exceed=exceed)
    kept = None if archive is None else archives.write(archive, hub, MODEL[made.about["rules"]])
    return place, made, kept


def write(part: Path, made: Forecast, *, exact: bool, exceed: Sequence[float] = ()) -> pd.DataFrame:
    """Write every file of the folder; return the table for an archive. Raises OutputError."""
    replace(made, about=made.about | {"files": list(FILES), "exact": exact}).save(part)
    hub = forecast_folder.hub_table(made, TARGET, "staying")
    tables.write_csv(hub, part / "hub.csv", exact=True)
    tables.write_csv(forecast_facts.exceedance(made, exceed, "staying"), part / "exceedance.csv", exact=True)
    tables.write_csv(made.table("staying"), part / "forecast.csv", exact=exact)
    loader = jinja2.PackageLoader("egress.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("flee_forecast.html").render(content(made))
    write_file(part / "report.html", page)
    return hub


def content(made: Forecast) -> dict[str, Any]:
    """Return all that the page shows."""
    from egress.report.page import Table

    head = ("camp", "country", "last report", "of", "tomorrow", "last day")
    return {
        "title": made.about["title"],
        "about": made.about,
        "own": made.about["rules"] == OWN,
        "run": made.trajectory.data.attrs,
        "period": f"{_day(_first(made))} to {_day(_end(made))}",
        "known": len(made.known.data),
        "headline": headline(made),
        "camps": Table(head, [_row(made, camp) for camp in _camps(made)], words=2),
        "fans": [_fan(made, camp) for camp in _camps(made)],
        "learnt": [(row["name"], row["value"], row["reports"]) for row in made.learnt.to_dict("records")],
        "forks": fork_table(made),
    }


def headline(made: Forecast) -> list[str]:
    """Return what matters most, in sentences."""
    values = [made.ahead(camp, "staying").transpose("member", "day").values for camp in _camps(made)]
    total = Range.of(np.sum([part[:, -1] for part in values], axis=0))
    last = sum(float(rows["value"].iloc[-1]) for _, rows in made.known.data.groupby("series"))
    most = max(zip(_camps(made), values, strict=True), key=lambda pair: float(np.median(pair[1][:, -1])))
    set_out = Range.of(made.trajectory.data["parameters"].values[:, 0])
    return [
        f"In camps on {_day(_end(made))}: {total.people()} people; by their last reports there were {people(last)}.",
        f"Most of them in {most[0]}: {Range.of(most[1][:, -1]).people()}.",
        f"Who set out by then, were it as on days before: {set_out.people()} people.",
    ]


def summary(made: Forecast, exceed: Sequence[float] = ()) -> str:
    """Return what is printed; `exceed`: numbers of people of which the chance is told that more are in a camp."""
    lines = [
        f"{made.about['title']}: camps as forecast from {len(made.known.data)} reports of days before {_first(made)}; "
        f"{made.about['members']} members",
        *headline(made),
        f"{'camp':24} {'last report':>12} {'of':>12} {'middle':>10} {'10 %':>10} {'90 %':>10}  people, {_end(made)}",
    ]
    for camp in _camps(made):
        last, of = _last(made, camp)
        at = Range.of(made.ahead(camp, "staying").transpose("member", "day").values[:, -1])
        numbers = " ".join(f"{people(value):>10}" for value in (at.middle, at.low, at.high))
        lines.append(f"{camp:24} {last:>12} {of:>12} {numbers}")
    share = float(made.learnt["value"].iloc[0])
    lines.append(f"Of the changes that members have between reports, {share:.0%} were borne out by the last of them.")
    for number in exceed:
        chances = {camp: float(made.chance(camp, number, "staying")[-1]) for camp in _camps(made)}
        told = ", ".join(f"{camp} {chance:.0%}" for camp, chance in chances.items() if chance > 0)
        lines.append(f"More than {number:,.0f} people on {_end(made)}: {told or 'in no camp, in no member'}.")
    forks = fork_table(made)
    for closure, members, country, yes, no in forks.rows if forks else ():
        lines.append(f"{closure}, in {members} of members: in camps in {country} {yes}, without it {no}")
    return "\n".join([*lines, *made.about["warnings"]])


def fork_table(made: Forecast) -> Any:
    """Return what hangs on closures that may happen after the origin; None without one, or with few on a side."""
    from egress.forecasts import FEWEST
    from egress.report.page import Table

    rows, data = [], made.trajectory.data
    origin = (made.first_day - data["day"].values[0].astype("datetime64[D]")) / np.timedelta64(1, "h")
    for policy in data["policy"].values.astype(str):
        yes = made.happens(policy)
        begun = float(data["policy_start"].sel(policy=policy).min()) < origin
        if begun or min(yes.sum(), (~yes).sum()) < FEWEST:
            continue
        for country in dict.fromkeys(data["country"].values.astype(str).tolist()):
            last = made.ahead(country, "staying").transpose("member", "day").values[:, -1]
            sides = Range.of(last[yes]).people(), Range.of(last[~yes]).people()
            rows.append((policy.replace("_", " "), f"{yes.mean():.0%}", country.replace("_", " "), *sides))
    head = ("closure", "of members", "people in camps on the last day in", "if it happens", "if it does not")
    return Table(head, rows, words=3) if rows else None


def _row(made: Forecast, camp: str) -> tuple[str, ...]:
    values = made.ahead(camp, "staying").transpose("member", "day").values
    data = made.trajectory.data
    country = str(data["country"].values[data["crossing"].values.astype(str).tolist().index(camp)])
    ends = (Range.of(values[:, 0]).people(), Range.of(values[:, -1]).people())
    return (camp, country.replace("_", " "), *_last(made, camp), *ends)


def _last(made: Forecast, camp: str) -> tuple[str, str]:
    """Return the last report known of a camp, and its day."""
    rows = made.known.data[made.known.data["series"] == camp]
    if rows.empty:
        return "none", "–"
    return people(float(rows["value"].iloc[-1])), str(rows["end"].iloc[-1])[:10]


def _fan(made: Forecast, camp: str) -> Any:
    import pandas as pd

    from egress.report import charts
    from egress.report.page import Figure

    daily = made.trajectory.daily(camp, "staying")
    shown = daily.sel(day=daily["day"] >= made.first_day - np.timedelta64(BEFORE, "D")).transpose("member", "day")
    times = pd.DatetimeIndex(shown["day"].values) + pd.Timedelta(hours=12)
    rows = made.known.data[made.known.data["series"] == camp]
    when = pd.to_datetime(rows["end"].str[:10]) + pd.Timedelta(hours=12)
    dots: pd.DataFrame = pd.DataFrame(
        {"from": when, "to": when, "per_day": rows["value"], "late": False, "source": "report"}
    )
    chart = charts.fan(charts.series(shown.values, times), "people", dots)
    end = Range.of(shown.values[:, -1])
    said = f"On {_day(_end(made))}: {end.people()}."
    return Figure(camp, charts.Drawing(chart, f"People in {camp}"), said)


def _camps(made: Forecast) -> list[str]:
    return [str(name) for name in made.trajectory.data["crossing"].values]


def _first(made: Forecast) -> date:
    return date.fromisoformat(made.about["first_day"])


def _end(made: Forecast) -> date:
    return _first(made) + timedelta(days=int(made.about["days"]) - 1)


def _day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"
