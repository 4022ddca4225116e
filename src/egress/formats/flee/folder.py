"""Where the parts of a Flee folder are: input_csv, source_data, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from egress.errors import Fault, ScenarioError
from egress.formats.flee.settings import settings_fault
from egress.scenario.positions import shown

SETTINGS = "simsetting.yml"
SCENARIO = "scenario.yaml"


@dataclass(frozen=True)
class FleeFolder:
    """The paths that a Flee run is given; `root` is the folder that Flee is started in."""

    input_csv: Path
    source_data: Path
    settings: Path
    root: Path

    @property
    def name(self) -> str:
        """Return the name of the instance."""
        return self.input_csv.resolve().parent.name.encode("utf-8", "replace").decode()  # of bytes that are no text: ?


def is_flee(path: Path) -> bool:
    """Say whether a path is a Flee folder (or its input_csv), or a converted one."""
    return _root(path) is not None or is_converted(path)


def is_converted(path: Path) -> bool:
    """Say whether a path is a scenario folder (or its scenario.yaml) with `rules: flee` or `flee-corrected`."""
    file = path / SCENARIO if path.is_dir() else path
    if file.name != SCENARIO or not file.is_file():
        return False
    lines = file.read_text("utf-8-sig", errors="replace").splitlines()
    return any(line.startswith("rules:") and "flee" in line for line in lines)


def find(path: Path, settings: Path | None = None) -> FleeFolder:
    """Return the parts of a Flee folder; raise ScenarioError where one is missing."""
    root = _root(path)
    if root is None:
        raise ScenarioError([Fault(shown(path), 0, 0, "not a Flee folder: expected input_csv and source_data in it")])
    faults = []
    if not (root / "source_data").is_dir():
        faults.append(Fault(shown(root / "source_data"), 0, 0, "missing folder"))
    chosen = settings or root / SETTINGS
    if not chosen.is_file():
        faults.append(Fault(shown(chosen), 0, 0, "missing file") if settings else settings_fault(root))
    if faults:
        raise ScenarioError(faults)
    return FleeFolder(root / "input_csv", root / "source_data", chosen, root)


def _root(path: Path) -> Path | None:
    """Return the folder that holds input_csv, or None."""
    if (path / "input_csv").is_dir():
        return path
    if path.name == "input_csv" and path.is_dir():
        return path.resolve().parent
    return None
