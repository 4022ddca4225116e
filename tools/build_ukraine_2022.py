"""Build the tables of the scenario ukraine-2022 from ../shared/data; deterministic, run by hand.

    python tools/build_ukraine_2022.py [--data ../shared/data]

Writes origins, observations and evidence of `src/egress/scenarios/ukraine-2022`. Written by hand, and only
read here: `scenario.yaml`, places.csv, crossings.csv, lanes.csv and parameters.csv.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src/egress/scenarios/ukraine-2022"
LAST = "2022-04-10"
Row = dict[str, str]
Cells = dict[str, object]

# id, name, region in Flee's locations.csv (or population on 1 January 2022 as remembered), capital, class
ORIGINS: list[tuple[str, str, str | int, float, float, str]] = [
    ("kyiv", "Kyiv", "Kyiv_City", 50.450, 30.523, "front"),
    ("kyiv-oblast", "Kyiv oblast", "Kyiv", 50.350, 30.500, "front"),
    ("chernihiv", "Chernihiv oblast", "Chernihiv", 51.505, 31.285, "front"),
    ("sumy", "Sumy oblast", "Sumy", 50.922, 34.803, "front"),
    ("kharkiv", "Kharkiv oblast", "Kharkiv", 49.981, 36.253, "front"),
    ("luhansk", "Luhansk oblast", "Luhansk", 48.949, 38.493, "front"),
    ("donetsk", "Donetsk oblast", "Donetsk", 48.740, 37.584, "front"),
    ("zaporizhzhia", "Zaporizhzhia oblast", "Zaporizhia", 47.822, 35.190, "front"),
    ("kherson", "Kherson oblast", "Kherson", 46.656, 32.618, "front"),
    ("mykolaiv", "Mykolaiv oblast", "Mykolaiv", 46.966, 31.997, "front"),
    ("odesa", "Odesa oblast", "Odesa", 46.478, 30.733, "near"),
    ("zhytomyr", "Zhytomyr oblast", "Zhytomyr", 50.265, 28.677, "near"),
    ("dnipropetrovsk", "Dnipropetrovsk oblast", "Dnipropetrovsk", 48.467, 35.040, "near"),
    ("poltava", "Poltava oblast", "Poltava", 49.589, 34.551, "near"),
    ("cherkasy", "Cherkasy oblast", "Cherkasy", 49.444, 32.060, "near"),
    ("kirovohrad", "Kirovohrad oblast", "Kirovograd", 48.508, 32.262, "near"),
    ("vinnytsia", "Vinnytsia oblast", "Vinnytsia", 49.233, 28.468, "near"),
    ("khmelnytskyi", "Khmelnytskyi oblast", "Khmelnytskyi", 49.422, 26.997, "rear"),
    ("rivne", "Rivne oblast", "Rivne", 50.620, 26.252, "rear"),
    ("volyn", "Volyn oblast", "Volyn", 50.747, 25.325, "rear"),
    ("lviv", "Lviv oblast", "Lviv", 49.838, 24.024, "rear"),
    ("ternopil", "Ternopil oblast", 1_021_713, 49.554, 25.595, "rear"),
    ("ivano-frankivsk", "Ivano-Frankivsk oblast", 1_351_822, 48.922, 24.711, "rear"),
    ("chernivtsi", "Chernivtsi oblast", 890_457, 48.292, 25.936, "rear"),
    ("zakarpattia", "Zakarpattia oblast", 1_244_476, 48.621, 22.288, "rear"),
]
INTENSITY = {"front": (0.7, 1.6), "near": (0.35, 1.0), "rear": (0.1, 0.5)}
SPREAD = 0.03  # populations are estimates: nobody has counted since 2001

COUNTRIES = {
    "poland": ("POL", "+01:00"),
    "slovakia": ("SVK", "+01:00"),
    "hungary": ("HUN", "+01:00"),
    "romania": ("ROU", "+02:00"),
    "moldova": ("MDA", "+02:00"),
    "russia": ("RUS", "+03:00"),
    "belarus": ("BLR", "+03:00"),
}
ALL = "POL|SVK|HUN|ROU|MDA|RUS|BLR"
SOURCES = {"polish_border_guard": "U05"}
NAMED: list[Cells] = [
    {
        "id": "flee-ukraine2022",
        "what": "population and first day of fighting by region: input_csv/locations.csv of the folder "
        "ukraine2022 (populations from citypopulation.de, days from ACLED)",
        "publisher": "FabFlee, commit 99335a0, BSD 3-Clause",
        "published": "2022",
        "url": "https://github.com/djgroen/FabFlee",
    },
    {
        "id": "exit-ban-18-60",
        "what": "since 24 February 2022 men aged 18 to 60 may not leave; who crossed illegally or was caught",
        "publisher": "Ukrainian News (BBC)",
        "published": "2023",
        "url": "https://ukranews.com/en/news/967553-almost-20-000-men-flee-ukraine-since-beginning-of-war-not-to-"
        "go-to-afu-bbc",
    },
    {"id": "model.md", "what": "prior ranges of the plan of record of egress", "publisher": "egress"},
    {
        "id": "behaviour.md",
        "what": "review of the literature on sudden departures; nine in ten were women and children",
        "publisher": "egress",
    },
]


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file; a leading # of the header is dropped, as Flee writes one."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file.read().removeprefix("#").splitlines()))


def write(path: Path, rows: Sequence[Cells]) -> None:
    """Write rows, the columns in the order in which they first appear, line ends as \\n."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def origins(locations: list[Row]) -> list[Cells]:
    """Return the regions with their population and class of intensity."""
    listed = {row["region"]: int(row["population"]) for row in locations if row["country"] == "Ukraine"}
    return [origin(listed, *spec) for spec in ORIGINS]


def origin(
    listed: dict[str, int], name: str, title: str, region: str | int, lat: float, lon: float, kind: str
) -> Cells:
    """Return one region; its population is listed by Flee's folder, or is the number given."""
    people = region if isinstance(region, int) else listed[region]
    low, high = INTENSITY[kind]
    where = "as remembered from the state statistics" if isinstance(region, int) else "as listed"
    return {
        "id": name,
        "name": title,
        "kind": kind,
        "lat": lat,
        "lon": lon,
        "population": people,
        "population_low": round(people * (1 - SPREAD)),
        "population_high": round(people * (1 + SPREAD)),
        "willing": 1,
        "willing_low": 0.6,
        "willing_high": 2,
        "intensity_low": low,
        "intensity_high": high,
        "source": "assumption" if isinstance(region, int) else "flee-ukraine2022;assumption",
        "basis": f"1 January 2022, {where}, +-3 %; class {kind} by the first day of fighting; position: "
        "capital, or the largest town in reach",
    }


def observations(targets: list[Row]) -> list[Cells]:
    """Return the counts whose window lies in the period."""
    return [observation(row) for row in targets if row["end"] <= LAST]


def observation(row: Row) -> Cells:
    """Return one count: the final value; the note says what was shown first."""
    country = row["series"].split("_")[0]
    place, offset = (ALL, "+02:00") if country == "ukraine" else COUNTRIES[country]
    seen = row["first_seen_value"]
    return {
        "series": row["series"],
        "place": place,
        "crossing": "",
        "what": "entries",
        "start": f"{row['start']}T00:00{offset}",
        "end": f"{date.fromisoformat(row['end']) + timedelta(days=1)}T00:00{offset}",
        "value": row["value"],
        "low": "",
        "high": "",
        "kind": row["kind"],
        "unit": "persons/day" if row["kind"] == "rate" else "persons",
        "published_at": row["published_at"].replace("Z", "+00:00"),
        "source": SOURCES.get(row["source_series"], "U01"),
        "evidence": SOURCES.get(row["source_series"], "U01"),
        "note": f"final value; first shown as {seen}" if seen and seen != row["value"] else "",
    }


def evidence(sources: list[Row], used: set[str]) -> list[Cells]:
    """Return who said it for every source id used, then the data sets named here."""
    rows: list[Cells] = [
        {
            "id": row["id"],
            "what": row["what"],
            "publisher": row["publisher"],
            "published": row["date"],
            "url": row["url"],
        }
        for row in sources
        if row["id"] in used
    ]
    return [*rows, *NAMED]


def ids_in(text: str) -> set[str]:
    """Return every source id named in a text."""
    return set(re.findall(r"\b(?:[SU]\d{2,3}|D\d{2})\b", text))


def main() -> None:
    """Write every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    data = parser.parse_args().data
    tables = {
        "origins": origins(read(data / "flee/ukraine2022/input_csv/locations.csv")),
        "observations": observations(read(data / "exodus/targets_ukraine2022.csv")),
    }
    for name, rows in tables.items():
        write(TARGET / f"{name}.csv", rows)
    by_hand = ("scenario.yaml", "places.csv", "crossings.csv", "lanes.csv", "parameters.csv")
    paths = [TARGET / name for name in (*by_hand, *(f"{table}.csv" for table in tables))]
    used = set().union(*(ids_in(path.read_text(encoding="utf-8")) for path in paths))
    write(TARGET / "evidence.csv", evidence(read(data / "exodus/sources.csv"), used))


if __name__ == "__main__":
    main()
