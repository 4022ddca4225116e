"""Settings are learnt from reports of camps: a known truth is found again; nothing later has a part in it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import shared_flee

from egress.errors import EgressError
from egress.flee import run
from egress.flee.calibrate import Taught, calibrate, learnt
from egress.formats.flee import read_instance

START, DAYS = date(2020, 1, 1), 30
UNTIL = START + timedelta(days=20)
RANGES = "move_rules:\n  foreign_weight: {low: 0.1, high: 4.0}\n  max_walk_speed: {low: 20, high: 40}\n"
FILES = {
    "input_csv/sim_period.csv": f"StartDate,{START}\nLength,{DAYS}\n",
    "input_csv/locations.csv": (
        "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
        "Gao,North,Mali,16.3,-0.04,conflict_zone,0,100000\n"
        "Mopti,Middle,Mali,14.5,-4.2,camp,,0\n"
        "Abala,West,Niger,14.9,3.4,camp,,0\n"
    ),
    "input_csv/routes.csv": "#name1,name2,distance,forced_redirection\nGao,Abala,100,0\nGao,Mopti,100,\n",
    "input_csv/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input_csv/conflicts.csv": "#Day,Gao\n" + "".join(f"{day},1\n" for day in range(DAYS)),
    "source_data/data_layout.csv": "total,total.csv\nAbala,abala.csv\nMopti,mopti.csv\n",
}
TRUTH = 3.0
"""Weight of the camp abroad beside that at home: at equal distance, 3 of 4 go there."""


def written(tmp_path: Path, later: float = 0.75, settings: str = RANGES) -> Path:
    """Return a folder in which 100 people a day arrive, 3 of 4 abroad; `later`: the share from UNTIL on."""
    reports: dict[str, list[str]] = {"total": [], "abala": [], "mopti": []}
    for day in range(0, DAYS + 1, 5):
        abroad = round(100 * (0.75 * min(day, 20) + later * max(day - 20, 0)))
        for name, people in (("total", 100 * day), ("abala", abroad), ("mopti", 100 * day - abroad)):
            reports[name].append(f"{START + timedelta(days=day)},{people}\n")
    tables = {f"source_data/{name}.csv": "".join(rows) for name, rows in reports.items()}
    return shared_flee.write(tmp_path / "small", {**FILES, **tables, "simsetting.yml": settings})


def taught(folder: Path, **options: int) -> Taught:
    return calibrate(folder, UNTIL, say=lambda _: None, **{"members": 100, "seed": 3, **options})


def test_a_known_truth_is_found_again(tmp_path: Path) -> None:
    found = taught(written(tmp_path))
    assert [one.name for one in found.ranges] == ["foreign_weight", "max_walk_speed"]
    assert found.reports == 6  # of days 5, 10 and 15 of two camps
    before, after = found.before[:, 0], found.after[:, 0]
    assert abs(np.median(before) - TRUTH) > 0.5
    assert np.median(after) == pytest.approx(TRUTH, abs=0.3)
    assert after.std() < before.std() / 2
    assert found.away[0] > 0.05
    assert found.away[1] < 0.02
    # nobody walks: nothing is learnt about the speed
    assert found.after[:, 1].std() > 0.7 * found.before[:, 1].std()


def test_members_start_as_they_would_draw(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert taught(folder).before == pytest.approx(run(folder, members=100, seed=3).settings)


def test_what_came_later_changes_nothing(tmp_path: Path) -> None:
    plain, other = taught(written(tmp_path)), taught(written(tmp_path / "other", later=0.1))
    assert (plain.after == other.after).all()
    everything = calibrate(written(tmp_path / "all", later=0.1), members=100, seed=3, say=lambda _: None)
    assert everything.reports > plain.reports
    assert np.median(everything.after[:, 0]) < np.median(plain.after[:, 0])


def test_the_same_for_any_number_of_threads(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert (taught(folder, threads=1).after == taught(folder, threads=3).after).all()


def test_a_file_has_the_values_for_its_own_folder_only(tmp_path: Path) -> None:
    folder, file = written(tmp_path), tmp_path / "small.nc"
    found = taught(folder)
    found.posterior.save(file)
    known = learnt(file, read_instance(folder), np.array([3, 99]))
    assert (known.settings == found.after[[3, 99]]).all()
    assert known.until == UNTIL.isoformat()
    with pytest.raises(EgressError, match="has 100 members, 101 are asked for: calibrate with more"):
        learnt(file, read_instance(folder), np.array([100]))
    changed = written(tmp_path / "other", settings=RANGES.replace("4.0", "5.0"))
    with pytest.raises(EgressError, match="with other settings or rules than small has now: calibrate again"):
        learnt(file, read_instance(changed), np.array([0]))


def test_what_cannot_be_learnt_from_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    with pytest.raises(EgressError, match="expected a day after 2020-01-01 and by 2020-01-31"):
        calibrate(folder, date(2020, 2, 1))
    with pytest.raises(EgressError, match="2 reports after the first day: expected at least 5"):
        calibrate(folder, START + timedelta(days=6))
    with pytest.raises(EgressError, match="no setting has a range, such as max_move_speed"):
        calibrate(written(tmp_path / "other", settings="move_rules: {softening: 20}\n"))


def test_progress_ends_at_one(tmp_path: Path) -> None:
    heard: list[float] = []
    calibrate(written(tmp_path), UNTIL, members=10, progress=heard.append, say=lambda _: None)
    assert heard[-1] == pytest.approx(1.0)
    assert heard == sorted(heard)
