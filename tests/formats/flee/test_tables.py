"""Each kind of mess in the tables: what is read all the same, what is a fault and where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from egress.errors import RunError, ScenarioError
from egress.formats.flee import Instance

Told = Callable[..., Instance]
PLACES, ROUTES, CONFLICTS = "input_csv/locations.csv", "input_csv/routes.csv", "input_csv/conflicts.csv"
CLOSURES, LAYOUT, PERIOD = "input_csv/closures.csv", "source_data/data_layout.csv", "input_csv/sim_period.csv"
CORRECTIONS, CHANGES = "input_csv/registration_corrections.csv", "location_changes.csv"
HEAD = "#name,region,country,latitude,longitude,location_type,conflict_date,population"
GAO = "Gao,North,Mali,16.3,-0.04,conflict_zone,0,1000\n"
MOPTI = "Mopti,Middle,Mali,14.5,-4.2,town,,500\n"
ABALA = "Abala,West,Niger,14.9,3.4,camp,,800\n"


def faults(told: Told, changes: dict[str, Any], rules: str = "flee") -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        told(changes, rules)
    return [str(fault).rpartition("small/")[2] for fault in caught.value.faults]


def warnings(instance: Instance) -> list[str]:
    return [str(warning).rpartition("small/")[2] for warning in instance.warnings]


def test_a_sound_folder_is_read_without_a_word(told: Told) -> None:
    read = told()
    case = read.case
    assert not read.warnings
    assert case.places.names == ("Gao", "Mopti", "Abala")
    assert case.places.types == ("conflict", "town", "camp")
    assert case.places.population.tolist() == [1000, 500, 0]
    assert case.places.capacity.tolist() == [0, 0, 800]
    assert case.links.distance.tolist() == [100.0, 200.0]
    assert case.conflicts.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert case.data.names == ("total", "Abala")
    assert case.data.place.tolist() == [-1, 2]
    assert case.data.level.tolist() == [[100, 200, 300, 400], [100, 150, 200, 250]]
    assert (case.start, case.length, read.rules.softening) == (date(2020, 1, 1), 4, 20.0)
    assert "source_data/abala.csv" in case.files


def test_windows_line_ends_marks_blank_lines_and_trailing_commas_change_nothing(told: Told, small: Any) -> None:
    plain = told().case
    messy = {}
    for path in small().rglob("*.csv"):
        lines = path.read_text().splitlines()
        name = path.relative_to(path.parents[1]).as_posix()
        tail = "," if name == CONFLICTS else ""
        messy[name] = ("\ufeff" + "\r\n\r\n".join(line + tail for line in lines) + "\r\n").encode()
    read = told(messy)
    assert not read.warnings
    assert read.case.places.names == plain.places.names
    assert np.array_equal(read.case.conflicts, plain.conflicts)
    assert np.array_equal(read.case.data.level, plain.data.level)


def test_quoted_keys_and_cells_are_read(told: Told) -> None:
    read = told(
        {PERIOD: '"StartDate","2020-01-01"\n"length","4"\n', LAYOUT: '"total","refugees.csv"\n"Abala","abala.csv"\n'}
    )
    assert read.case.length == 4


def test_optional_files_may_be_missing(told: Told) -> None:
    assert not told({CORRECTIONS: None, "input_csv/major_routes.csv": None}).warnings
    assert "closures.csv: missing file: Flee would stop; read as no closures" in warnings(told({CLOSURES: None}))[0]


@pytest.mark.parametrize("name", [PERIOD, PLACES, ROUTES, CONFLICTS, LAYOUT, "source_data/abala.csv"])
def test_other_files_must_be_there(small: Any, name: str) -> None:
    from egress.formats.flee import read_instance

    folder = small()
    (folder / name).unlink()
    with pytest.raises(ScenarioError, match=r"missing file|no file"):
        read_instance(folder)


def test_every_fault_is_told_at_once(told: Told) -> None:
    found = faults(
        told,
        {
            PLACES: f"{HEAD}\n{GAO}{MOPTI}Abala,West,Niger,14.9,3.4,camp,,8OO\n",
            CLOSURES: "border,a,b,x,1\n",
            PERIOD: "Startdate,2020-01-01\nLength,four\n",
        },
    )
    assert found == [
        "input_csv/closures.csv:1:12: expected closure_start, a whole number, found 'x'",
        "input_csv/locations.csv:4:33: expected capacity, a whole number, found '8OO'",
        "input_csv/sim_period.csv:2:8: expected Length, a whole number, found 'four'",
    ]  # fmt: skip


# locations.csv


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("camp", "camp"),
        ("IDPcamp", "idpcamp"),
        ("refugee_camp", "camp"),
        ("forwarding_hub", "forward"),
        ("marker", "marker"),
        ("default", "town"),
        ("Town", "town"),
    ],
)
def test_types_are_found_by_their_parts(told: Told, text: str, kind: str) -> None:
    layout = "total,refugees.csv\nAbala,abala.csv\nMopti,abala.csv\n"
    read = told({PLACES: f"{HEAD}\n{GAO}Mopti,Middle,Mali,14.5,-4.2,{text},,500\n{ABALA}", LAYOUT: layout})
    assert read.case.places.types[1] == kind


def test_empty_cells_of_places_have_flees_meaning(told: Told) -> None:
    places = told({PLACES: f"{HEAD}\n{GAO}Mopti,,,,,town,,\n{ABALA}"}).case.places
    assert places.population[1] == 0
    assert (places.regions[1], places.countries[1]) == ("unknown", "unknown")
    assert np.isnan(places.x[1])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Mopti,Middle,Mali,14.5,-4.2,town,", "locations.csv:3:34: 7 cells, expected at least 8"),
        (
            "Mopti,Middle,Mali,14.5,-4.2,village,,500",
            "locations.csv:3:29: 'village' is an unknown location_type: expected",
        ),
        ("Mopti,Middle,Mali,14.5,-4.2,flood_zone,,500", "locations.csv:3:29: flood zones: not supported, see docs"),
        (
            "Mopti,Middle,Mali,14.5,-4.2,conflict_zone,,500",
            "locations.csv:3:43: expected the day of the conflict, a whole number, found nothing",
        ),
        (
            "Mopti,Middle,Mali,14.5,-4.2,town,,500.5",
            "locations.csv:3:35: expected population, a whole number, found '500.5'",
        ),
        ("Mopti,Middle,Mali,14.5,-4.2,town,,-5", "locations.csv:3:35: population -5: expected at least 0"),
        ("Mopti,Middle,Mali,14.5,west,town,,500", "locations.csv:3:24: expected degrees, a number, found 'west'"),
        (
            "Gao,Middle,Mali,14.5,-4.2,town,,500",
            "locations.csv:3:1: duplicate place 'Gao': it stands already in line 2",
        ),
    ],
)
def test_faulty_places(told: Told, row: str, fault: str) -> None:
    assert any(fault in found for found in faults(told, {PLACES: f"{HEAD}\n{GAO}{row}\n{ABALA}"}))


def test_cells_beyond_the_header_are_said(told: Told) -> None:
    read = told({PLACES: f"{HEAD}\n{GAO}{MOPTI.rstrip()},7\n{ABALA.rstrip()},,\n"})
    assert warnings(read) == ["input_csv/locations.csv:3:39: a cell beyond the columns of the header: not used"]


def test_columns_in_another_order_are_said(told: Told) -> None:
    places = {PLACES: f"{HEAD.replace('region,country', 'country,region')}\n{GAO}{MOPTI}{ABALA}"}
    read = told(places)
    assert read.case.places.countries[0] == "Mali"
    assert "locations.csv:1:7: 'country' stands where Flee reads 'region': it goes by position" in warnings(read)[0]
    assert "'country' stands where Flee reads 'region'" in faults(told, places, "flee-corrected")[0]
    assert not told({PLACES: f"{HEAD.replace('region', '#name')}\n{GAO}{MOPTI}{ABALA}"}).warnings


def test_a_header_without_its_mark_is_still_a_header(told: Told) -> None:
    read = told({PLACES: f"{HEAD[1:]}\n{GAO}{MOPTI}{ABALA}"})
    assert read.case.places.names == ("Gao", "Mopti", "Abala")
    assert "a header without `#`" in warnings(read)[0]


def test_longitudes_may_come_first_and_are_put_second_where_defects_are_mended(told: Told) -> None:
    places = {PLACES: f"{HEAD.replace('latitude,longitude', 'longitude,latitude')}\n{GAO}{MOPTI}{ABALA}"}
    assert told(places).case.places.x[0] == 16.3
    assert told(places, "flee-corrected").case.places.y[0] == 16.3


def test_custom_columns_of_places(told: Told) -> None:
    head = f"{HEAD},capacity_per_day,initial_idps,conflict_intensity,hdi"
    read = told({PLACES: f"{head}\n{GAO.strip()},,,0.5,0.3\n{MOPTI.strip()},,,,\n{ABALA.strip()},10,20,,\n"})
    places = read.case.places
    assert places.capacity_per_day.tolist() == [0, 0, 10]
    assert places.initial_idps.tolist() == [0, 0, 20]
    assert places.conflict_intensity.tolist() == [0.5, 1.0, 1.0]


def test_a_custom_column_in_another_case_has_no_effect_and_says_so(told: Told) -> None:
    read = told({PLACES: f"{HEAD},Capacity_Per_Day\n{GAO.strip()},\n{MOPTI.strip()},\n{ABALA.strip()},10\n"})
    assert read.case.places.capacity_per_day.tolist() == [0, 0, 0]
    assert "did you mean 'capacity_per_day'?" in warnings(read)[0]


def test_custom_columns_need_names(told: Told) -> None:
    found = faults(told, {PLACES: f"{GAO.strip()},1\n{MOPTI}{ABALA}"})
    assert "cells beyond the 8th, but no header" in found[0]


def test_blanks_around_a_name_are_left_out_and_said(told: Told) -> None:
    read = told({PLACES: f"{HEAD}\n{GAO}{MOPTI.replace('Mopti', 'Mopti ')}{ABALA}"})
    assert read.case.places.names[1] == "Mopti"
    assert "blanks around 'Mopti'" in warnings(read)[0]


# routes.csv and major_routes.csv


def test_routes_of_three_columns_and_custom_ones(told: Told) -> None:
    assert len(told({ROUTES: "Gao,Mopti,100\nMopti,Abala,200\n"}).case.links) == 2
    head = "#name1,name2,distance,forced_redirection,max_move_speed,walk_probability"
    links = told({ROUTES: f"{head}\nGao,Mopti,100,,50,\nMopti,Abala,200,0,,0.5\n"}).case.links
    assert links.max_move_speed[0] == 50
    assert np.isnan(links.max_move_speed[1])
    assert links.walk_probability.tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Gao,Mopty,100,0", "routes.csv:3:5: place 'Mopty' is not in locations.csv: did you mean 'Mopti'?"),
        ("Gao,Gao,100,0", "routes.csv:3:5: a route from 'Gao' to itself"),
        ("Gao,Abala,-1,0", "routes.csv:3:11: distance -1: expected at least 0"),
        ("Gao,Abala,far,0", "routes.csv:3:11: expected a distance in km, a number, found 'far'"),
        ("Gao,Abala,100,3", "routes.csv:3:15: forced_redirection 3: expected 0, 1, 2 or nothing"),
        ("Gao,Abala", "routes.csv:3:5: 2 cells, expected at least 3"),
    ],
)
def test_faulty_routes(told: Told, row: str, fault: str) -> None:
    assert any(fault in found for found in faults(told, {ROUTES: f"Gao,Mopti,100,0\nMopti,Abala,200,0\n{row}\n"}))


def test_twin_routes_and_forced_redirections_are_said(told: Told) -> None:
    found = warnings(told({ROUTES: "Gao,Mopti,100,1\nMopti,Abala,200,2\nMopti,Gao,90,0\n"}))
    assert any("a second route between 'Mopti' and 'Gao' (line 1)" in line for line in found)
    assert any("forced_redirection 1 in 1 of 3 routes" in line and "counts twice" in line for line in found)
    assert any("forced_redirection 2 in 1 of 3 routes" in line and "no effect" in line for line in found)


def test_major_routes(told: Told) -> None:
    settings = "move_rules: {fixed_routes: true}\n"
    name = "input_csv/major_routes.csv"
    assert told({name: "Gao,Mopti,Abala\n", "simsetting.yml": settings}).case.major_routes == ((0, 1, 2),)
    assert "not used" in warnings(told({name: "Gao,Mopti,Abala\n"}))[0]
    assert "one direction only" in faults(told, {name: "Gao,Mopti,Abala,\n"})[0]
    assert "no route in routes.csv between 'Gao' and 'Abala'" in faults(told, {name: "Gao,Abala,Mopti\n"})[0]
    assert "place 'Timbuktu' is not in" in faults(told, {name: "Gao,Mopti,Timbuktu\n"})[0]


# conflicts.csv


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "#Day,Gao\n0,1\n1,1\n",
            "conflicts.csv:3:1: 2 days, expected 4 (Length of sim_period.csv): Flee would stop after them",
        ),
        ("#Day,Gao\n0,1\n1\n2,0\n3,1\n", "conflicts.csv:3:1: 1 cells, expected 2 as in the header"),
        ("#Day,Gao\n0,1,1\n1,1\n2,0\n3,1\n", "conflicts.csv:2:5: 3 cells, expected 2 as in the header"),
        ("#Day,Gao\n0,1\n1,yes\n2,0\n3,1\n", "conflicts.csv:3:3: expected an intensity from 0 to 1, found 'yes'"),
        ("#Day,Gao\n0,1\n1,\n2,0\n3,1\n", "conflicts.csv:3:3: expected an intensity from 0 to 1, found nothing"),
        ("#Day,Gao,Gao\n0,1,1\n1,1,1\n2,0,0\n3,1,1\n", "conflicts.csv:1:10: duplicate column 'Gao'"),
        ("0,1\n1,1\n2,0\n3,1\n", "conflicts.csv:1:1: no header such as `#Day,Gao,Kidal`"),
        (
            "#Day,Gao\n0,1\n#1,1\n1,1\n2,0\n3,1\n",
            "conflicts.csv:3:1: a comment with commas: Flee would read it as a day",
        ),
    ],
)
def test_faulty_conflicts(told: Told, text: str, fault: str) -> None:
    assert any(fault in found for found in faults(told, {CONFLICTS: text}))


def test_any_first_line_names_the_places_of_conflicts(told: Told) -> None:
    assert told({CONFLICTS: "#Days,Gao\n0,1\n1,1\n2,0\n3,1\n"}).case.conflicts.sum() == 3
    assert told({CONFLICTS: "Date,Gao\n0,1\n1,1\n2,0\n3,1\n"}).case.conflicts.sum() == 3


def test_of_many_warnings_alike_a_few_are_told(told: Told) -> None:
    names = ",".join(f"X{i}" for i in range(9))
    rows = "".join(f"{day},{day % 2},{','.join('1' * 9)}\n" for day in range(4))
    found = warnings(told({CONFLICTS: f"#Day,Gao,{names}\n{rows}"}))
    unknown = [line for line in found if "is not in locations.csv" in line]
    assert len(unknown) == 4
    assert unknown[-1].endswith("(and 5 more like this)")


def test_an_intensity_above_1_is_taken_as_it_is_and_said(told: Told) -> None:
    read = told({CONFLICTS: "#Day,Gao\n0,1.5\n1,1.5\n2,0\n3,0\n"})
    assert read.case.conflicts[0, 0] == 1.5
    assert "conflicts.csv:2:3: intensity 1.5: above 1; taken as it is" in warnings(read)[0]


def test_a_longer_table_of_conflicts_is_cut(told: Told) -> None:
    assert told({CONFLICTS: "Day, Gao\n0, 1\n1, 1\n2, 0\n3, 1\n4, 1\n5, 1\n"}).case.conflicts.shape == (4, 3)


def test_days_out_of_order_count_by_row_and_are_said(told: Told) -> None:
    text = "#Day,Gao\n0,1\n2,1\n1,0\n3,1\n"
    read = told({CONFLICTS: text})
    assert read.case.conflicts[:, 0].tolist() == [1, 1, 0, 1]
    assert "conflicts.csv:3:1: day '2' stands in the row of day 1: Flee goes by the order" in warnings(read)[0]
    assert "day '2' stands in the row of day 1" in faults(told, {CONFLICTS: text}, "flee-corrected")[0]


def test_an_unknown_place_in_conflicts(told: Told) -> None:
    text = "#Day,Gao,Gaoo\n0,1,1\n1,1,1\n2,0,1\n3,1,1\n"
    read = told({CONFLICTS: text})
    assert read.case.conflicts.sum() == 3
    assert "conflicts.csv:1:10: place 'Gaoo' is not in locations.csv: did you mean 'Gao'?" in warnings(read)[0]
    assert "did you mean 'Gao'?" in faults(told, {CONFLICTS: text}, "flee-corrected")[0]


def test_changes_of_intensity_are_said_where_flee_ignores_them(told: Told) -> None:
    text = "#Day,Gao\n0,0.2\n1,0.8\n2,0\n3,1\n"
    read = told({CONFLICTS: text})
    assert read.case.conflicts[:, 0].tolist() == [0.2, 0.8, 0, 1]
    assert "the intensity at 'Gao' changes once" in warnings(read)[0]
    assert not told({CONFLICTS: text}, "flee-corrected").warnings


def test_a_zone_by_type_without_conflict_is_said(told: Told) -> None:
    assert "'Gao' has conflict_date 0, but" in warnings(told({CONFLICTS: "#Day,Gao\n0,0\n1,1\n2,0\n3,1\n"}))[0]


# closures.csv and location_changes.csv


def test_closures_keep_their_days(told: Told) -> None:
    text = "#closure_type,name1,name2,start,end\ncountry,Mali,Niger,1,3\nlocation,Mopti,,0,-1\ncamp,Abala,,-1,2\n"
    closures = told({CLOSURES: text}).case.closures
    assert [(c.kind, c.names, c.start, c.end, c.first) for c in closures] == [
        ("country", ("Mali", "Niger"), 1, 3, -1),
        ("location", ("Mopti", ""), 0, -1, 1),
        ("camp", ("Abala", ""), -1, 2, 2),
    ]
    assert {c.probability for c in closures} == {1.0}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "country,Mali,Nigeria,0,3",
            "closures.csv:1:14: country 'Nigeria' is not in locations.csv: did you mean 'Niger'?",
        ),
        ("location,Moptii,,0,3", "closures.csv:1:10: place 'Moptii' is not in locations.csv: did you mean 'Mopti'?"),
        ("camp,Abalu,,0,3", "closures.csv:1:6: place 'Abalu' is not in locations.csv: did you mean 'Abala'?"),
        ("Country,Mali,Chad,0,3", "closures.csv:1:1: 'Country' is an unknown closure_type: did you mean 'country'?"),
        ("border,Mali,Niger,0,3", "closures.csv:1:1: 'border' is an unknown closure_type"),
    ],
)
def test_unknown_names_in_closures_are_said_and_refused_where_defects_are_mended(
    told: Told, row: str, said: str
) -> None:
    assert any(said in line for line in warnings(told({CLOSURES: row})))
    if not row.startswith("Country"):
        assert any(said in line for line in faults(told, {CLOSURES: row}, "flee-corrected"))


def test_closures_may_have_a_probability_that_flee_passes_over(told: Told) -> None:
    head = "#closure_type,name1,name2,closure_start,closure_end,probability\n"
    read = told({CLOSURES: head + "country,Mali,Niger,1,3,0.4\nlocation,Mopti,,0,-1,\n"})
    assert [c.probability for c in read.case.closures] == [0.4, 1.0]
    for cell, said in (("1.5", "probability 1.5: expected 0 to 1"), ("half", "expected a probability, a number")):
        found = faults(told, {CLOSURES: f"{head}country,Mali,Niger,1,3,{cell}\n"})
        assert any(f"closures.csv:2:24: {said}" in line for line in found)
    assert "cells beyond the 5th, but no header" in faults(told, {CLOSURES: "country,Mali,Niger,1,3,0.4\n"})[0]


def test_an_unknown_camp_acts_on_the_first_place_in_flee(told: Told) -> None:
    read = told({CLOSURES: "camp,Abalu,,0,3"})
    assert read.case.closures[0].first == -1
    assert "Flee would act on the first place, 'Gao'" in warnings(read)[0]


def test_a_closure_type_in_another_case_is_passed_over_or_read(told: Told) -> None:
    row = {CLOSURES: "Country,Mali,Niger,0,3"}
    assert told(row).case.closures == ()
    corrected = told(row, "flee-corrected")
    assert corrected.case.closures[0].kind == "country"
    assert "is read as 'country'" in warnings(corrected)[0]


def test_closures_without_effect_are_said(told: Told) -> None:
    found = warnings(
        told({CLOSURES: "link,Gao,Mopti,0,3\nremove_forced_redirection,Gao,Mopti,0,3\nlocation,Gao,,3,1\n"})
    )
    assert any("closures of links do nothing" in line for line in found)
    assert any("remove_forced_redirection in 1 of 3 closures: no effect" in line for line in found)
    assert any("ends on day 1, before it starts on day 3" in line for line in found)
    assert "no route joins" in faults(told, {CLOSURES: "link,Gao,Abala,0,3\n"}, "flee-corrected")[0]


def test_location_changes_are_read_where_flee_is_started(told: Told) -> None:
    read = told({CHANGES: "#name,type,day\nMopti,idpcamp,2\n"})
    (change,) = read.case.location_changes
    assert (change.place, change.type, change.day) == (1, "idpcamp", 2)
    assert "Flee reads it only where it is started in this folder" in warnings(read)[0]
    assert "place 'Mopty' is not in" in faults(told, {CHANGES: "Mopty,camp,1\n"})[0]


def test_location_changes_in_input_csv_are_read_where_defects_are_mended(told: Told) -> None:
    inside = {"input_csv/location_changes.csv": "Mopti,camp,2\n"}
    read = told(inside)
    assert not read.case.location_changes
    assert "not read" in warnings(read)[0]
    assert len(told(inside, "flee-corrected").case.location_changes) == 1


# source_data


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {LAYOUT: "Abala,abala.csv\ntotal,refugees.csv\n"},
            "data_layout.csv:1:1: expected the first row to be `total,FILE`, found 'Abala': Flee would",
        ),
        ({LAYOUT: "total,refugees.csv\n"}, "locations.csv:4:1: camp 'Abala' has no row in source_data/data_layout.csv"),
        (
            {LAYOUT: "total,refugees.csv\nAbala,abalu.csv\n"},
            "data_layout.csv:2:7: no file 'abalu.csv' in source_data: did you mean 'abala.csv'?",
        ),
        ({LAYOUT: "total,refugees.csv\nAbala\n"}, "data_layout.csv:2:1: 'Abala' has no file: expected `NAME,FILE`"),
        (
            {LAYOUT: "total,refugees.csv\nAbala,abala.csv\nAbala,abala.csv\n"},
            "data_layout.csv:3:1: 'Abala' stands already in line 2",
        ),
        (
            {"source_data/abala.csv": "2020-01-01,many\n"},
            "abala.csv:1:12: expected people, a whole number, found 'many'",
        ),
        (
            {"source_data/abala.csv": "01/01/2020,5\n"},
            "abala.csv:1:1: expected when it was counted, a day such as 2012-02-29, found '01/01/2020'",
        ),
        ({"source_data/abala.csv": "#nothing yet\n"}, "abala.csv:1:1: no counts"),
        (
            {CORRECTIONS: "Abalu,2020-01-05\n"},
            "registration_corrections.csv:1:1: 'Abalu' has no counts to correct: did you mean 'Abala'?",
        ),
        (
            {CORRECTIONS: "Abala,2020-01-03\n"},
            "'Abala', 2020-01-03: no report is of this day: expected a day that has one, and another before it "
            "(the nearest: 2020-01-05)",
        ),
        (
            {CORRECTIONS: "Abala,2020-01-01\n"},
            "registration_corrections.csv:1:7: 'Abala', 2020-01-01: the first report is of this day",
        ),
    ],
)
def test_faulty_counts(told: Told, changes: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults(told, changes))


def test_headers_comments_empty_counts_and_further_columns_of_counts(told: Told) -> None:
    text = "DateTime,people,note\n# checked\n2020-01-01,100,a\n2020-01-02,,b\n2020-01-05,300,c\n"
    assert told({"source_data/abala.csv": text}).case.data.level[1].tolist() == [100, 150, 200, 250]
    other = told({"source_data/abala.csv": text.replace("DateTime", "day")})
    assert "read as a header" in warnings(other)[0]


def test_dates_out_of_order_and_told_twice_are_said(told: Told) -> None:
    text = "2020-01-01,100\n2020-01-05,300\n2020-01-03,200\n2020-01-03,210\n"
    mirrored, mended = (warnings(told({"source_data/abala.csv": text}, rules)) for rules in ("flee", "flee-corrected"))
    assert mirrored == [
        "source_data/abala.csv:3:1: 2020-01-03 stands after 2020-01-05: Flee goes line by line, and so does egress",
        "source_data/abala.csv:4:1: a second count of 2020-01-03: Flee takes both, one after the other",
    ]
    assert [line.rpartition(": ")[2] for line in mended] == ["counts are sorted by day", "the last one is taken"]


def test_counts_of_no_camp_still_set_how_many_set_out(told: Told) -> None:
    read = told({LAYOUT: "total,refugees.csv\nAbala,abala.csv\nAbalaa,abala.csv\n"})
    assert read.case.data.place.tolist() == [-1, 2, -1]
    assert "data_layout.csv:3:1: 'Abalaa' is no place of locations.csv: did you mean 'Abala'?" in warnings(read)[0]


def test_corrections_scale_what_was_before(told: Told) -> None:
    text = "2020-01-01,100\n2020-01-02,200\n2020-01-03,100\n2020-01-05,300\n"
    read = told({"source_data/abala.csv": text, CORRECTIONS: "Abala,2020-01-03,normalize\nAbala,2019-01-01\n"})
    assert read.case.data.level[1].tolist() == [50, 100, 100, 200]
    assert "not applied" in warnings(read)[0]


def test_stocks_that_reach_the_capacity_are_said(told: Told) -> None:
    places = {PLACES: f"{HEAD}\n{GAO}{MOPTI}{ABALA.replace('800', '100')}"}
    read = told(places)
    assert "the stock of day 0 (100 agents) reaches the capacity (100)" in warnings(read)[0]
    assert not told(places, "flee-corrected").warnings
    assert (
        "capacity 0 of camp 'Abala': no limit" in warnings(told({PLACES: places[PLACES].replace(",100\n", ",\n")}))[0]
    )


# sim_period.csv, demographics, files of rules that are off


def test_faulty_periods(told: Told) -> None:
    assert "no line such as `Length,300`" in faults(told, {PERIOD: "StartDate,2020-01-01\n"})[0]
    assert "expected at least 1" in faults(told, {PERIOD: "StartDate,2020-01-01\nLength,0\n"})[0]
    assert "found '2020/01/01'" in faults(told, {PERIOD: "StartDate,2020/01/01\nLength,4\n"})[0]
    assert (
        "'EndDate' is not read" in warnings(told({PERIOD: "StartDate,2020-01-01\nLength,4\nEndDate,2021-01-01\n"}))[0]
    )


def test_the_number_of_days_can_be_given(told: Told) -> None:
    assert told(days=2).case.length == 2


def test_age_and_gender(told: Told) -> None:
    rules = "move_rules: {WomenAvoidHazards: true, ElderlyAvoidHazards: true}\n"
    age, gender = "input_csv/demographics_age.csv", "input_csv/demographics_gender.csv"
    changes = {
        "simsetting.yml": rules,
        age: "age,Default,Gao\n10,1,2\n70,3,\n",
        gender: "gender,Default\nfemale,2\nmale,1\n",
    }
    found = {row.attribute: row for row in told(changes).case.demographics}
    assert found["age"].values == ("10", "70")
    assert found["age"].weights.tolist() == [[2, 0], [1, 3], [1, 3]]
    assert found["gender"].weights.tolist() == [[2, 1]] * 3
    assert "age 'ten': expected" in faults(told, {**changes, age: "age,Default\nten,1\n"})[0]
    assert "add up to 0" in faults(told, {**changes, age: "age,Default\n10,0\n"})[0]
    assert "expected the columns 'age' and 'Default'" in faults(told, {**changes, age: "years,Default\n10,1\n"})[0]


def test_rules_of_age_need_ages(told: Told) -> None:
    found = faults(told, {"simsetting.yml": "move_rules: {ChildrenAvoidHazards: true, BoysTakeRisk: true}\n"})
    assert any("demographics_age.csv" in line for line in found)
    assert any("demographics_gender.csv" in line for line in found)


def test_files_of_rules_that_are_not_supported_are_named(told: Told) -> None:
    names = ("agents.csv", "flood_level.csv", "region_attributes_IPC.csv", "demographics_religion.csv")
    found = warnings(told({f"input_csv/{name}": "#Day,a\n" for name in names}))
    assert all(any(name in line for line in found) for name in names)


def test_a_conflict_without_residents_is_said(told: Told) -> None:
    rows = "Gao,North,Mali,16.3,-0.04,conflict_zone,0,0\nMopti,Middle,Mali,14.5,-4.2,conflict_zone,0,500\n"
    head = "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
    conflicts = "#Day,Gao,Mopti\n0,1,1\n1,1,1\n2,1,1\n3,1,1\n"
    files = {"input_csv/locations.csv": head + rows + "Abala,West,Niger,14.9,3.4,camp,,800\n"}
    said = warnings(told({**files, "input_csv/conflicts.csv": conflicts}))
    assert [text for text in said if "has no residents: nobody sets out from there" in text] == [
        "input_csv/locations.csv:2:1: 'Gao' is in conflict and has no residents: nobody sets out from there, "
        "in Flee as here"
    ]


def test_an_unknown_name_and_what_follows_are_two_clauses(told: Told) -> None:
    text = "#closure_type,name1,name2,closure_start,closure_end\ncountry,Mali,Nigr,1,2\n"
    said = warnings(told({CLOSURES: text}))
    assert any("; Flee closes nothing, and neither does egress" in row for row in said)


@pytest.mark.parametrize("level", ["agent", "link"])
def test_files_that_egress_does_not_write_are_said(told: Told, level: str) -> None:
    said = warnings(told({"simsetting.yml": f"log_levels: {{{level}: 1}}\noptimisations:\n  hasten: 1\n"}))
    assert any(f"egress writes no {level}s.out" in text for text in said)


HUGE = "9" * 25


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        (PLACES, ",,500", f",,{HUGE}", "expected at most 1,000,000,000"),
        ("source_data/abala.csv", ",100", ",10000000000000", "abala.csv:1:12: people 10000000000000: expected at most"),
        ("source_data/abala.csv", ",100", ",5,100", "a number with a comma?"),
        (PERIOD, "2020-01-01", "9999-12-01", "expected a year from 1900 to 2199"),
        (PERIOD, "2020-01-01", "2031-01-01", "no count lies within 2031-01-01 to 2031-01-05"),
        (ROUTES, "100", "1e300", "a distance in km: 1e+300 is too much, expected at most 16,777"),
        (
            CONFLICTS,
            "Gao\n0,1\n1,1\n2,0\n3,1",
            ",Gao\n0,1,1\n1,1,1\n2,0,0\n3,1,1",
            "column 2 has conflicts, but no name of a place",
        ),
    ],
)
def test_what_has_no_room_or_no_meaning_is_a_fault(
    told: Told, small: Any, name: str, before: str, after: str, expected: str
) -> None:
    text = (small() / name).read_text("utf-8")
    assert before in text
    found = faults(told, {name: text.replace(before, after, 1)})
    assert len(found) == 1, found
    assert expected in found[0]


def test_a_folder_without_routes_is_refused(told: Told) -> None:
    assert "routes.csv:1:1: no routes: expected lines such as" in faults(told, {ROUTES: ""})[0]


def test_a_closure_before_the_run_and_an_unknown_column_are_told(told: Told) -> None:
    text = "#closure_type,name1,name2,closure_start,closure_end,prob\ncountry,Mali,Niger,-5,2,0.5\n"
    said = warnings(told({CLOSURES: text}))
    assert any("starts on day -5, before the run: it never takes effect" in line for line in said)
    assert any("column 'prob' is unknown to Flee" in line for line in said)


def test_more_people_than_a_run_can_hold_are_refused(told: Told, small: Any) -> None:
    from egress.flee.run import run_case

    spawning = "\nspawn_rules:\n  conflict_driven_spawning:\n    spawn_mode: constant\n"
    read = told({"simsetting.yml": f"{spawning}    displaced_per_conflict_day: 1.0e+7\n"})
    run_case(read.case, read.rules, members=1, threads=1)
    assert "out of bounds: expected at most" in faults(
        told, {"simsetting.yml": f"{spawning}    displaced_per_conflict_day: 1.0e+9\n"}
    )[0]  # fmt: skip
    places = (small() / PLACES).read_text("utf-8").replace(",0,1000", ",0,999999999")
    settings = f"{spawning.replace('constant', 'pop_ratio')}    displaced_per_conflict_day: 1.0\n"
    many = told({PLACES: places, "simsetting.yml": settings})
    with pytest.raises(RunError, match="more than 2,147,483,647 agents"):
        run_case(many.case, many.rules, members=1, threads=1)


HEAD_OF_CLOSURES = "#closure_type,name1,name2,closure_start,closure_end\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (CLOSURES, f"{HEAD_OF_CLOSURES}country,Mali,Mali,1,2\n", "'Mali' is closed against itself"),
        (CLOSURES, HEAD_OF_CLOSURES + "country,Mali,Niger,1,2\n" * 2, "closures.csv:3:1: the same closure a second"),
        (CLOSURES, f"{HEAD_OF_CLOSURES}country,Mali,Niger,2,2\n", "it ends on the day on which it starts"),
        (CLOSURES, f"{HEAD_OF_CLOSURES}country,Mali,Niger,40,-1\n", "2020-02-10 lies after the run: nothing closes"),
        (CLOSURES, "#closure_type,name1,name2,closure_end,closure_start\n", "'closure_end' stands where Flee reads"),
        (ROUTES, "#distance,name1,name2\nGao,Mopti,100\nMopti,Abala,200\n", "'#distance' stands where Flee"),
        (ROUTES, "#name1,name2,distance\nGao , Mopti,100\nMopti,Abala,200\n", "blanks around 'Gao'"),
        (ROUTES, "#name1,name2,distance\nGao,Mopti,0\nMopti,Abala,200\n", "a distance of 0 km"),
        (ROUTES, "#name1,name2,distance,f,max_move_speed\nGao,Mopti,9,0,0\nMopti,Abala,2,,\n", "speed 0: nobody"),
        (PERIOD, "StartDate,2020-01-01\nLength,9\nLength,4\n", "'Length' stands already in line 2"),
        (PLACES, f"{HEAD}\n{GAO.replace('16.3', '218.4')}{MOPTI}{ABALA}", "lies at 218.4, -0.04, which is nowhere"),
        (PLACES, f"{HEAD}\n{GAO}{MOPTI.replace('Mali', '')}{ABALA}", "'Mopti' has no country: it counts as foreign"),
        (PLACES, f"{HEAD}\n{GAO.replace('Mali', 'mali')}{MOPTI}{ABALA}", "'mali', the country of the first place"),
        (LAYOUT, "total,refugees.csv\nAbala,refugees.csv\n", "is the file of 'total' and of 'Abala'"),
        (CONFLICTS, "Day,Gao\n0,1\n1,1\n2,0\n3,1\n", "a header without `#`"),
        (CORRECTIONS, "name,date\n", "registration_corrections.csv:1:1: read as a header"),
        (CORRECTIONS, "Abala,2020-01-05\nAbala,2020-01-05\n", "a second correction of 'Abala'"),
    ],
)  # fmt: skip
def test_what_goes_through_without_a_word_in_flee_is_said(told: Told, name: str, text: str, expected: str) -> None:
    said = [line for line in warnings(told({name: text})) if expected in line]
    assert len(said) == 1, warnings(told({name: text}))
