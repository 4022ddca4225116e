"""Any small folder that is written comes back with the same numbers, in the folder's form and in ours."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from egress.formats.flee import convert, read_instance

START = date(2021, 3, 1)
NAMES = st.text("abcdeéñ '-_.|", min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def folders(draw: st.DrawFn) -> dict[str, str]:
    """Draw the files of a small folder."""
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True).filter(lambda found: "total" not in found))
    days = draw(st.integers(1, 6))
    camps = names[-draw(st.integers(1, len(names) - 1)) :]
    eol = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    people = st.integers(0, 10**6)
    places = [
        f'"{name}",,A,{draw(st.floats(-90, 90))!r},{draw(st.floats(-180, 180))!r},'
        f"{'camp' if name in camps else 'conflict_zone'},0,{draw(people)}"
        for name in names
    ]
    routes = [f"{a},{b},{draw(st.floats(0, 1000))!r},0" for a, b in pairwise(names)]
    values = st.sampled_from(["0", "1", "0.25"])
    conflicts = [",".join([str(day), *(draw(values) for _ in names)]) for day in range(days)]
    counts = st.lists(st.tuples(st.integers(-3, 9), people), min_size=1, max_size=5, unique_by=lambda pair: pair[0])
    files = {
        "input_csv/sim_period.csv": [f"StartDate,{START}", f"Length,{days}"],
        "input_csv/locations.csv": ["#name,region,country,gps_x,gps_y,location_type,conflict_date,population", *places],
        "input_csv/routes.csv": routes,
        "input_csv/conflicts.csv": [",".join(["#Day", *names]), *conflicts],
        "input_csv/closures.csv": [f"location,{names[0]},,{draw(st.integers(-1, 5))},{draw(st.integers(-1, 9))}"],
        "source_data/data_layout.csv": ["total,t.csv", *(f"{camp},{i}.csv" for i, camp in enumerate(camps))],
        "source_data/t.csv": [f"{START},0"],
        "simsetting.yml": ["optimisations:", f"  hasten: {draw(st.integers(1, 50))}"],
    }
    for i, _ in enumerate(camps):
        rows = sorted(draw(counts))
        files[f"source_data/{i}.csv"] = [f"{START + timedelta(days=day)},{count}" for day, count in rows]
    return {name: eol.join(lines) + eol for name, lines in files.items()}


@settings(max_examples=40, deadline=None)
@given(folders())
def test_a_folder_comes_back_with_its_numbers(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "drawn"
        for file, text in files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        before = read_instance(folder)
        convert(folder, Path(name) / "ours")
        after = read_instance(Path(name) / "ours")
    lines = [line for line in files["input_csv/conflicts.csv"].splitlines()[1:] if line]
    assert before.case.conflicts.tolist() == [[float(cell) for cell in line.split(",")[1:]] for line in lines]
    places = [line for line in files["input_csv/locations.csv"].splitlines()[1:] if line]
    whole = [int(line.rsplit(",", 1)[1]) // before.rules.hasten for line in places]
    assert (before.case.places.population + before.case.places.capacity).tolist() == whole
    assert before.case.places.x.tolist() == [float(line.rsplit(",", 5)[1]) for line in places]
    roads = [line for line in files["input_csv/routes.csv"].splitlines() if line]
    assert before.case.links.distance.tolist() == [float(line.rsplit(",", 2)[1]) for line in roads]
    assert before.case.conflicts.tobytes() == after.case.conflicts.tobytes()
    assert before.case.data.people.tobytes() == after.case.data.people.tobytes()
    assert before.case.closures == after.case.closures
    assert before.case.places.names == after.case.places.names
    assert before.case.places.x.tobytes() == after.case.places.x.tobytes()
    assert before.case.links.distance.tobytes() == after.case.links.distance.tobytes()
    assert before.rules == after.rules
