from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import xarray as xr
from shared_commands import Said, egress

from egress.errors import RunError
from egress.report import folder
from egress.scenario.load import load, shipped
from egress.scenario.positions import read_yaml
from egress.trajectory import Trajectory

GOLDEN = Path(__file__).parent / "golden" / "one-border-summary.txt"
REWRITE = "EGRESS_REWRITE_GOLDEN"  # set it to 1 to write the golden file anew
SOURCES = str(Path(__file__).parents[1] / "src")
TERMINAL = {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}  # what makes rich draw its bar in a pipe


def start(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    known = {"PYTHONPATH": SOURCES, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **known},
        # Ctrl-C is obeyed even where the tests were started in the background, which does not
        preexec_fn=None if os.name == "nt" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run(out: Path, *options: object, scenario: object = "one-border") -> Said:
    return egress("run", scenario, "--members", 3, "--out", out, *options)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """Return the folder of a run on one thread, and what it said."""
    out = tmp_path_factory.mktemp("cli") / "ran"
    return out, run(out, "--threads", 1)


# A run


def test_a_run_writes_every_file_and_nothing_else(ran: tuple[Path, Said]) -> None:
    out, said = ran
    assert (said.code, said.err) == (0, f"Written to {out}\n")
    assert {path.name for path in out.iterdir()} == set(folder.FILES)
    assert list(out.parent.iterdir()) == [out]
    assert all(path.stat().st_size for path in out.iterdir())


def test_run_json_says_what_was_run(ran: tuple[Path, Said]) -> None:
    facts = json.loads((ran[0] / "run.json").read_text("utf-8"))
    assert (facts["scenario"], facts["seed"], facts["members"], facts["as_of"]) == (
        "one-border",
        20220921,
        3,
        None,
    )
    assert re.fullmatch("[0-9a-f]{12}", facts["scenario_hash"])
    assert {"egress_version", "platform", "exact", "step_hours"} <= set(facts)
    assert {"reading", "running", "writing trajectory.nc", "writing report.html"} <= set(facts["seconds"])
    assert "cross" in facts["seconds_of_processes"]


def test_every_number_of_the_trajectory_has_a_unit(ran: tuple[Path, Said]) -> None:
    with xr.open_dataset(ran[0] / "trajectory.nc", engine="h5netcdf") as data:
        filled = {name: v for name, v in data.variables.items() if v.size and name != "member"}
        numbers = {name: v.attrs for name, v in filled.items() if v.dtype.kind in "if"}
    assert [name for name, attrs in numbers.items() if not {"units", "long_name"} <= attrs.keys()] == []


def test_the_summary_is_as_it_was(ran: tuple[Path, Said]) -> None:
    if os.environ.get(REWRITE):
        GOLDEN.write_text(ran[1].out, "utf-8", newline="\n")
    assert ran[1].out == GOLDEN.read_text("utf-8"), f"if that is right, run again with {REWRITE}=1"


def test_threads_do_not_change_a_byte(ran: tuple[Path, Said], tmp_path: Path) -> None:
    assert run(tmp_path / "two", "--threads", 2).code == 0
    for name in ("arrivals.csv", "queues.csv", "outcomes.csv"):
        assert (tmp_path / "two" / name).read_bytes() == (ran[0] / name).read_bytes()


def test_tables_are_rounded_unless_exact_and_the_trajectory_never_is(ran: tuple[Path, Said], tmp_path: Path) -> None:
    exact = tmp_path / "exact"
    assert run(exact, "--exact").code == 0
    means = [[float(line.split(",")[5]) for line in _lines(place)] for place in (ran[0], exact)]
    assert all(mean % 10 == 0 for mean in means[0])
    assert any(mean % 10 for mean in means[1])
    assert json.loads((exact / "run.json").read_text("utf-8"))["exact"] is True
    pair = [Trajectory.open(place / "trajectory.nc").data for place in (ran[0], exact)]
    assert pair[0].equals(pair[1])


def _lines(place: Path) -> list[str]:
    header, *lines = (place / "arrivals.csv").read_text("utf-8").splitlines()
    assert header.split(",")[5] == "mean"
    return lines


def test_a_day_is_its_start_in_the_time_of_the_scenario(tmp_path: Path) -> None:
    assert run(tmp_path / "day", "--as-of", "2030-03-05", "--step", 12).code == 0
    facts = json.loads((tmp_path / "day" / "run.json").read_text("utf-8"))
    assert (facts["as_of"], facts["step_hours"]) == ("2030-03-05T00:00:00+00:00", 12)
    assert run(tmp_path / "time", "--as-of", "2030-03-05T03:00+03:00", "--step", 12).code == 0
    same = ((tmp_path / name / "arrivals.csv").read_bytes() for name in ("day", "time"))
    assert len(set(same)) == 1


def test_the_default_folder_is_named_by_scenario_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = egress("run", "one-border", "--members", 1)
    (out,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"one-border-\d{8}-\d{6}", out.name)
    assert said.err == f"Written to {Path('runs') / out.name}\n"


# All files or none


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert run(tmp_path).code == 0
    assert {path.name for path in tmp_path.iterdir()} == set(folder.FILES)


@pytest.mark.parametrize(("inside", "message"), [(True, "is not empty"), (False, "a file, not a folder")])
def test_a_folder_in_use_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool, message: str
) -> None:
    monkeypatch.setattr("egress.ensemble.run", lambda *_, **__: pytest.fail("it ran"))
    (tmp_path / "mine").write_text("precious", "utf-8")
    said = run(tmp_path if inside else tmp_path / "mine")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert message.lower() in said.err.lower()
    assert "choose another folder with --out" in said.err
    assert (tmp_path / "mine").read_text("utf-8") == "precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = run(tmp_path / "file" / "below")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "cannot be written" in said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(28, "No space left on device"), 2), (RunError("lost"), 2), (KeyboardInterrupt(), 130)],
)
def test_nothing_is_left_of_a_run_that_fails_while_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr("egress.report.tables.outcomes", fail)
    said = run(tmp_path / "new" / "out")
    assert (said.code, said.err.count("\n")) == (code, 1)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_comes_up_meanwhile_is_not_touched(tmp_path: Path) -> None:
    def write_both() -> None:
        with folder.prepared(tmp_path / "out") as part:
            (part / "file").touch()
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "theirs").touch()

    with pytest.raises(folder.OutputError, match="cannot be written"):
        write_both()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "theirs"]


# Faults


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "one-boarder"], "did you mean 'one-border'?"),
        (["run", "one-border", "--members", "0"], "--members"),
        (["run", "one-border", "--members", "5:5"], "'5:5': expected a number of members such as 500, or a range"),
        (["run", "one-border", "--members", "a:b"], "'a:b': expected a number of members"),
        (["run", "one-border", "--members", "-1:4"], "'-1:4': expected a number of members"),
        (["run", "one-border", "--seed", "x"], "'--seed': expected a whole number. See"),
        (["run", "one-border", "--step", "x"], "'--step': expected a number. See"),
        (["run", "one-border", "--threads", "0"], "'--threads': expected a number greater than"),
        (["merge"], "DIR..."),
        (["merge", "nowhere", "--out", "all"], "nowhere: there is no such folder"),
        (["run", "one-border", "--seed", "-1"], "--seed"),
        (["run", "one-border", "--threads", "0"], "--threads"),
        (["run", "one-border", "--step", "5"], "5 h do not divide a day"),
        (["run", "one-border", "--as-of", "2030-02-30"], "expected a day such as"),
        (["run", "one-border", "--as-of", "soon"], "expected a day such as"),
        (["run", "one-border", "--as-of", "2022-03-05"], "expected a day from 2029-12-01 to 2030-03-20"),
        (["run", "one-border", "--as-of", "2031-03-05T12:00+03:00"], "expected a day from 2029-12-01 to 2030-03-20"),
        (["sensitivity", "one-border", "--as-of", "2031-03-05"], "expected a day from 2029-12-01 to 2030-03-20"),
        (["run", "one-border", "--posterior", "p.nc", "--step", "12"], "does not go with --posterior"),
        (["run", "one-border", "--posterior", "no-such-file"], "no-such-file: there is no such file"),
        (["new", "one-border"], "'one-border' is the name of a shipped scenario"),
        (["rnu"], "Did you mean 'run'? See egress --help."),
        (["run", "one-border", "--as-of", "2030-03-05T12:00"], "has no offset"),
        (["run", "one-border", "--membrs", "3"], "--members"),
        (["run"], "scenario"),
        (["fly"], "fly"),
        (["validate", "no-such-crisis"], "neither a folder nor a shipped scenario"),
        (["explain", "no-such-crisis"], "neither a folder nor a shipped scenario"),
        (["new", "My Crisis"], "lower-case letters"),
        (["schema", "--out", "no/such/folder.json"], "cannot be written"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = egress(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert message.lower() in said.err.lower()
    assert not list(tmp_path.iterdir())


def test_every_fault_of_a_scenario_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert egress("new", "mine").code == 0
    for file, old, new in (
        ("scenario.yaml", "hold: {uniform: [1 d, 8 d]}", "hold: {uniform: [8 d, 1 d]}"),
        ("lanes.csv", "bridge,vehicle", "brigde,vehicle"),
        ("observations.csv", ",entries,", ",entrys,"),
    ):
        text = (tmp_path / "mine" / file).read_text("utf-8")
        assert old in text
        (tmp_path / "mine" / file).write_text(text.replace(old, new), "utf-8", newline="\n")
    said = egress("validate", "mine")
    assert (said.code, said.out) == (2, "")
    places = [line.split(": ")[0] for line in said.err.splitlines()]
    assert [re.sub(r":\d+:\d+$", "", place).split("mine")[1][1:] for place in places] == [
        "lanes.csv",
        "observations.csv",
        "scenario.yaml",
    ]
    assert all(re.search(r":\d+:\d+$", place) for place in places)
    assert egress("run", "mine").code == 2
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process only")
def test_ctrl_c_stops_at_once_even_while_numba_compiles(tmp_path: Path) -> None:
    cold = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), **TERMINAL}
    process = start("-m", "egress", "run", "one-border", "--out", tmp_path / "out", **cold)
    assert process.stderr is not None
    seen = ""
    while "compiling" not in seen and process.poll() is None:
        seen += process.stderr.read(1)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("stopped; nothing was written\n")
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} <= {"cache"}


def test_the_bar_is_drawn_before_numba_and_xarray_are_imported(tmp_path: Path) -> None:
    process = start("-X", "importtime", "-m", "egress", "run", "one-border", "--members", 1,
                    "--out", tmp_path / "out", **TERMINAL)  # fmt: skip
    err = process.communicate(timeout=900)[1]  # compiling included
    assert process.returncode == 0
    drawn = err.index("starting")
    for package in ("numpy", "numba", "xarray", "pandas", "altair"):
        assert drawn < re.search(rf"\| +{package}\n", err).start()  # type: ignore[union-attr]
    assert err.index("compiling (once)") < re.search(r"\| +numba\n", err).start()  # type: ignore[union-attr]


# The other commands


def test_a_new_scenario_is_valid_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = egress("new", "my-crisis")
    assert said.code == 0
    assert "egress run my-crisis" in said.out
    assert load("my-crisis").name == "my-crisis"
    assert egress("validate", "my-crisis").out.startswith("my-crisis: valid. 2 origins, 2 groups, ")
    assert run(tmp_path / "out", scenario="my-crisis").code == 0
    again = egress("new", "my-crisis")
    assert (again.code, again.err) == (2, "egress: my-crisis: is there already; choose another name\n")


def test_list_names_every_shipped_scenario() -> None:
    said = egress("list")
    assert said.code == 0
    for name in shipped():
        assert f"{name}: {load(name).title}\n" in said.out


def test_the_schema_accepts_the_shipped_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    schema = json.loads(egress("schema").out)
    assert egress("schema", "--out", "schema.json").code == 0
    assert json.loads(Path("schema.json").read_text("utf-8")) == schema
    assert egress("new", "mine").code == 0
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for path in (*shipped().values(), Path("mine")):
        assert not list(validator.iter_errors(read_yaml(path / "scenario.yaml").data))
    assert not validator.is_valid(read_yaml(Path("mine/scenario.yaml")).data | {"membrs": 3})


@pytest.mark.parametrize("name", ["one-border", "russia-2022"])
def test_explain_shows_every_part(name: str) -> None:
    from egress.engine.loop import ORDER

    said = egress("explain", name)
    assert said.code == 0
    scenario = load(name)
    shown = re.sub(r"\s+", "", said.out)
    order = [shown.index(re.sub(r"\s+", "", f"{number}. {step}:")) for number, step in enumerate(ORDER, 1)]
    assert order == sorted(order)
    for row in scenario.parameters:
        assert row.name in said.out
    for signal_ in scenario.signals:
        assert signal_.what[:12] in said.out
    for evidence in scenario.evidence:
        assert evidence.id in said.out
    assert "rest on assumptions" in said.out


def test_letters_that_a_terminal_does_not_know_do_not_stop_it() -> None:
    process = start("-m", "egress", "explain", "one-border", PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "susceptible -> preparing -> ready" in out


@pytest.mark.parametrize("arguments", [["--help"], [], ["run", "--help"]])
def test_help(arguments: list[str]) -> None:
    said = egress(*arguments)
    assert said.code == 0
    assert "Usage: egress" in said.out


def test_version() -> None:
    process = start("-m", "egress", "--version")
    assert re.fullmatch(r"egress \d+\.\d+\.\d+\n", process.communicate(timeout=60)[0])


def test_sensitivity_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = egress("sensitivity", "one-border", "--samples", 8, "--outputs", "arrivals,queue:bridge", "--out", out)
    assert (said.code, said.err) == (0, f"Written to {out}\n")
    assert "what would change our mind" in said.out
    assert {"sensitivity.html", "sensitivity.png", "sensitivity.csv", "sensitivity.json"} == {
        path.name for path in out.iterdir()
    }


@pytest.mark.parametrize("wrong", [("--samples", 7), ("--outputs", "Atlantis"), ("--apart", "noise")])
def test_a_sensitivity_that_cannot_be_asked_writes_nothing(tmp_path: Path, wrong: tuple[object, ...]) -> None:
    said = egress("sensitivity", "one-border", "--out", tmp_path / "out", *wrong)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "out").exists()
