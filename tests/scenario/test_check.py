"""Cross-references, sums and times that no single field can check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from egress.errors import ScenarioError
from egress.scenario.check import faults as found
from egress.scenario.load import load
from egress.testing import policy, town

Change = Callable[[str, str, str], None]
Faults = Callable[[], list[str]]
YAML = "scenario.yaml"
STEP = "expected whole hours that divide a day: 1, 2, 3, 4, 6, 8, 12 or 24 h"
SPAN = "expected 2029-12-01 (90 days before the period) to 2030-03-10 (its end)"

# what is wrong: file, a text in it, what stands there instead, the first fault
BROKEN = {
    "step": (YAML, "6 h", "5 h", f"9:9: a step of 5 h: {STEP}"),
    "step that is not whole": (YAML, "6 h", "2.4 h", f"9:9: a step of 2.4 h: {STEP}"),
    "step of minutes": (YAML, "6 h", "30 min", f"9:9: a step of 0.5 h: {STEP}"),
    "no step": (YAML, "6 h", "0 h", f"9:9: a step of 0 h: {STEP}"),
    "period": (
        YAML,
        "end: 2030-03-10",
        "end: 2030-02-10",
        "7:8: the period ends before it starts: expected 2030-03-01 or later, found 2030-02-10",
    ),
    "offset": (
        YAML,
        '"+03:00"',
        '"+33:00"',
        "8:15: no offset of local time: expected -14:00 to +14:00, found '+33:00'",
    ),
    "years": (YAML, "end: 2030-03-10", "end: 9999-12-31", "7:8: the year 9999: expected 1900 to 2199"),
    "first year": (YAML, "start: 2030-03-01", "start: 0001-01-01", "6:10: the year 1: expected 1900 to 2199"),
    "a century": (
        YAML,
        "end: 2030-03-10",
        "end: 2130-03-10",
        "7:8: a period of 36,534 days: expected at most 3,660",
    ),
    "all in a list": (
        YAML,
        "groups: [exposed]",
        "groups: [all]",
        "50:26: 'all' in a list: expected `groups: all`, without brackets",
    ),
    "nearly all": (
        YAML,
        "[XBB, terminal]",
        "[al]",
        "50:49: unknown crossing or country 'al': did you mean 'all'?",
    ),
    "country left and entered": (
        "crossings.csv",
        "XAA|XBB",
        "XBB|XAA",
        "2:19: 'bridge' leads into 'XAA', but 'north' behind it lies in 'XBB': expected XAA|XBB",
    ),
    "a lane for nobody": (
        "lanes.csv",
        "1200",
        "0",
        "2:16: a lane that passes nobody: expected more than 0, and open = false where only a policy opens it",
    ),
    "empty vehicles": (
        "lanes.csv",
        "throughput,open,hours,source\nbridge,vehicle,1200",
        "persons_per_vehicle,open,hours,source\nbridge,vehicle,0",
        "2:16: 0 people in a vehicle: expected at least 1",
    ),
    "nobody is served": (
        YAML,
        "{kind: open_lane, lane: foot",
        "{kind: throughput, factor: 0",
        "59:36: a factor of 0: expected more than 0 (kind: close shuts a crossing) and at most 100",
    ),
    "a parameter of nothing": (
        "parameters.csv",
        "ground_fare,8,,,range,RUB/km",
        "detour,0,,,range,1",
        "3:8: 0 is out of bounds: expected more than 0",
    ),
    "more shares than people": (
        YAML,
        "hide: 0.2",
        "hide: 0.7",
        "68:9: those who comply and those who hide add up to 1.2: expected at most 1",
    ),
    "a quota at once": (
        YAML,
        "half_time: 7 d",
        "half_time: 0",
        "66:14: a quota served at once: expected more than 0 h",
    ),
    "no scatter": (YAML, "scatter: 2", "scatter: 0", "77:12: a scatter of 0: expected more than 0"),
    "more protesters than people": (
        YAML,
        "turnout: 100",
        "turnout: 1e9",
        "73:45: 1e+09 of a million people: expected at most 1,000,000",
    ),
    "negative parameter": (
        "parameters.csv",
        "ground_fare,8",
        "ground_fare,-8",
        "3:13: -8 is out of bounds: expected at least 0",
    ),
    "duplicate row": (
        "services.csv",
        "feeder,",
        "to-far,",
        "3:1: duplicate id 'to-far': expected a name of its own, number 1 has it",
    ),
    "duplicate policy": (
        YAML,
        "id: walk",
        "id: ban",
        "53:9: duplicate id 'ban': expected a name of its own, number 1 has it",
    ),
    "id": (
        "places.csv",
        "far,Far",
        "far off,Far",
        "3:1: id 'far off': expected a name without spaces and any of | , ; : /",
    ),
    "reserved group": (
        YAML,
        "id: rest",
        "id: all",
        "20:9: 'all' means a class of groups: expected another id",
    ),
    "unknown place": ("crossings.csv", "north", "nort", "2:27: unknown place 'nort': did you mean 'north'?"),
    "no place": (
        "crossings.csv",
        "north",
        "",
        "2:27: 'bridge' has no place behind it: expected one of places",
    ),
    "wrong country entered": (
        "crossings.csv",
        "XAA|XBB",
        "XAA|XCC",
        "2:19: 'bridge' leads into 'XCC', but 'north' behind it lies in 'XBB': expected XAA|XBB",
    ),
    "wrong country left": (
        "crossings.csv",
        "XAA|XBB",
        "XCC|XBB",
        "2:19: 'bridge' leads out of 'XCC': expected 'XAA', the home of the scenario",
    ),
    "airport with a place": (
        "crossings.csv",
        "AIR,,air",
        "AIR,far,air",
        "3:31: an airport has no place, found 'far': expected it empty",
    ),
    "airport into a country": (
        "crossings.csv",
        "XAA|AIR",
        "XAA|XCC",
        "3:23: an airport leads to 'XCC': expected XAA|AIR",
    ),
    "weekday profile": (
        "crossings.csv",
        "calm",
        "clam",
        "2:54: unknown weekday profile 'clam': did you mean 'calm'?",
    ),
    "mean of a profile": (
        YAML,
        "[1, 1, 1, 1, 1, 1, 1]",
        "[2, 1, 1, 1, 1, 1, 1]",
        "80:28: the mean is 1.14: expected 1",
    ),
    "document": ("places.csv", "travel|", "travl|", "2:23: unknown document 'travl': did you mean 'travel'?"),
    "place at home": ("places.csv", "XCC", "XAA", "3:14: 'XAA' is the country left: expected another"),
    "lane of no crossing": (
        "lanes.csv",
        "bridge,vehicle",
        "brigde,vehicle",
        "2:1: unknown land crossing 'brigde': did you mean 'bridge'?",
    ),
    "lane of an airport": (
        "lanes.csv",
        "bridge,vehicle",
        "terminal,vehicle",
        "2:1: unknown land crossing 'terminal': expected 'bridge'",
    ),
    "duplicate lane": (
        "lanes.csv",
        "bridge,vehicle",
        "bridge,foot",
        "3:8: duplicate lane: 'bridge' has a foot lane already, expected one of a kind",
    ),
    "hours": (
        "lanes.csv",
        "19:00",
        "19:75",
        "3:23: '07:00-19:75': expected opening hours such as 07:00-19:00",
    ),
    "air crossing": (
        "airports.csv",
        "terminal",
        "termnal",
        "2:27: unknown air crossing 'termnal': did you mean 'terminal'?",
    ),
    "airport of an origin": ("origins.csv", "aaa", "aab", "2:50: unknown airport 'aab': did you mean 'aaa'?"),
    "airport of a service": (
        "services.csv",
        "to-far,aaa",
        "to-far,xyz",
        "2:8: unknown airport 'xyz': expected 'aaa' or 'bbb'",
    ),
    "destination": ("services.csv", "aaa,far", "aaa,fa", "2:12: unknown place 'fa': did you mean 'far'?"),
    "abroad by feeder": (
        "services.csv",
        "bbb,true",
        "far,true",
        "3:12: unknown airport 'far': expected 'aaa' or 'bbb'",
    ),
    "feeder abroad": (
        "services.csv",
        "bbb,true",
        "bbb,false",
        "3:12: 'bbb' is an airport: expected a place abroad, or domestic = true",
    ),
    "no seats": (
        "services.csv",
        "aaa,bbb,true,100,",
        "aaa,bbb,true,0,",
        "3:21: 0 seats: expected more than 0, or a policy that adds some",
    ),
    "an airlift without a pull": (
        "services.csv",
        "80 %,survey\nfeeder",
        "0,survey\nfeeder",
        "2:1: no ordinary traveller has a seat (an airlift?): expected a pull, in ordinary travellers per day",
    ),
    "share over 1": (
        YAML,
        "share: 0.5\n",
        "share: 0.95\n",
        "23:12: shares of 'metropolis' origins add up to 1.05: expected at most 1",
    ),
    "kind without a share": (
        YAML,
        "{metropolis: 10 %, other",
        "{other",
        "15:12: group 'called' has no share of 'metropolis' origins: expected 'metropolis' or 'all'",
    ),
    "unknown kind of origin": (
        YAML,
        "{metropolis: 10 %",
        "{all: 5 %, metropols: 10 %",
        "15:34: unknown kind of origin 'metropols': did you mean 'metropolis'?",
    ),
    "strength": (YAML, "1.0, rest", "1.0, rst", "31:35: unknown group 'rst': did you mean 'rest'?"),
    "group of a policy": (
        YAML,
        "groups: [exposed]",
        "groups: [expsed]",
        "50:27: unknown group 'expsed': did you mean 'exposed'?",
    ),
    "crossing of a policy": (
        YAML,
        "[XBB, terminal]",
        "[XBB, terminl]",
        "50:54: unknown crossing or country 'terminl': did you mean 'terminal'?",
    ),
    "lane of a policy": (
        YAML,
        "lane: foot",
        "lane: rail",
        "59:33: 'bridge' has no rail lane to open: expected a row of lanes with open = false",
    ),
    "service of a policy": (
        YAML,
        "services: [to-far]",
        "services: [to-fra]",
        "60:48: unknown service 'to-fra': did you mean 'to-far'?",
    ),
    "origin of a policy": (
        YAML,
        "[valley]",
        "[vally]",
        "61:77: unknown origin 'vally': did you mean 'valley'?",
    ),
    "source of a row": (
        "origins.csv",
        "census;survey",
        "census;suvey",
        "3:68: unknown source 'suvey': did you mean 'survey'?",
    ),
    "evidence": (
        YAML,
        "denied, probability: 0.1, evidence: [decree]",
        "denied, probability: 0.1, evidence: [decre]",
        "45:83: unknown source 'decre': did you mean 'decree'?",
    ),
    "parameter": (
        "parameters.csv",
        "act_rate",
        "act_rates",
        "2:1: unknown parameter 'act_rates': did you mean 'act_rate'?",
    ),
    "parameter twice": (
        "parameters.csv",
        "ground_fare,8,,,range,RUB/km",
        "act_rate,8,,,range,/d",
        "3:1: duplicate parameter 'act_rate': expected it once",
    ),
    "unit of a parameter": (
        "parameters.csv",
        "/d",
        "km",
        "2:21: 'act_rate' in 'km': expected '/d' or a unit like it",
    ),
    "no way out": (
        "origins.csv",
        ",other,49,21,,1 million,1.5 million,,",
        ",other,-49,21,,1 million,1.5 million,,",
        "3:1: no way out of 'valley': the nearest crossing, 'bridge', is 11109 km away; "
        "expected a land crossing within 2492 km (ground_reach), or an airport with services abroad or "
        "to within 350 km of a crossing",
    ),
    "signal after the end": (
        YAML,
        "at: 2030-03-02T09:00+03:00\n    str",
        "at: 2030-04-02T09:00+03:00\n    str",
        f"30:9: 2030-04-02T09:00:00+03:00 lies outside the period: {SPAN}",
    ),
    "signal long before": (
        YAML,
        "at: 2030-03-02T09:00+03:00\n    str",
        "at: 2029-03-02T09:00+03:00\n    str",
        f"30:9: 2029-03-02T09:00:00+03:00 lies outside the period: {SPAN}",
    ),
    "call outside": (
        YAML,
        "at: 2030-03-02T19:00+03:00",
        "at: 2031-03-02T19:00+03:00",
        f"73:12: 2031-03-02T19:00:00+03:00 lies outside the period: {SPAN}",
    ),
    "call-up outside": (
        YAML,
        "from: 2030-03-02T09:00+03:00",
        "from: 2030-04-02T09:00+03:00",
        f"64:9: 2030-04-02T09:00:00+03:00 lies outside the period: {SPAN}",
    ),
    "call-up backwards": (
        YAML,
        "until: 2030-05-01",
        "until: 2030-03-01",
        "65:10: the call-up ends before it begins: expected a later time",
    ),
    "window outside": (
        YAML,
        "05, 2030-03-08]",
        "05, 2031-03-08]",
        f"48:26: 2031-03-08 lies outside the period: {SPAN}",
    ),
    "window backwards": (
        YAML,
        "[2030-03-05, 2030-03-08]",
        "[2030-03-08, 2030-03-05]",
        "48:13: the window ends before it starts: expected [2030-03-05, 2030-03-08]",
    ),
    "history backwards": (
        YAML,
        "at: 2030-03-04T12:00+03:00",
        "at: 2030-03-02T12:00+03:00",
        "45:14: not in order of time: expected 2030-03-03T12:00:00+03:00 or later",
    ),
    "status after the end": (
        YAML,
        "at: 2030-03-04T12:00+03:00",
        "at: 2030-04-04T12:00+03:00",
        "45:14: 2030-04-04T12:00:00+03:00 lies after the period: expected 2030-03-10 or earlier",
    ),
    "series backwards": (
        YAML,
        "[2030-03-05T00:00+03:00, 1]",
        "[2030-02-05T00:00+03:00, 1]",
        "38:45: not in order of time: expected later than 2030-03-01T00:00:00+03:00",
    ),
    "hint without a window": (
        YAML,
        "    window: [2030-03-05, 2030-03-08]\n",
        "",
        "41:5: 'ban' is hinted without a time: expected 'window: [first day, last day]'",
    ),
    "announced for no day": (
        YAML,
        "announced, starts: 2030-03-06T00:00+03:00,",
        "announced,",
        "56:9: 'walk' is announced without a time: expected 'starts' or 'window'",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_reported_at_its_place(what: str, change: Change, faults: Faults) -> None:
    file, old, new, expected = BROKEN[what]
    change(file, old, new)
    assert faults()[0] == f"tiny/{file}:{expected}"


def test_flights_abroad_need_an_air_crossing(change: Change, faults: Faults) -> None:
    change("airports.csv", "terminal", "")
    expected = "'aaa' has no air crossing for flights abroad: expected one in airports"
    assert faults() == [f"tiny/services.csv:2:8: {expected}"]


def test_a_valid_scenario_has_no_faults(folder: Path) -> None:
    assert found(load(folder)) == []


def test_a_policy_long_in_force_is_fine(change: Change, faults: Faults) -> None:
    old = "{at: 2030-03-05T12:00+03:00, status: announced, starts: 2030-03-06T00:00+03:00,"
    change(YAML, old, "{at: 2028-03-05T12:00+03:00, status: in_force,")
    assert faults() == []


def test_a_hint_without_probability(change: Change, faults: Faults) -> None:
    change(YAML, "    probability: {uniform: [0.1, 0.4]}\n", "")
    change(YAML, "denied, probability: 0.1", "denied")
    expected = "'ban' is hinted without a probability: expected 'probability' from 0 to 1"
    assert faults() == [f"tiny/scenario.yaml:41:5: {expected}"]


@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8, 12, 24])
def test_whole_hours_that_divide_a_day_are_steps(hours: int, change: Change, faults: Faults) -> None:
    change(YAML, "6 h", f"{hours * 60} min")
    assert faults() == []


def test_a_land_crossing_needs_a_lane(change: Change, faults: Faults) -> None:
    change("crossings.csv", "terminal,", "tunnel,The Tunnel,XAA|XBB,north,rail,50.9,20,500,500,,survey\nterminal,")
    assert faults() == ["tiny/crossings.csv:3:1: 'tunnel' has no lane: expected at least one row of lanes"]


REFERRED = "expected the rows that other parts of the scenario refer to"


@pytest.mark.parametrize("table", ["lanes", "airports", "services", "evidence"])
def test_a_missing_table_is_told_once(table: str, folder: Path, faults: Faults) -> None:
    (folder / f"{table}.csv").unlink()
    assert faults() == [f"tiny/{table}.csv: missing file: {REFERRED}"]


@pytest.mark.parametrize("table", ["lanes", "airports", "services", "evidence"])
def test_a_table_without_rows_is_told_once(table: str, folder: Path, faults: Faults) -> None:
    path = folder / f"{table}.csv"
    path.write_text(path.read_text(encoding="utf-8").split("\n")[0], encoding="utf-8")
    assert faults() == [f"tiny/{table}.csv:1:1: no rows: {REFERRED}"]


def test_a_wrong_home_is_told_once(change: Change, faults: Faults) -> None:
    change(YAML, "home: XAA", "home: XAB")
    assert faults() == ["tiny/scenario.yaml:4:7: 'XAB' is left by no crossing: they all lead out of 'XAA'"]


def test_a_wrong_period_brings_no_others(change: Change, faults: Faults) -> None:
    change(YAML, "end: 2030-03-10", "end: 2029-03-10")
    assert len(faults()) == 1


def test_a_faulty_group_does_not_make_the_class_of_another_strange(change: Change, faults: Faults) -> None:
    change(YAML, "id: called", "id: exposed")
    change(YAML, "share: 0.5\n", "share: -0.5\n")
    assert faults() == ["tiny/scenario.yaml:23:12: -0.5 is out of bounds: expected at least 0"]


def test_a_lane_must_be_able_to_serve(change: Change, faults: Faults) -> None:
    change("lanes.csv", "1200", "")
    change("crossings.csv", ",500,500,", ",,500,")
    expected = "a lane without throughput at a crossing without entries: expected one of them"
    assert faults() == [f"tiny/lanes.csv:2:16: {expected}"]


def test_a_measure_may_not_end_before_it_is_in_force() -> None:
    closed = {"status": "in_force", "at": "2030-03-03T06:00+00:00", "ends": "2030-03-02T00:00+00:00"}
    shut = policy({"kind": "close"}, at=None, history=[closed], applies_to={"crossings": ["bridge"]})
    with pytest.raises(ScenarioError, match="it ends before it starts: expected a later time"):
        town(policies=[shut])


def test_a_way_out_is_one_that_the_engine_takes() -> None:
    town(hours=3590 / 50, numbers={"ground_reach": 72, "detour": 1, "road_speed": 50})
    with pytest.raises(ScenarioError, match="expected a land crossing within 3600 km"):
        town(hours=3610 / 50, numbers={"ground_reach": 72, "detour": 1, "road_speed": 50})
