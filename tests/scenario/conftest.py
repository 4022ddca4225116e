"""A tiny valid scenario folder, and ways to break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from egress.errors import ScenarioError
from egress.scenario.load import load

TABLES = {
    "origins": """\
id,name,kind,lat,lon,population,population_low,population_high,airports,source,basis
capital,The Capital,metropolis,50,20,2 million,,,aaa,census,
valley,"The Valley, all of it",other,49,21,,1 million,1.5 million,,census;survey,
""",
    "places": """\
id,name,country,lat,lon,admits,source
north,North,XBB,51,20,travel|visa,survey
far,Far Away,XCC,40,40,visa,survey
""",
    "crossings": """\
id,name,between,place,mode,lat,lon,entries,exits,weekday_entries,source
bridge,The Bridge,XAA|XBB,north,road,50.9,20,500,500,calm,survey
terminal,The Terminal,XAA|AIR,,air,50,20,,,,survey
""",
    "lanes": """\
crossing,kind,throughput,open,hours,source
bridge,vehicle,1200,,,survey
bridge,foot,800,false,07:00-19:00,survey
""",
    "airports": """\
id,name,lat,lon,crossing,source
aaa,Capital Airport,50,20,terminal,survey
bbb,Border Airport,50.8,20,,survey
""",
    "services": """\
id,origin,destination,domestic,seats,hours,fare,load,source
to-far,aaa,far,,200,3 h,9000,80 %,survey
feeder,aaa,bbb,true,100,1 h,3000,80 %,survey
""",
    "evidence": """\
id,what,publisher
census,how many live there,the office
survey,"what people said, asked",the office
decree,the decree,the gazette
""",
    "parameters": """\
name,value,low,high,shape,unit,source
act_rate,,1,3,range,/d,survey
ground_fare,8,,,range,RUB/km,assumption
""",
}
YAML = """\
name: tiny
title: A tiny crisis
summary: A made-up crisis.
home: XAA
period:
  start: 2030-03-01
  end: 2030-03-10
  utc_offset: "+03:00"
  step: 6 h
groups:
  - id: called
    name: those called up
    documents: travel
    exposed: true
    share: {metropolis: 10 %, other: {range: [5 %, 12 %]}}
    willing: 5 %
    ready_at_once: 20 %
    preparation: {range: [1 d, 4 d]}
    source: survey
  - id: rest
    name: everybody else
    documents: internal
    share: 0.5
    willing: 1 %
    ready_at_once: 20 %
    preparation: 3 d
    source: assumption
signals:
  - what: the decree
    at: 2030-03-02T09:00+03:00
    strength: {exposed: 1.0, rest: {range: [-0.2, 0.3]}}
    hold: 2 d
    fades: 5 d
    evidence: [decree]
series:
  - what: talk
    weight: 0.2
    points: [[2030-03-01T00:00+03:00, 0.5], [2030-03-05T00:00+03:00, 1]]
    evidence: [survey]
policies:
  - id: ban
    what: an exit ban
    history:
      - {at: 2030-03-03T12:00+03:00, status: hinted, evidence: [decree]}
      - {at: 2030-03-04T12:00+03:00, status: denied, probability: 0.1, evidence: [decree]}
    probability: {uniform: [0.1, 0.4]}
    feared: 0.5
    window: [2030-03-05, 2030-03-08]
    outcome: {happened: true, starts: 2030-03-06T00:00+03:00}
    applies_to: {groups: [exposed], crossings: [XBB, terminal]}
    effects:
      - {kind: refuse_exit, share: 0.9}
  - id: walk
    what: people may walk over
    history:
      - {at: 2030-03-05T12:00+03:00, status: announced, starts: 2030-03-06T00:00+03:00, evidence: [decree]}
    applies_to: {crossings: [bridge]}
    effects:
      - {kind: open_lane, lane: foot}
      - {kind: seats, per_day: 100, services: [to-far]}
      - {kind: road_block, distance: 2 h, turned_back: 0.5, local_origins: [valley]}
call_up:
  quota: 10 thousand
  from: 2030-03-02T09:00+03:00
  until: 2030-05-01T00:00+03:00
  half_time: 7 d
  comply: 0.5
  hide: 0.2
  found: 0.01
  evidence: [decree]
voice:
  calls:
    - {at: 2030-03-02T19:00+03:00, turnout: 100, evidence: [survey]}
  detained: 0.2
  released: 0.5
  listed: 0.1
  scatter: 2
  evidence: [survey]
weekdays:
  calm: {monday_to_sunday: [1, 1, 1, 1, 1, 1, 1], source: survey}
limits:
  - Every number is made up.
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a valid scenario; the current folder is the one around it."""
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "tiny"
    here.mkdir()
    (here / "scenario.yaml").write_text(YAML, encoding="utf-8")
    for name, text in TABLES.items():
        (here / f"{name}.csv").write_text(text, encoding="utf-8")
    return here


@pytest.fixture
def change(folder: Path) -> Callable[[str, str, str], None]:
    """Return a function that replaces a text, which must be there once, in a file of the folder."""

    def swap(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return swap


@pytest.fixture
def faults(folder: Path) -> Callable[[], list[str]]:
    """Return a function that loads the folder and returns its faults as text."""

    def read() -> list[str]:
        try:
            load("tiny")
        except ScenarioError as error:
            return [str(replace(fault, file=Path(fault.file).as_posix())) for fault in error.faults]
        return []

    return read
