"""Parts of a run: ranges of its members, run apart (on a cluster, say), read from their folders and put together.

A member's luck depends on its number and the seed alone, so the parts hold what one run of all would hold. Parts
are merged only where that is sure: everything that a trajectory says of its run must be the same in all of them, but
for what depends on the machine (FREE), and the members must be 0, 1, 2, … without a gap.
Only the standard library is imported here, for the command line reads ranges before anything else.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egress.errors import MergeError

if TYPE_CHECKING:
    import xarray as xr

    from egress.trajectory import Trajectory

MOST = 2**32  # members: luck is keyed by their number modulo this
EXPECTED = "a number of members such as 500, or a range of their numbers such as 500:1000 (from 500 up to 999)"
FREE = ("members", "part", "merged", "platform", "seconds", "note")  # attributes in which parts may differ


def numbers(members: int | range) -> range:
    """Return the numbers of the members of a run: of `n` members 0 up to n - 1.

    Raises ValueError where there is none, one is negative or they are not consecutive.

    >>> numbers(3), numbers(range(500, 1000))
    (range(0, 3), range(500, 1000))
    """
    chosen = members if isinstance(members, range) else range(operator.index(members))
    if chosen.step != 1 or not 0 <= chosen.start < chosen.stop <= MOST:
        raise ValueError(f"{members!r}: expected {EXPECTED}")
    return chosen


def read(text: str) -> int | range:
    """Return a number of members, or a range of them, first:end; raise ValueError for another text.

    >>> read("500"), read("0:500")
    (500, range(0, 500))
    """
    if not re.fullmatch("[0-9]{1,10}(:[0-9]{1,10})?", text):
        raise ValueError(f"{text!r}: expected {EXPECTED}")
    first, colon, end = text.partition(":")
    members = range(int(first), int(end)) if colon else int(first)
    try:
        numbers(members)
    except ValueError:
        raise ValueError(f"{text!r}: expected {EXPECTED}") from None
    return members


@dataclass(frozen=True)
class Part:
    """The folder of a run of some members, its trajectory left on disk."""

    folder: Path
    members: range
    attrs: dict[str, Any]
    """What the trajectory says of its run."""
    facts: dict[str, Any]
    """What run.json says of it."""

    @classmethod
    def of(cls, folder: str | Path) -> Part:
        """Read what a folder is part of; raise MergeError where it does not hold members."""
        folder = Path(folder)
        facts = _facts(folder)
        attrs, members = _head(folder)
        return cls(folder, members, attrs, facts)

    def __str__(self) -> str:
        """Return the folder and its members, for messages."""
        return f"{self.folder} ({_range(self.members)})"


def merge(
    folders: Sequence[str | Path], *, members: int | None = None, progress: Callable[[float], None] | None = None
) -> Trajectory:
    """Return the trajectory of all members of a run, from the run folders of its parts in any order.

    With `members` it must be so many. `progress` is called with the share done. Raises MergeError, naming the
    folders, where the parts do not belong together, overlap or leave members out.

    >>> import egress
    >>> egress.merge(["runs/no-such-part"])
    Traceback (most recent call last):
    egress.errors.MergeError: runs/no-such-part: there is no such folder
    """
    return joined(found(folders, members), progress)


def found(folders: Sequence[str | Path], members: int | None = None) -> list[Part]:
    """Return the parts in folders, by their members; raise MergeError unless they make up one run of `members`."""
    parts = sorted(map(Part.of, folders), key=lambda part: (part.members.start, part.members.stop))
    if not parts:
        raise MergeError("there is nothing to merge: name the run folders of the parts")
    _assert_complete(parts, members)
    _assert_alike(parts)
    return parts


def joined(parts: Sequence[Part], progress: Callable[[float], None] | None = None) -> Trajectory:
    """Return the trajectory of parts that `found` has checked; one of them at a time is held beside the whole."""
    from egress.trajectory import Trajectory

    whole: xr.Dataset | None = None
    for done, part in enumerate(parts, 1):
        data = _loaded(part)
        whole = _blank(data, parts) if whole is None else whole
        _assert_same_world(whole, data, part, parts[0])
        _fill(whole, data, part.members)
        if progress is not None:
            progress(done / len(parts))
    assert whole is not None
    return Trajectory(whole)


# What a folder holds


def _facts(folder: Path) -> dict[str, Any]:
    """Return run.json of a folder, which is the last file that a run writes."""
    try:
        facts = json.loads((folder / "run.json").read_text("utf-8"))
    except FileNotFoundError:
        if not folder.exists():
            raise MergeError(f"{folder}: there is no such folder") from None
        raise MergeError(f"{folder}: not a whole run folder (it has no run.json)") from None
    except (OSError, ValueError) as error:
        raise MergeError(f"{folder}: run.json cannot be read: {_why(error)}") from error
    if not isinstance(facts, dict):
        raise MergeError(f"{folder}: run.json is not the record of a run")
    return facts


def _head(folder: Path) -> tuple[dict[str, Any], range]:
    """Return the attributes of the trajectory in a folder and its members, and leave the rest on disk."""
    import h5netcdf  # xarray takes a second to open a file of so many variables

    with _readable(folder), h5netcdf.File(folder / "trajectory.nc", "r") as file:
        if "member" not in file.dimensions:
            wanted = "run it again with a range, such as --members 0:2000"
            raise MergeError(f"{folder}: holds quantiles, not members; {wanted}")
        if "member" not in file.variables:
            raise MergeError(f"{folder}: its members have no numbers; run it again with this egress")
        return dict(file.attrs), _consecutive(file.variables["member"][:].tolist(), folder)


def _consecutive(held: list[int], folder: Path) -> range:
    members = range(held[0], held[-1] + 1)
    if held != list(members):
        raise MergeError(f"{folder}: its members are not consecutive")
    return members


def _loaded(part: Part) -> xr.Dataset:
    """Return the trajectory of a part."""
    from egress.trajectory import Trajectory

    with _readable(part.folder):
        return Trajectory.open(part.folder / "trajectory.nc").data


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Raise MergeError where the trajectory in a folder cannot be read."""
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        raise MergeError(f"{folder}: trajectory.nc cannot be read: {_why(error)}") from error


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]


# Whether parts make up one run


def _assert_complete(parts: Sequence[Part], members: int | None) -> None:
    """Raise MergeError unless the parts, in order, hold the members 0, 1, 2, … once each."""
    end, before = 0, None
    for part in parts:
        if part.members.start < end:
            twice = range(part.members.start, min(end, part.members.stop))
            raise MergeError(f"{_range(twice)} are in both {before} and {part}")
        if part.members.start > end:
            gap = range(end, part.members.start)
            where = f"between {before} and {part}" if before else f"before {part}"
            raise MergeError(f"{_range(gap)} are missing, {where}")
        end, before = part.members.stop, part
    if members is not None and end < members:
        raise MergeError(f"{_range(range(end, members))} are missing, after {before}")
    if members is not None and end > members:
        raise MergeError(f"there are {end} members, not {members}: the last are in {before}")


def _assert_alike(parts: Sequence[Part]) -> None:
    """Raise MergeError where two parts are not of the same run, or not of this version of egress."""
    import egress

    first = parts[0]
    made = first.attrs.get("egress_version")
    if made != egress.__version__:
        raise MergeError(f"{first.folder}: was run by egress {made}; merge it with that, this is {egress.__version__}")
    for part in parts[1:]:
        for name in sorted((first.attrs.keys() | part.attrs.keys()) - set(FREE)):
            _assert_equal(name, first, part, first.attrs.get(name), part.attrs.get(name))
        _assert_equal("exact", first, part, first.facts.get("exact"), part.facts.get("exact"))


def _assert_equal(name: str, one: Part, other: Part, value: Any, another: Any) -> None:
    if value != another:
        raise MergeError(
            f"{one.folder} and {other.folder} are not of one run: {name} is {_shown(value)} and {_shown(another)}"
        )


def _assert_same_world(whole: xr.Dataset, data: xr.Dataset, part: Part, first: Part) -> None:
    """Raise MergeError where a part has other variables, places, days or steps than the first one."""
    alike = data.variables.keys() == whole.variables.keys() and all(
        _same(whole[name], data[name]) for name in data.variables if name != "member"
    )
    if not alike:
        raise MergeError(f"{first.folder} and {part.folder} are not of one run: their trajectories have other shapes")


def _same(one: xr.DataArray, other: xr.DataArray) -> bool:
    """Say whether two variables can be joined: alike in all but the members, equal where they have none."""
    if "member" not in one.dims:
        return bool(one.variable.equals(other.variable))  # type: ignore[no-untyped-call]
    shapes = [{**variable.sizes, "member": 0} for variable in (one, other)]
    return one.dims == other.dims and one.dtype == other.dtype and shapes[0] == shapes[1]


# Putting together


def _blank(data: xr.Dataset, parts: Sequence[Part]) -> xr.Dataset:
    """Return a trajectory for all members, like that of the first part; its members are still to be filled in."""
    import numpy as np
    import xarray as xr

    total = parts[-1].members.stop

    def room(name: Hashable, variable: xr.Variable) -> xr.Variable:
        if "member" not in variable.dims:
            return variable.copy()
        if name == "member":
            return xr.Variable("member", np.arange(total, dtype=variable.dtype), variable.attrs)
        shape = [total if dim == "member" else size for dim, size in variable.sizes.items()]
        return xr.Variable(variable.dims, np.empty(shape, variable.dtype), variable.attrs)

    variables = {name: room(name, variable) for name, variable in data.variables.items()}
    coords = {name: variables.pop(name) for name in data.coords}
    whole = xr.Dataset(variables, coords, data.attrs | _attrs(parts))
    return whole.drop_encoding()


def _fill(whole: xr.Dataset, data: xr.Dataset, members: range) -> None:
    """Copy the members of a part to their places."""
    for name, variable in data.data_vars.items():
        if "member" in variable.dims:
            axis = variable.dims.index("member")
            where = (*[slice(None)] * axis, slice(members.start, members.stop))
            whole[name].values[where] = variable.values


def _attrs(parts: Sequence[Part]) -> dict[str, Any]:
    """Return what a merged trajectory says of itself that its parts cannot."""
    seconds: dict[str, float] = {}
    for part in parts:
        for name, value in json.loads(part.attrs.get("seconds", "{}")).items():
            seconds[name] = round(seconds.get(name, 0.0) + value, 3)
    merged = [{"folder": str(part.folder), **_told(part)} for part in parts]
    return {
        "members": parts[-1].members.stop,
        "part": "",
        "merged": json.dumps(merged, ensure_ascii=False),
        "platform": "; ".join(dict.fromkeys(str(part.attrs.get("platform", "unknown")) for part in parts)),
        "seconds": json.dumps(seconds),
    }


def _told(part: Part) -> dict[str, Any]:
    """Return what run.json of a merged run says of a part."""
    return {
        "members": f"{part.members.start}:{part.members.stop}",
        "platform": part.facts.get("platform"),
        "written": part.facts.get("written"),
    }


def _range(members: range) -> str:
    return f"members {members.start}:{members.stop}"


def _shown(value: Any) -> str:
    """Return a value of an attribute as a reader knows it: without the names of types."""
    return "not said" if value is None else "empty" if value == "" else str(value)


__all__ = ["MergeError", "Part", "found", "joined", "merge", "numbers", "read"]
