"""The seven shared instances, and what of Flee's own example output holds no chance: equal exactly."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from egress.engine.flee.case import CampData
from egress.formats.flee import Instance, convert, read_instance

SIZES = {
    "mali2012": (23, 35, 2, 300, 7),
    "car2013": (63, 86, 2, 820, 14),
    "tigray2020": (55, 63, 5, 300, 4),
    "ssudan2013": (51, 60, 3, 604, 10),
    "nigeria2016": (40, 62, 0, 1885, 3),
    "mali2017_adm1": (65, 85, 1, 1735, 14),
    "ukraine2022": (37, 42, 0, 554, 6),
}
"""Places, routes, closures, days and camps, as the README of the instances says."""
WARNINGS = {
    "car2013": ("no route leads to 'Bili'", "'Bossobolo' is no place of locations.csv"),
    "mali2017_adm1": (
        "2019-06-30 stands after 2020-04-30",
        "2020-02-29 stands after 2020-05-31",
        *["a second count of 2021-04-30: Flee takes both"] * 4,
    ),
    "nigeria2016": ("2018-04-30 stands after 2019-02-28: Flee goes line by line",) * 3,
    "ukraine2022": ("2023-01-07 stands after 2023-08-17",),
    "tigray2020": ("forced_redirection 2 in 7 of 63 routes", "remove_forced_redirection in 4 of 5 closures"),
}
"""All that is said of the instances, their slips of dates among it; the others are read without a word."""
EXAMPLES = {
    "car2013": "validation_h100",
    "mali2012": "validation_h50",
    "mali2017_adm1": "validation_h115",
    "nigeria2016": "validation_h200",
    "ssudan2013": "validation_h200",
    "tigray2020": "validation_h50",
    "ukraine2022": "validation_h5000",
}


def spawned(data: CampData) -> tuple[list[int], list[int]]:
    """Return how many set out and the debt, by day: the sum of differences of all rows but the total, less the debt."""
    differences = np.diff(data.level[1:].sum(axis=0)).tolist()
    people, debts, debt = [0], [0], 0
    for difference in differences:
        due = difference - debt
        debt = max(0, -due)
        people.append(max(0, due))
        debts.append(debt)
    return people, debts


@pytest.mark.parametrize("name", SIZES)
def test_an_instance_is_read_whole(instances: Path, name: str) -> None:
    read = read_instance(instances / name)
    case = read.case
    camps = sum(kind in ("camp", "idpcamp") for kind in case.places.types)
    assert (len(case.places), len(case.links), len(case.closures), case.length, camps) == SIZES[name]
    assert case.conflicts.shape == (case.length, len(case.places))
    assert case.data.level.shape[1] == case.length


@pytest.mark.parametrize("name", SIZES)
def test_only_what_is_true_is_said_of_an_instance(instances: Path, name: str) -> None:
    said = sorted(warning.message for warning in read_instance(instances / name).warnings)
    expected = sorted(WARNINGS.get(name, ()))
    assert len(said) == len(expected)
    assert all(text in message for text, message in zip(expected, said, strict=True))


@pytest.mark.parametrize(
    "settings", ["classic125", "contest", "fastflow", "modern125", "modern125aw2dm75", "ukraine2022_own"]
)
def test_all_settings_are_read_without_a_word(instances: Path, settings: str) -> None:
    assert not read_instance(instances / "mali2012", instances / "settings" / f"{settings}.yml").warnings


@pytest.mark.parametrize("name", EXAMPLES)
def test_counts_people_set_out_and_debt_equal_flees(instances: Path, name: str) -> None:
    settings = EXAMPLES[name]
    data = read_instance(instances / name, instances / "settings" / f"{settings}.yml").case.data
    with (instances / "examples" / f"{name}.{settings}.seed1.out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for camp, level in zip(data.names[1:], data.level[1:], strict=True):
        if f"{camp} data" in rows[0]:
            assert [int(row[f"{camp} data"]) for row in rows] == level.tolist()
    people, debts = spawned(data)
    total = [int(row["total refugees (simulation)"]) for row in rows]
    assert np.diff(total).tolist() == people[1:]
    assert [int(row["refugee_debt"]) for row in rows] == debts


def test_a_hasten_that_stops_flee_is_refused_with_its_place(instances: Path, tmp_path: Path) -> None:
    settings = tmp_path / "s.yml"
    settings.write_text("optimisations: {hasten: 200}\n")
    with pytest.raises(Exception, match=r"registration_corrections.csv:\d+:\d+: .*0.595 agents .*smaller hasten"):
        read_instance(instances / "mali2017_adm1", settings)


@pytest.mark.parametrize("name", SIZES)
def test_a_converted_instance_is_the_same_to_the_last_bit(instances: Path, name: str, tmp_path: Path) -> None:
    settings = instances / "settings" / f"{EXAMPLES[name]}.yml"
    out = tmp_path / name.replace("_", "-")
    before: Instance = convert(instances / name, out, settings)
    after = read_instance(out)
    assert after.rules == before.rules
    for part in ("places", "links", "data"):
        for field, value in vars(getattr(before.case, part)).items():
            other = getattr(getattr(after.case, part), field)
            same = value.tobytes() == other.tobytes() if isinstance(value, np.ndarray) else value == other
            assert same, field
    assert before.case.conflicts.tobytes() == after.case.conflicts.tobytes()
    assert before.case.closures == after.case.closures
    assert before.case.registration_corrections == after.case.registration_corrections
