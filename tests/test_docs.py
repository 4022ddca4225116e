"""README and docs: commands, quoted regions, links, examples and tables are what the code has."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import re
import stat
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import shared_commands

import egress

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *PAGES]
COMMANDS = "pip install . && egress run russia-2022\npip install '.[test]' && pytest"
MODULES = (
    "egress",
    "egress.archive",
    "egress.baselines.known",
    "egress.baselines.lognormal",
    "egress.baselines.rules",
    "egress.formats.hubverse",
    "egress.score.rules",
    "egress.score.summary",
    "egress.score.table",
    "egress.units",
    "egress.distribution",
    "egress.engine.flee.case",
    "egress.assimilate.priors",
    "egress.ensemble",
    "egress.parts",
    "egress.trajectory",
    "egress.observations",
    "egress.observe",
    "egress.scenario.load",
    "egress.scenario.network",
    "egress.scenario.numbers",
    "egress.scenario.priors",
    "egress.scenario.time",
    "egress.assimilate.daily",
    "egress.assimilate.factors",
    "egress.assimilate.sensitivity",
    "egress.report.folder",
    "egress.report.forecast_facts",
    "egress.report.forecast_summary",
    "egress.report.input_names",
    "egress.report.rounding",
    "egress.testing",
)
FENCE = re.compile(r"^```.*$", re.MULTILINE)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """Return docs/reference/make.py."""
    spec = importlib.util.spec_from_file_location("docs_reference_make", DOCS / "reference" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme_has_the_two_commands():
    assert f"```\n{COMMANDS}\n```" in (ROOT / "README.md").read_text("utf-8")


def test_ci_runs_the_test_command_of_readme():
    script = ROOT / ".ci" / "run"
    text = script.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("tests=$(grep"))
    pattern = re.search(r'-x "(.*)" README', line)
    assert pattern is not None
    found = [row for row in COMMANDS.splitlines() if re.fullmatch(pattern[1], row)]
    assert found == [COMMANDS.splitlines()[1]]
    if sys.platform != "win32":
        assert script.stat().st_mode & stat.S_IXUSR


def test_python_example_of_readme_runs():
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(code) == 1
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code[0], "README.md", "exec"), {})
    assert "1200" in printed.getvalue()


def test_licence_is_the_standard_text():
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert len(text) == 11358
    assert "Version 2.0, January 2004" in text


def quoted() -> list[tuple[str, str, str, str]]:
    """Return (page, file, first marker, last marker) of every region that a page quotes."""
    found = []
    for page in PAGES:
        for file, options in re.findall(r"```\{literalinclude\} (\S+)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            marks = [
                re.search(rf':{name}: "?(.*?)"?$', options, re.MULTILINE) for name in ("start-after", "end-before")
            ]
            first, last = (mark[1] if mark else "" for mark in marks)
            found.append((named(page), file, first, last))
    return found


@pytest.mark.parametrize(("page", "file", "first", "last"), quoted())
def test_quoted_region_is_in_the_shipped_file(page: str, file: str, first: str, last: str):
    text = (ROOT / page).parent.joinpath(file).read_text("utf-8")
    if first or last:
        assert text.count(first) == text.count(last) == 1
        region = text.split(first)[1].split(last)[0]
        assert len(region.strip().splitlines()) > 1


def test_something_is_quoted():
    assert len(quoted()) > 10


@pytest.mark.parametrize("path", TEXTS, ids=named)
def test_links_lead_somewhere(path: Path):
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_page_is_reached_from_another(path: Path):
    if path == DOCS / "index.md":
        return
    listed = set()
    for page in PAGES:
        for body in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            words = [line for line in body.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{word}.md").resolve() for word in words}
    assert path.resolve() in listed


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_included_parts_are_made(path: Path, make: ModuleType):
    made = make.pages()
    for target in re.findall(r"```\{include\} (\S+)", path.read_text("utf-8")):
        assert target.startswith("../_build/generated/")
        assert made[Path(target).name].strip()


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_module_run(module: str):
    loaded = importlib.import_module(module)
    failed, _ = doctest.testmod(loaded, extraglobs={"np": importlib.import_module("numpy")})
    assert failed == 0


@pytest.mark.parametrize("path", [page for page in PAGES if ">>> " in page.read_text("utf-8")], ids=named)
def test_examples_of_page_run(path: Path):
    text = FENCE.sub("", path.read_text("utf-8"))
    example = doctest.DocTestParser().get_doctest(text, {}, named(path), str(path), 0)
    report: list[str] = []
    result = doctest.DocTestRunner().run(example, out=report.append)
    assert result.failed == 0, "".join(report)
    assert result.attempted > 0


def test_reference_has_every_field_parameter_and_command(make: ModuleType):
    from egress.cli import app, archive
    from egress.scenario.load import defaults
    from egress.scenario.schema import TABLES

    made = make.pages()
    for _, model in make.SECTIONS:
        for name, field in model.model_fields.items():
            assert name in TABLES or f"`{field.alias or name}`" in made["scenario.md"]
    for model in make.EFFECTS:
        kind = make.get_args(model.model_fields["kind"].annotation)[0]
        assert f"#### `{kind}`" in made["scenario.md"]
    assert all(f"### {table}.csv" in made["tables.md"] for table in TABLES)
    assert all(f"| `{row.name}` |" in made["parameters.md"] for row in defaults())
    assert made["commands.md"].count("### egress ") == len([*app.registered_commands, *archive.registered_commands])
    assert all("```text\n\n```" not in text for text in made.values())


def test_reference_spells_options_as_the_commands_do(make: ModuleType):
    import typer

    from egress.cli import app

    sections = make.pages()["commands.md"].split("### egress ")[1:]
    told = {section.split("\n")[0]: section for section in sections}
    found = 0
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        for option in (*command.params, *(p for sub in getattr(command, "commands", {}).values() for p in sub.params)):
            for spelt in (*option.opts, *option.secondary_opts):
                if spelt.startswith("--") and spelt != "--help":
                    assert f"`{spelt}" in told[name], (name, spelt)
                    found += 1
    assert found > 40


def test_map_of_the_code_is_complete(make: ModuleType):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(rows)) == re.findall(r"egress\.(\w+)", " ".join(layers))
    text = make.pages()["order.md"] + (DOCS / "method" / "index.md").read_text("utf-8")
    files = {path.name for path in (ROOT / "src/egress/engine/processes").glob("[!_]*.py")}
    assert len(files) > 15
    assert all(f"`{name}`" in text or f"/{name}`" in text for name in files)


def test_reference_of_uncertain_fields_names_their_dimension(make: ModuleType):
    made = make.pages()
    assert '| `preparation` | uncertain: a duration such as "36 h" or "3 d" |' in made["scenario.md"]
    assert '| uncertain: a flow such as "4 thousand/day" | no: 0 |' in made["tables.md"]


def first_column(text: str, heading: str) -> set[str]:
    """Return the names in the first column of the table under a heading."""
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_run_folder_is_described():
    from egress.report import tables
    from egress.report.folder import FILES

    text = (DOCS / "reference" / "run-folder.md").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(f"## {name}\n" in text and f"| `{name}` |" in readme for name in FILES)
    data = egress.run("one-border", members=2).data
    assert first_column(text, "arrivals.csv") == set(tables.arrivals(data).columns)
    assert first_column(text, "queues.csv") == set(tables.queues(data).columns)
    outcomes = {name for name in tables.outcomes(data).columns if not name.endswith(("_p05", "_p95"))}
    assert first_column(text, "outcomes.csv") == outcomes
    assert first_column(text, "trajectory.nc") == set(data.data_vars)
    for name, variable in data.data_vars.items():
        assert f"| `{name}` | {', '.join(map(str, variable.dims))} |" in text


def test_columns_of_observations_are_described():
    from egress.observations import COLUMNS, KINDS, UNITS

    text = (DOCS / "reference" / "observations.md").read_text("utf-8")
    assert first_column(f"## x\n{text}", "x") == set(COLUMNS)
    assert all(f"`{word}`" in text for word in (*KINDS, *UNITS))


def test_the_forecast_of_the_guide_prints_what_the_guide_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.split(FENCE, (DOCS / "guides" / "forecast.md").read_text("utf-8"))
    rows, command, shown = next(
        (blocks[n], blocks[n + 2], blocks[n + 4]) for n, text in enumerate(blocks) if text.startswith("\nseries,place")
    )
    monkeypatch.chdir(tmp_path)
    Path("my-counts.csv").write_text(rows.strip() + "\n", "utf-8")
    said = shared_commands.egress(*command.split()[1:])
    assert said.code == 0, said.err
    lines = [line.rstrip() for line in said.out.strip().splitlines()]
    assert lines == [line.rstrip() for line in shown.strip().splitlines()]
