"""Build the tables of the scenario russia-2022 from ../shared/data/exodus; deterministic, run by hand.

    python tools/build_russia_2022.py [--data ../shared/data/exodus]

Writes origins, crossings, services, observations and evidence of `src/egress/scenarios/russia-2022` and
`src/egress/data/federal_subjects.csv`. Written by hand, and only read here: `scenario.yaml` (groups, signals,
policies), places.csv, lanes.csv and airports.csv. The few numbers in this file are assumptions with a range
and say so in the tables.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src/egress/scenarios/russia-2022"
SUBJECTS = ROOT / "src/egress/data/federal_subjects.csv"
DEFAULTS = ROOT / "src/egress/data/parameters.csv"
Row = dict[str, str]
Cells = dict[str, object]

# id, name, kind, federal subjects (ISO 3166-2 without RU-), airports that people there use
ORIGINS = [
    ("moscow", "Moscow city and oblast", "metropolis", "MOW MOS", "moscow"),
    ("st-petersburg", "St Petersburg and Leningrad oblast", "metropolis", "SPE LEN", "st-petersburg"),
    ("pskov-novgorod", "Pskov and Novgorod oblasts", "other", "PSK NGR", "st-petersburg"),
    ("karelia-murmansk", "Karelia and Murmansk oblast", "other", "KR MUR", "st-petersburg"),
    ("north", "Arkhangelsk, Nenets, Komi, Vologda", "other", "ARK NEN KO VLG", "moscow st-petersburg"),
    ("kaliningrad", "Kaliningrad oblast", "other", "KGD", "st-petersburg"),
    ("central-south", "South of central Russia", "other", "BEL BRY KRS LIP ORL VOR TAM", "moscow"),
    ("central", "Rest of central Russia", "other", "VLA IVA KLU KOS RYA SMO TVE TUL YAR", "moscow"),
    (
        "krasnodar-rostov",
        "Krasnodar krai, Adygea, Rostov oblast",
        "other",
        "KDA AD ROS",
        "sochi mineralnye-vody",
    ),
    ("astrakhan", "Astrakhan oblast and Kalmykia", "other", "AST KL", "astrakhan"),
    ("lower-volga", "Volgograd, Saratov and Penza oblasts", "other", "VGG SAR PNZ", "samara moscow"),
    (
        "stavropol",
        "Stavropol krai and the Caucasus but Ossetia, Dagestan",
        "other",
        "STA KC KB IN CE",
        "mineralnye-vody",
    ),
    ("north-ossetia", "North Ossetia", "other", "SE", "mineralnye-vody"),
    ("dagestan", "Dagestan", "other", "DA", "mineralnye-vody"),
    ("samara", "Samara and Ulyanovsk oblasts", "other", "SAM ULY", "samara"),
    (
        "middle-volga",
        "Tatarstan, Chuvashia, Mari El, Mordovia, Nizhny Novgorod, Kirov",
        "other",
        "TA CU ME NIZ KIR MO",
        "moscow kazan",
    ),
    ("west-urals", "Perm krai, Udmurtia, Bashkortostan", "other", "PER UD BA", "ufa yekaterinburg"),
    ("orenburg", "Orenburg oblast", "other", "ORE", "ufa samara"),
    ("chelyabinsk", "Chelyabinsk and Kurgan oblasts", "other", "CHE KGN", "yekaterinburg"),
    (
        "sverdlovsk",
        "Sverdlovsk and Tyumen oblasts, Khanty-Mansi, Yamalo-Nenets",
        "other",
        "SVE TYU KHM YAN",
        "yekaterinburg",
    ),
    ("omsk", "Omsk oblast", "other", "OMS", "omsk novosibirsk"),
    ("novosibirsk", "Novosibirsk and Tomsk oblasts, Altai", "other", "NVS TOM ALT AL", "novosibirsk"),
    (
        "kuzbass-krasnoyarsk",
        "Kemerovo, Krasnoyarsk, Khakassia, Tuva",
        "other",
        "KEM KYA KK TY",
        "novosibirsk",
    ),
    ("baikal", "Irkutsk oblast, Buryatia, Zabaykalsky krai", "other", "IRK BU ZAB", "irkutsk ulan-ude"),
    (
        "far-east",
        "Yakutia and the Far East",
        "other",
        "SA PRI KHA AMU SAK KAM YEV MAG CHU",
        "irkutsk novosibirsk",
    ),
]

# Detentions at protests, 21-26 September: origin -> persons, observation; the rest share what is left.
DETAINED = {
    "moscow": (952, "O0191"),
    "st-petersburg": (644, "O0192"),
    "sverdlovsk": (48, "O0181"),
    "west-urals": (30, "O0182"),
    "novosibirsk": (70, "O0186"),
    "dagestan": (100, "O0188"),
    "far-east": (24, "O0189"),
}
DETAINED_ALL = (2333, "O0190")

# Doors that stand in door_baselines: id, name, place, mode, nest, offset, names there (before the slash)
WEST_KZ = "Mashtakovo|Teploe|Ilek|other points of West Kazakhstan (Zhanibek, Orda)"
DOORS = [
    ("lars", "Verkhny Lars", "georgia", "road", "caucasus", "+04:00", "Verkhny Lars"),
    ("roki", "Nizhny Zaramag (Roki tunnel)", "south-ossetia", "road", "south", "+03:00", "Nizhny Zaramag"),
    ("psou", "Psou", "abkhazia", "road", "south", "+03:00", "Psou"),
    ("kz-west", "Roads to West Kazakhstan but Ozinki", "kazakhstan", "road", "kazakhstan", "+06:00", WEST_KZ),
    ("ozinki", "Ozinki", "kazakhstan", "road", "kazakhstan", "+06:00", "Ozinki"),
    ("karauzek", "Karauzek", "kazakhstan", "road", "kazakhstan", "+06:00", "Karauzek"),
    ("sagarchin", "Sagarchin, roads to Aktobe", "kazakhstan", "road", "kazakhstan", "+06:00", "Sagarchin"),
    (
        "kz-kostanay",
        "Bugristoe, Mariinsky, roads to Kostanay",
        "kazakhstan",
        "road",
        "kazakhstan",
        "+06:00",
        "Bugristoe (Troitsk)|Mariinsky",
    ),
    (
        "kz-north",
        "Petukhovo, Zverinogolovskoe, Isilkul",
        "kazakhstan",
        "road",
        "kazakhstan",
        "+06:00",
        "Petukhovo|Zverinogolovskoe|Isilkul",
    ),
    (
        "kz-east",
        "Kulunda, Veseloyarsk, roads to Pavlodar and East Kazakhstan",
        "kazakhstan",
        "road",
        "kazakhstan",
        "+06:00",
        "Kulunda|Veseloyarsk",
    ),
    (
        "kz-rail-omsk",
        "Omsk-Petropavl railway",
        "kazakhstan",
        "rail",
        "kazakhstan",
        "+06:00",
        "Omsk-Petropavlovsk line",
    ),
    (
        "kz-rail-other",
        "Other railways to Kazakhstan",
        "kazakhstan",
        "rail",
        "kazakhstan",
        "+06:00",
        "other rail",
    ),
    ("vaalimaa", "Torfyanovka - Vaalimaa", "finland", "road", "finland", "+03:00", "Torfyanovka"),
    ("nuijamaa", "Brusnichnoe - Nuijamaa", "finland", "road", "finland", "+03:00", "Brusnichnoe"),
    ("imatra", "Svetogorsk - Imatra", "finland", "road", "finland", "+03:00", "Svetogorsk"),
    ("niirala", "Vyartsilya - Niirala", "finland", "road", "finland", "+03:00", "Vyartsilya"),
    (
        "north-finland",
        "Vartius, Kuusamo, Salla, Raja-Jooseppi",
        "finland",
        "road",
        "finland",
        "+03:00",
        "Lyuttya|Suoperya|Salla|Lotta",
    ),
    ("storskog", "Borisoglebsky - Storskog", "norway", "road", "finland", "+02:00", "Borisoglebsky"),
    ("narva", "Ivangorod - Narva", "estonia", "road", "baltic", "+03:00", "Ivangorod"),
    ("luhamaa", "Shumilkino - Luhamaa", "estonia", "road", "baltic", "+03:00", "Shumilkino"),
    ("koidula", "Kunichina Gora - Koidula", "estonia", "road", "baltic", "+03:00", "Kunichina Gora"),
    ("terehova", "Burachki - Terehova", "latvia", "road", "baltic", "+03:00", "Burachki"),
    ("grebneva", "Ubylinka - Grebneva", "latvia", "road", "baltic", "+03:00", "Ubylinka"),
    ("pededze", "Brunishevo - Pededze", "latvia", "road", "baltic", "+03:00", "Brunishevo"),
    ("kybartai", "Chernyshevskoe - Kybartai", "lithuania", "road", "baltic", "+03:00", "Chernyshevskoe"),
    ("panemune", "Sovetsk - Panemune", "lithuania", "road", "baltic", "+03:00", "Sovetsk"),
    (
        "via-belarus-lithuania",
        "Through Belarus to Lithuania",
        "lithuania",
        "road",
        "baltic",
        "+03:00",
        "from Belarus",
    ),
    ("grzechotki", "Mamonovo - Grzechotki", "poland", "road", "baltic", "+02:00", "Mamonovo"),
    ("bezledy", "Bagrationovsk - Bezledy", "poland", "road", "baltic", "+02:00", "Bagrationovsk"),
    ("altanbulag", "Kyakhta - Altanbulag", "mongolia", "road", "mongolia", "+08:00", "Kyakhta"),
    ("tashanta", "Tashanta - Tsagaannuur", "mongolia", "road", "mongolia", "+08:00", "Tashanta"),
]
# "other road points (about 15)" of Kazakhstan are spread over these in proportion to their traffic
SPREAD_OVER = ("kz-west", "sagarchin", "kz-kostanay", "kz-north", "kz-east")
# Positions that crossings_russia2022.csv lacks, or of which the anchor is not the door; no source
POSITIONS = {
    "lars": (42.75, 44.63),
    "pededze": (57.50, 27.45),
    "via-belarus-lithuania": (54.54, 25.66),
    "kz-rail-other": (51.00, 55.62),
    "storskog": (69.65, 30.20),
    "niirala": (62.18, 30.60),
}

DESTINATIONS = {  # destination in air_services -> place, nest
    "Istanbul": ("istanbul", "turkey-air"),
    "Ankara": ("ankara", "turkey-air"),
    "Antalya": ("antalya", "turkey-air"),
    "other Turkey": ("other-turkey", "turkey-air"),
    "Yerevan": ("yerevan", "caucasus-air"),
    "Tbilisi via Yerevan": ("tbilisi", "caucasus-air"),
    "Baku": ("baku", "caucasus-air"),
    "Dubai": ("dubai", "gulf-air"),
    "Abu Dhabi": ("dubai", "gulf-air"),
    "Sharjah": ("dubai", "gulf-air"),
    "Belgrade": ("belgrade", "other-air"),
    "Tel Aviv": ("tel-aviv", "other-air"),
    "Minsk": ("minsk", "other-air"),
    "Ulaanbaatar": ("ulaanbaatar", "other-air"),
    "Tashkent": ("tashkent", "central-asia-air"),
    "Samarkand": ("tashkent", "central-asia-air"),
    "Almaty": ("almaty", "central-asia-air"),
    "Astana": ("astana", "central-asia-air"),
    "other Kazakhstan": ("astana", "central-asia-air"),
    "Bishkek": ("bishkek", "central-asia-air"),
    "Osh": ("bishkek", "central-asia-air"),
    "Dushanbe": ("dushanbe", "central-asia-air"),
}
LEAD = ("0.77", "29.15 d", "O0251;O0253")  # Weibull: mean 34 d, 0.45 within 15 d

SE_FINLAND = "vaalimaa|nuijamaa|imatra"
EU = "FIN|EST|LVA|LTU|POL"
SERIES = {  # target series -> place, crossing, what, offset
    "georgia_entries": ("GEO", "", "entries", "+04:00"),
    "georgia_entries_baseline": ("GEO", "", "entries", "+04:00"),
    "georgia_entries_totals": ("GEO", "", "entries", "+04:00"),
    "georgia_exits": ("GEO", "", "exits", "+04:00"),
    "georgia_exits_totals": ("GEO", "", "exits", "+04:00"),
    "finland_entries": ("FIN", "", "entries", "+03:00"),
    "finland_entries_totals": ("FIN", "", "entries", "+03:00"),
    "finland_exits": ("FIN", "", "exits", "+03:00"),
    "finland_exits_totals": ("FIN", "", "exits", "+03:00"),
    "finland_se_entries": ("FIN", SE_FINLAND, "entries", "+03:00"),
    "finland_se_entries_totals": ("FIN", SE_FINLAND, "entries", "+03:00"),
    "finland_se_exits": ("FIN", SE_FINLAND, "exits", "+03:00"),
    "kazakhstan_entries_baseline": ("KAZ", "", "entries", "+06:00"),
    "kazakhstan_entries_cumulative": ("KAZ", "", "entries", "+06:00"),
    "kazakhstan_entries_mean": ("KAZ", "", "entries", "+06:00"),
    "kazakhstan_entries": ("KAZ", "", "entries", "+06:00"),
    "kazakhstan_exits_cumulative": ("KAZ", "", "exits", "+06:00"),
    "kazakhstan_exits": ("KAZ", "", "exits", "+06:00"),
    "mongolia_altanbulag_entries": ("MNG", "altanbulag", "entries", "+08:00"),
    "mongolia_altanbulag_entries_cumulative": ("MNG", "altanbulag", "entries", "+08:00"),
    "mongolia_entries_cumulative": ("mongolia", "", "entries", "+08:00"),
    "eu_land_entries_weekly": (EU, "", "entries", "+02:00"),
    "eu_land_exits_weekly": (EU, "", "exits", "+02:00"),
    "estonia_entries_weekly": ("EST", "", "entries", "+03:00"),
    "lithuania_entries": ("LTU", "", "entries", "+03:00"),
    "lithuania_entries_mean": ("LTU", "", "entries", "+03:00"),
    "lithuania_entries_cumulative": ("LTU", "", "entries", "+03:00"),
    "poland_kaliningrad_entries_weekly": ("POL", "", "entries", "+02:00"),
    "lars_queue_vehicles": ("GEO", "lars", "queue_vehicles", "+03:00"),
    "lars_queue_cars": ("GEO", "lars", "queue_vehicles", "+03:00"),
    "lars_wait_hours": ("GEO", "lars", "wait_hours", "+03:00"),
    "lars_exits_totals": ("GEO", "lars", "entries", "+03:00"),
}
START = "2022-09-14"
NOTES = {
    "georgia_entries": "all borders; the model has Lars and flights via Yerevan, about 0.95 of them",
    "lars_queue_vehicles": "cars on 23-27 September, all vehicles (lorries too) on 28 and 29 September",
    "lars_wait_hours": "as people told it; not one day's mean",
    "kazakhstan_entries_baseline": "the source says 1-20 September; cut to the period",
}
AUTHORITIES = {  # other names of one office; who only passes numbers on
    "Georgian MIA via press": "Georgian Ministry of Internal Affairs",
    "North Ossetia interior ministry": "North Ossetia MIA",
    "news report": "",
}
NATIONAL = [  # observation, what, kind
    ("O0178", "detained", "daily"),
    ("O0183", "detained", "daily"),
    ("O0187", "detained", "daily"),
    ("O0177", "called_up", "cumulative"),
    ("O0272", "called_up", "cumulative"),
    ("O0273", "called_up", "cumulative"),
]


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Sequence[Cells]) -> None:
    """Write rows, the columns in the order in which they first appear, line ends as \\n."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def number(value: float) -> str:
    """Return a number as text, to five significant digits, whole numbers without a point."""
    if value == 0:
        return "0"
    rounded = round(value, max(0, 4 - math.floor(math.log10(abs(value)))))
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:g}"


def ranged(name: str, value: float | None, low: float, high: float) -> Cells:
    """Return the three columns of an uncertain number; a range of no width becomes one number."""
    if low == high:
        return {name: number(high), f"{name}_low": "", f"{name}_high": ""}
    middle = "" if value is None else number(value)
    return {name: middle, f"{name}_low": number(low), f"{name}_high": number(high)}


def total(rows: Iterable[Row], column: str) -> float:
    """Return the sum of a column; an empty cell is an error."""
    return sum(float(row[column]) for row in rows)


def joined(*sources: str) -> str:
    """Return source ids joined by semicolons, each once, `assumption` last."""
    ids = dict.fromkeys(part for source in sources for part in source.split(";") if part)
    return ";".join(sorted(ids, key=lambda part: (part == "assumption", part)))


def origins(regions: list[Row]) -> list[Cells]:
    """Return the origins: sums of federal subjects, at the population's centre of their capitals."""
    by_code = {row["iso_3166_2"].removeprefix("RU-"): row for row in regions}
    rows: list[Cells] = []
    for name, title, kind, codes, airports in ORIGINS:
        members = [by_code[code] for code in codes.split()]
        people = [float(member["population"]) for member in members]
        rows.append(
            {
                "id": name,
                "name": title,
                "kind": kind,
                "lat": round(mean(members, "lat", people), 3),
                "lon": round(mean(members, "lon", people), 3),
                **ranged(
                    "population",
                    sum(people),
                    total(members, "population_low"),
                    total(members, "population_high"),
                ),
                **ranged("willing", 1.0, 0.6, 2.0),
                **ranged("call_up_weight", None, 0.2, 1.3),
                **protest(name, by_code),
                "airports": airports.replace(" ", "|"),
                "source": joined(*(row["population_source"] for row in members), *others(name)),
                "basis": ORIGIN_BASIS,
            }
        )
    return rows


ORIGIN_BASIS = (
    "2021 census; call-up as the published quotas of working-age men, 0.2-1.3 %; protest as detentions per "
    "head against Moscow, halved and doubled; willing: prior range"
)


def others(name: str) -> tuple[str, ...]:
    """Return the sources of an origin's numbers other than its population."""
    return "D20", "O0278", DETAINED.get(name, DETAINED_ALL)[1], "assumption"


def mean(rows: Sequence[Row], column: str, weights: Sequence[float]) -> float:
    """Return the weighted mean of a column."""
    return sum(float(row[column]) * w for row, w in zip(rows, weights, strict=True)) / sum(weights)


def protest(name: str, by_code: dict[str, Row]) -> Cells:
    """Return the readiness to protest relative to Moscow: detentions per head, halved and doubled."""
    people = {
        origin: sum(float(by_code[code]["population"]) for code in codes.split()) for origin, _, _, codes, _ in ORIGINS
    }
    named = sum(count for count, _ in DETAINED.values())
    others = sum(people.values()) - sum(people[origin] for origin in DETAINED)
    rest = (DETAINED_ALL[0] - named) / others
    per_head = DETAINED[name][0] / people[name] if name in DETAINED else rest
    relative = per_head / (DETAINED["moscow"][0] / people["moscow"])
    return ranged("protest_weight", relative, relative / 2, relative * 2)


def subjects(regions: list[Row]) -> list[Cells]:
    """Return which federal subject belongs to which origin."""
    home = {f"RU-{code}": origin for origin, _, _, codes, _ in ORIGINS for code in codes.split()}
    if missing := sorted(row["iso_3166_2"] for row in regions if row["iso_3166_2"] not in home):
        raise ValueError(f"federal subjects in no origin: {', '.join(missing)}")
    return [
        {
            "iso": row["iso_3166_2"],
            "name": row["name"],
            "population": row["population"],
            "origin": home[row["iso_3166_2"]],
            "source": row["population_source"],
        }
        for row in regions
    ]


def crossings(baselines: list[Row], anchors: list[Row]) -> list[Cells]:
    """Return the land crossings with their ordinary traffic, and the air crossings."""
    found = (row for row in baselines if row["level"] == "door" and row["mode"] != "air")
    doors = {row["door"].split("/")[0]: row for row in found}
    country = {place["id"]: place["country"] for place in read(TARGET / "places.csv")}
    rows: list[Cells] = [door(spec, doors, anchors, country) for spec in DOORS]
    spread_other_roads(rows, doors["other road points (about 15)"])
    lighten_psou(next(row for row in rows if row["id"] == "psou"))
    return [*rows, belarus(), *air_crossings()]


def door(spec: tuple[str, ...], doors: dict[str, Row], anchors: list[Row], country: dict[str, str]) -> Cells:
    """Return one land crossing; grouped doors are summed, their lows and highs too."""
    name, title, place, mode, nest, offset, members = spec
    found = [doors[member] for member in members.split("|")]
    lat, lon = position(name, members, found, anchors)
    finland = place == "finland"
    return {
        "id": name,
        "name": title,
        "between": f"RUS|{country[place]}",
        "place": place,
        "mode": mode,
        "lat": lat,
        "lon": lon,
        "nest": nest,
        **flow("entries", found),
        **flow("exits", found),
        "weekday_entries": "finland-entries" if finland else "",
        "weekday_exits": "finland-exits" if finland else "",
        "utc_offset": offset,
        "queue_shown": "",
        "source": joined(*(row[f"{way}_source"] for row in found for way in ("entries", "exits")), "G01"),
        "basis": bases(row["entries_basis"] for row in found),
    }


def bases(texts: Iterable[str]) -> str:
    """Return the reasons given for grouped rows, each once; `same` refers to the row before in the data."""
    said = dict.fromkeys(re.sub(r"\. (same)?$|^same, ", "", text) for text in texts)
    return " + ".join(text for text in said if text)


def flow(way: str, found: list[Row]) -> Cells:
    """Return ordinary entries or exits a day, summed over the grouped doors."""
    return ranged(way, total(found, f"{way}_per_day"), total(found, f"{way}_low"), total(found, f"{way}_high"))


def position(name: str, members: str, found: list[Row], anchors: list[Row]) -> tuple[float, float]:
    """Return where a crossing lies: the mean of the anchors of its doors, weighted by traffic."""
    if name in POSITIONS:
        return POSITIONS[name]
    at = {row["russian_side"].split("/")[0]: row for row in anchors if row["lat"]}
    pairs = [
        (at[member], float(row["entries_per_day"]))
        for member, row in zip(members.split("|"), found, strict=True)
        if member in at
    ]
    where, weights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return round(mean(where, "lat", weights), 3), round(mean(where, "lon", weights), 3)


def spread_other_roads(rows: list[Cells], other: Row) -> None:
    """Add the about 15 road points of Kazakhstan without a name to the sections, by their traffic."""
    chosen = [row for row in rows if row["id"] in SPREAD_OVER]
    sums = {way: sum(float(str(row[way])) for row in chosen) for way in ("entries", "exits")}
    for row in chosen:
        for way in ("entries", "exits"):
            part = float(str(row[way])) / sums[way]
            for end, column in (("", "per_day"), ("_low", "low"), ("_high", "high")):
                more = part * float(other[f"{way}_{column}"])
                row[f"{way}{end}"] = number(float(str(row[f"{way}{end}"])) + more)
        row["basis"] = f"{row['basis']} + share of the about 15 other road points"


def lighten_psou(row: Cells) -> None:
    """Count only the traffic at Psou that is no beach trip: the whole would pull as no way out does."""
    row |= ranged("entries", 1500, 500, 4500) | ranged("exits", 1500, 500, 4500)
    row["queue_shown"] = "false"
    row["source"] = "O0158;G01;assumption"
    row["basis"] = (
        "27 thousand trips a day in the third quarter, nearly all to the beach; here the part that is not, a "
        "guess; there is no way on; queues are not shown: most of the traffic that makes them is left out, and the "
        "room beside it is a guess"
    )


def belarus() -> Cells:
    """Return the border with Belarus, which has no control and no count."""
    return {
        "id": "belarus-road",
        "name": "Roads to Belarus",
        "between": "RUS|BLR",
        "place": "belarus",
        "mode": "road",
        "lat": 54.63,
        "lon": 31.1,
        "nest": "belarus",
        **ranged("entries", 1500, 300, 7500),
        **ranged("exits", 1500, 300, 7500),
        "utc_offset": "+03:00",
        "source": "P004;assumption",
        "basis": "no control and no count; a wide guess of the part that is neither work nor family",
    }


def air_crossings() -> list[Cells]:
    """Return one crossing per airport with flights abroad; its ordinary traffic is its seats."""
    return [
        {
            "id": row["crossing"],
            "name": f"{row['name']}, flights abroad",
            "between": "RUS|AIR",
            "mode": "air",
            "lat": row["lat"],
            "lon": row["lon"],
            "source": row["source"],
            "basis": row["basis"],
        }
        for row in read(TARGET / "airports.csv")
        if row["crossing"]
    ]


def services(air: list[Row]) -> list[Cells]:
    """Return the seats of each leg; one place is summed, fares and hours weighted by seats."""
    airport = {row["name"]: row["id"] for row in read(TARGET / "airports.csv")}
    legs: dict[tuple[str, str], list[Row]] = {}
    for row in air:
        place = airport[row["destination"]] if domestic(row) else DESTINATIONS[row["destination"]][0]
        legs.setdefault((airport[row["origin"]], place), []).append(row)
    return [service(origin, place, rows) for (origin, place), rows in legs.items()]


def domestic(row: Row) -> bool:
    """Return True for a feeder to a city near the border."""
    return row["kind"] == "domestic feeder"


def service(origin: str, place: str, rows: list[Row]) -> Cells:
    """Return one leg, merged from one or more rows of air_services."""
    seats = [float(row["seats_per_day"]) for row in rows]

    def weighted(name: str, value: str, low: str, high: str) -> Cells:
        return ranged(name, *(mean(rows, column, seats) for column in (value, low, high)))

    shape, scale, lead = LEAD
    feeder = domestic(rows[0])
    kinds = ("seats", "flight_hours", "fare", "load")
    return {
        "id": f"{origin}-{place}",
        "origin": origin,
        "destination": place,
        "domestic": "true" if feeder else "false",
        **ranged("seats", sum(seats), total(rows, "seats_low"), total(rows, "seats_high")),
        **weighted("hours", "flight_hours", "flight_hours_low", "flight_hours_high"),
        **weighted("fare", "fare_rub", "fare_low", "fare_high"),
        "nest": "domestic" if feeder else DESTINATIONS[rows[0]["destination"]][1],
        **weighted("load", "load_final", "load_low", "load_high"),
        "lead_shape": shape,
        "lead_scale": scale,
        "source": joined(*(row[f"{kind}_source"] for row in rows for kind in kinds), lead),
        "basis": bases(row["seats_basis"] for row in rows),
    }


def observations(targets: list[Row], everything: dict[str, Row]) -> list[Cells]:
    """Return the counts to compare with: targets that a model output answers to, then national totals."""
    rows = [target(row, everything[row["obs_id"]]) for row in targets if usable(row)]
    return [*rows, *(national(everything[name], what, kind) for name, what, kind in NATIONAL)]


def usable(row: Row) -> bool:
    """Return True where the series has an output and its window lies in the period (a rate may be cut)."""
    return row["series"] in SERIES and (row["start"] >= START or row["kind"] == "rate")


def target(row: Row, seen: Row) -> Cells:
    """Return one target; dates become moments with offset, the end exclusive."""
    place, crossing, what, offset = SERIES[row["series"]]
    start, end = window(max(row["start"], START), row["end"], row["kind"], offset)
    return {
        "series": row["series"],
        "place": place,
        "crossing": crossing,
        "what": what,
        "start": start,
        "end": end,
        "value": row["value"],
        "low": row["low"],
        "high": row["high"],
        "kind": row["kind"],
        "unit": unit(what, row["kind"]),
        "published_at": row["published_at"].replace("Z", "+00:00"),
        "source": seen["source_id"],
        "authority": authority(seen),
        "evidence": row["obs_id"],
        "note": NOTES.get(row["series"], "inferred from other counts" if row["inferred"] == "yes" else ""),
    }


def authority(row: Row) -> str:
    """Return who counted, under one name; a news report is no authority."""
    return AUTHORITIES.get(row["authority"], row["authority"])


def unit(what: str, kind: str) -> str:
    """Return the unit of a count."""
    if what == "wait_hours":
        return "h"
    if what == "queue_vehicles":
        return "vehicles"
    return "persons/day" if kind == "rate" else "persons"


def window(start: str, end: str, kind: str, offset: str) -> tuple[str, str]:
    """Return start (inclusive) and end (exclusive); a dated snapshot is put in the middle of its days."""
    if "T" in start:
        return start, end
    if kind == "snapshot":
        middle = f"{start}T12:00{offset}" if start == end else f"{end}T00:00{offset}"
        return middle, middle
    return f"{start}T00:00{offset}", f"{following(end)}T00:00{offset}"


def following(day: str) -> str:
    """Return the day after an ISO date."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def national(row: Row, what: str, kind: str) -> Cells:
    """Return a count of the whole country: detentions of a day, or people called up since 21 September."""
    start, end = window(row["date_start"], row["date_end"], kind, "+03:00")
    return {
        "series": {"detained": "detained", "called_up": "called_up_cumulative"}[what],
        "place": "RUS",
        "crossing": "",
        "what": what,
        "start": start,
        "end": end,
        "value": row["value"],
        "low": row["low"],
        "high": row["high"],
        "kind": kind,
        "unit": "persons",
        "published_at": f"{row['source_date']}T23:59+00:00",
        "source": row["source_id"],
        "authority": authority(row),
        "evidence": row["obs_id"],
        "note": "as published",
    }


def evidence(data: Path, everything: dict[str, Row], used: set[str]) -> list[Cells]:
    """Return who said it for every id used, and for the sources behind those ids."""
    policies = {row["policy_id"]: row for row in read(data / "policies_russia2022.csv")}
    sources = {row["id"]: row for row in read(data / "sources.csv")}
    behind = {row["source_id"] for name, row in (everything | policies).items() if name in used}
    rows: list[Cells] = []
    for name in sorted(used | {part for source in behind for part in source.split(";") if part in sources}):
        if name in everything:
            rows.append(from_observation(everything[name], sources))
        elif name in policies:
            rows.append(from_policy(policies[name], sources))
        elif name in sources:
            rows.append(from_source(sources[name]))
        else:
            raise ValueError(f"{name} is used but stands in no table")
    return [*rows, *PLAN]


PLAN: list[Cells] = [
    {"id": "model.md", "what": "prior ranges of the plan of record of egress", "publisher": "egress"},
    {"id": "behaviour.md", "what": "review of the literature on sudden departures", "publisher": "egress"},
]


def from_source(row: Row) -> Cells:
    """Return the evidence row of a page."""
    cells = {"id": row["id"], "what": row["what"], "publisher": row["publisher"]}
    return {**cells, "published": row["date"], "url": row["url"]}


def from_observation(row: Row, sources: dict[str, Row]) -> Cells:
    """Return the evidence row of an observation."""
    where = ", ".join(dict.fromkeys(part for part in (row["country"], row["place"]) if part))
    what = f"{where}: {row['quantity']} {row['value']} {row['unit']}, {row['date_start']}"
    publisher = row["authority"] or sources.get(row["source_id"], {}).get("publisher", "")
    return {
        "id": row["obs_id"],
        "what": what if row["date_end"] == row["date_start"] else f"{what} to {row['date_end']}",
        "publisher": publisher,
        "published": row["source_date"],
        "url": row["source_url"],
    }


def from_policy(row: Row, sources: dict[str, Row]) -> Cells:
    """Return the evidence row of a policy."""
    return {
        "id": row["policy_id"],
        "what": f"{row['country']}, {row['place']}: {row['what']}",
        "publisher": sources.get(row["source_id"], {}).get("publisher", ""),
        "published": row["source_date"],
        "url": row["source_url"],
    }


def ids_in(text: str) -> set[str]:
    """Return every observation, policy and source id named in a text."""
    return set(re.findall(r"\b(?:O\d{4}|P\d{3}|S\d{3}|D\d{2}|C\d{2}|G\d{2}|U\d{2})\b", text))


def main() -> None:
    """Write every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/exodus")
    data = parser.parse_args().data
    regions = read(data / "regions_russia.csv")
    everything = {row["obs_id"]: row for row in read(data / "observations_russia2022.csv")}
    tables = {
        "origins": origins(regions),
        "crossings": crossings(read(data / "door_baselines_russia2022.csv"), read(data / "crossings_russia2022.csv")),
        "services": services(read(data / "air_services_russia2022.csv")),
        "observations": observations(read(data / "targets_russia2022.csv"), everything),
    }
    for name, rows in tables.items():
        write(TARGET / f"{name}.csv", rows)
    write(SUBJECTS, subjects(regions))
    tables_by_hand = ("places", "lanes", "airports")
    named = [TARGET / f"{name}.csv" for name in (*tables, *tables_by_hand)]
    written = [TARGET / "scenario.yaml", DEFAULTS, *named]
    used = set().union(*(ids_in(path.read_text(encoding="utf-8")) for path in written))
    write(TARGET / "evidence.csv", evidence(data, everything, used))


if __name__ == "__main__":
    main()
