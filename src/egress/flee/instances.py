"""The shared instances of FabFlee, which are not shipped: where they are, and what Flee itself reached on them."""

from __future__ import annotations

import os
from pathlib import Path

from egress.flee.agreement import rows
from egress.formats.flee import Instance, read_instance

SEVEN = ("mali2012", "car2013", "tigray2020", "ssudan2013", "nigeria2016", "mali2017_adm1", "ukraine2022")
ACCURACY = "refs/accuracy.csv"
NOWHERE = "Flee's instances are not here: no data/flee in $EGRESS_SHARED, or in a folder `shared` here or above"


def folder() -> Path | None:
    """Return the folder of instances: in $EGRESS_SHARED where that is set, else in `shared` here or above."""
    given, here = os.environ.get("EGRESS_SHARED"), Path.cwd()
    near = [Path(given)] if given else [place / "shared" for place in (here, *here.parents)]
    return next((place / "data" / "flee" for place in near if (place / "data" / "flee").is_dir()), None)


def read(place: Path, names: tuple[str, ...] = SEVEN) -> dict[str, Instance]:
    """Return conflicts by name, each with the validation settings at hasten 1."""
    return {name: read_instance(place / name, place / "settings" / "validation_h1.yml") for name in names}


def accuracy(place: Path) -> list[dict[str, str]]:
    """Return the rows of ACCURACY: Flee's own errors, by instance, settings and hasten."""
    return list(rows(place / ACCURACY))


def best(place: Path, measure: str = "ard") -> dict[str, float]:
    """Return the least ARD (or `rescaled`) of Flee's listed settings, by instance: a choice made with hindsight."""
    found: dict[str, float] = {}
    for row in accuracy(place):
        name, error = row["instance"], float(row[f"{measure}_mean"])
        found[name] = min(error, found.get(name, error))
    return found
