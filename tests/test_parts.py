"""Parts of a run are put together to what one run of all members holds, or refused by name."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import egress
from egress.errors import MergeError
from egress.parts import MOST, numbers, read
from egress.report.folder import record
from egress.trajectory import MOST_MEMBERS, Trajectory

Change = Callable[[xr.Dataset], xr.Dataset]


def folder_of(run: Trajectory, path: Path, exact: bool = False) -> Path:
    """Write what a merge reads of a run folder."""
    path.mkdir()
    run.save(path / "trajectory.nc")
    (path / "run.json").write_text(json.dumps(record(run.data.attrs, exact, {})), "utf-8")
    return path


def part(path: Path, first: int, end: int, seed: int = 1) -> Path:
    run = egress.run("one-border", members=range(first, end), seed=seed)
    return folder_of(run, path / f"{first}-{end}-{seed}")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("parts")
    return [part(place, first, end) for first, end in ((0, 2), (2, 3), (3, 6))]


@pytest.fixture(scope="module")
def whole() -> Trajectory:
    return egress.run("one-border", members=6, seed=1)


@pytest.fixture
def changed(parts: Sequence[Path], tmp_path: Path) -> Callable[[Change], list[Path]]:
    """Return the parts, something of the last one changed."""

    def change(how: Change) -> list[Path]:
        data = how(Trajectory.open(parts[-1] / "trajectory.nc").data)
        return [*parts[:-1], folder_of(Trajectory(data), tmp_path / "changed")]

    return change


# Ranges


@pytest.mark.parametrize(("text", "members"), [("1", 1), ("500", 500), ("0:5", range(5)), ("7:8", range(7, 8))])
def test_a_number_or_a_range_is_read(text: str, members: int | range) -> None:
    assert read(text) == members
    assert len(numbers(members)) == (members if isinstance(members, int) else len(members))


@pytest.mark.parametrize(
    "text", ["", ":", "0", "5:5", "6:5", "-1:4", "-1", "a:b", "1:2:3", "1:", ":3", "1.5", "0:9" * 9]
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number of members such as 500, or a range"):
        read(text)


@pytest.mark.parametrize("members", [0, -1, range(0), range(-1, 3), range(0, 6, 2), range(3, 0, -1), range(MOST + 1)])
def test_a_run_has_consecutive_members(members: int | range) -> None:
    with pytest.raises(ValueError, match="expected a number of members"):
        egress.run("one-border", members=members)


def test_a_range_is_a_slice_of_the_whole(whole: Trajectory) -> None:
    slices = egress.run("one-border", members=range(2, 5), seed=1).data
    assert slices.member.values.tolist() == [2, 3, 4]
    assert (slices.attrs["members"], slices.attrs["part"]) == (3, "2:5")
    xr.testing.assert_equal(slices, whole.data.isel(member=slice(2, 5)))


def test_only_a_part_keeps_many_members(tmp_path: Path, whole: Trajectory) -> None:
    many = whole.data.isel(member=np.arange(MOST_MEMBERS + 1) % 6, step=[0], day=[0])  # without services: empty ones
    many = many.assign_coords(member=np.arange(MOST_MEMBERS + 1))
    for name, kept in (("", False), ("0:1001", True)):
        Trajectory(many.assign_attrs(part=name)).save(tmp_path / "trajectory.nc")
        saved = Trajectory.open(tmp_path / "trajectory.nc").data
        assert saved.queue.dims[0] == saved.fare.dims[0] == ("member" if kept else "quantile")


# Merged


def test_merged_is_the_whole(parts: Sequence[Path], whole: Trajectory) -> None:
    said: list[float] = []
    merged = egress.merge([parts[2], parts[0], str(parts[1])], members=6, progress=said.append).data
    xr.testing.assert_equal(merged, whole.data)
    assert {name: v.dtype for name, v in merged.data_vars.items()} == {
        name: v.dtype for name, v in whole.data.data_vars.items()
    }
    assert all(merged[name].attrs == whole.data[name].attrs for name in merged.variables)
    assert said == [pytest.approx(n / 3) for n in (1, 2, 3)]


def test_merged_says_of_what(parts: Sequence[Path], whole: Trajectory) -> None:
    attrs = egress.merge(parts).data.attrs
    free = {"merged", "seconds"}
    assert {k: v for k, v in attrs.items() if k not in free} == {
        k: v for k, v in whole.data.attrs.items() if k not in free
    }
    told = json.loads(attrs["merged"])
    assert [(row["folder"], row["members"]) for row in told] == [
        (str(parts[0]), "0:2"),
        (str(parts[1]), "2:3"),
        (str(parts[2]), "3:6"),
    ]
    singles = [json.loads(Trajectory.open(p / "trajectory.nc").data.attrs["seconds"]) for p in parts]
    assert json.loads(attrs["seconds"])["whole run"] == pytest.approx(sum(s["whole run"] for s in singles))


def test_a_run_of_a_number_is_a_part_too(parts: Sequence[Path], whole: Trajectory, tmp_path: Path) -> None:
    first = folder_of(egress.run("one-border", members=3, seed=1), tmp_path / "first")
    xr.testing.assert_equal(egress.merge([parts[2], first]).data, whole.data)


def test_merged_parts_are_merged_again(parts: Sequence[Path], whole: Trajectory, tmp_path: Path) -> None:
    first = folder_of(egress.merge(parts[:2]), tmp_path / "first")
    xr.testing.assert_equal(egress.merge([first, parts[2]]).data, whole.data)


# Refused


@pytest.mark.parametrize(
    ("chosen", "members", "message"),
    [
        ([0, 2], None, r"^members 2:3 are missing, between \S*0-2-1 \(members 0:2\) and \S*3-6-1 \(members 3:6\)$"),
        ([1, 2], None, r"^members 0:2 are missing, before \S*2-3-1 \(members 2:3\)$"),
        ([0, 1], 6, r"^members 3:6 are missing, after \S*2-3-1 \(members 2:3\)$"),
        ([0, 1, 2], 4, r"^there are 6 members, not 4: the last are in \S*3-6-1"),
        ([0, 1, 1, 2], None, r"^members 2:3 are in both \S*2-3-1 \(members 2:3\) and \S*2-3-1"),
        ([], None, "nothing to merge"),
    ],
)
def test_gaps_and_overlaps_are_refused(
    parts: Sequence[Path], chosen: Sequence[int], members: int | None, message: str
) -> None:
    with pytest.raises(MergeError, match=message):
        egress.merge([parts[at] for at in chosen], members=members)


def test_a_part_with_another_seed_is_refused(parts: Sequence[Path], tmp_path: Path) -> None:
    other = part(tmp_path, 3, 6, seed=2)
    with pytest.raises(MergeError, match=r"^\S*0-2-1 and \S*3-6-2 are not of one run: seed is 1 and 2$"):
        egress.merge([*parts[:2], other])


@pytest.mark.parametrize(
    ("name", "value"),
    [("scenario_hash", "0" * 12), ("as_of", "2030-03-02T00:00:00+00:00"), ("step_hours", 12.0), ("engine", "flee")],
)
def test_a_part_of_another_run_is_refused(changed: Callable[[Change], list[Path]], name: str, value: object) -> None:
    folders = changed(lambda data: data.assign_attrs({name: value}))
    with pytest.raises(
        MergeError, match=rf"0-2-1 and \S*changed are not of one run: {name} is .* and {re.escape(str(value))}$"
    ):
        egress.merge(folders)


def test_rounded_and_exact_parts_are_not_mixed(parts: Sequence[Path], tmp_path: Path) -> None:
    data = Trajectory.open(parts[2] / "trajectory.nc")
    with pytest.raises(MergeError, match="exact is False and True"):
        egress.merge([*parts[:2], folder_of(data, tmp_path / "exact", exact=True)])


def test_another_version_is_refused(parts: Sequence[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "__version__", "9.9.9")
    with pytest.raises(MergeError, match=r"0-2-1: was run by egress 0\.1\.0; merge it with that, this is 9\.9\.9"):
        egress.merge(parts)


@pytest.mark.parametrize(
    "how",
    [
        lambda data: data.isel(day=slice(3)),
        lambda data: data.drop_vars("queue"),
        lambda data: data.assign_coords(lane=["elsewhere"]),
        lambda data: data.assign(queue=data.queue.astype("float64")),
    ],
)
def test_a_part_of_another_shape_is_refused(changed: Callable[[Change], list[Path]], how: Change) -> None:
    with pytest.raises(MergeError, match=r"0-2-1 and \S*changed are not of one run: their trajectories"):
        egress.merge(changed(how))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda data: data.isel(member=[0, 2]), "changed: its members are not consecutive"),
        (lambda data: data.drop_vars("member"), "changed: its members have no numbers"),
        (lambda data: data.isel(member=0, drop=True), r"changed: holds quantiles, not members; .* --members 0:2000"),
    ],
)
def test_a_folder_without_numbered_members_is_refused(
    parts: Sequence[Path], changed: Callable[[Change], list[Path]], how: Change, message: str, tmp_path: Path
) -> None:
    if "quantiles" not in message:
        folders = changed(how)
    else:
        shutil.copytree(parts[2], tmp_path / "changed")
        data = how(Trajectory.open(parts[2] / "trajectory.nc").data)
        data.to_netcdf(tmp_path / "changed" / "trajectory.nc", engine="h5netcdf")
        folders = [*parts[:2], tmp_path / "changed"]
    with pytest.raises(MergeError, match=message):
        egress.merge(folders)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("trajectory.nc", Path.unlink, "trajectory.nc cannot be read: "),
        ("trajectory.nc", cut, "trajectory.nc cannot be read: "),
        ("run.json", Path.unlink, r"not a whole run folder \(it has no run.json\)"),
        ("run.json", lambda path: path.write_text("{", "utf-8"), "run.json cannot be read: "),
        ("run.json", lambda path: path.write_text("[]", "utf-8"), "run.json is not the record of a run"),
    ],
)
def test_a_broken_folder_is_named(
    parts: Sequence[Path], tmp_path: Path, name: str, spoil: Callable[[Path], object], message: str
) -> None:
    broken = Path(shutil.copytree(parts[1], tmp_path / "broken"))
    spoil(broken / name)
    with pytest.raises(MergeError, match=f"broken: {message}") as caught:
        egress.merge([parts[0], broken, parts[2]])
    assert str(caught.value).count("\n") == 0


# What counts have taught


def test_what_was_learnt_goes_by_the_number_of_a_member(tmp_path: Path) -> None:
    learnt = {"parameter/detour": np.linspace(-2.0, 2.0, 4)}
    whole = egress.run("one-border", members=4, learnt=learnt)
    two = [egress.run("one-border", members=range(n, n + 2), learnt=learnt) for n in (0, 2)]
    folders = [folder_of(run, tmp_path / str(n)) for n, run in enumerate(two)]
    xr.testing.assert_equal(egress.merge(folders).data, whole.data)
    other = egress.run("one-border", members=range(2, 4))
    with pytest.raises(MergeError, match=r"learnt is [0-9a-f]{12} and empty"):
        egress.merge([folders[0], folder_of(other, tmp_path / "unlearnt")])


def test_members_that_learnt_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="members 2:5: the counts have taught 4 members only"):
        egress.run("one-border", members=range(2, 5), learnt={"parameter/detour": np.zeros(4)})


def test_the_file_of_the_merged_is_that_of_the_whole(parts: Sequence[Path], whole: Trajectory, tmp_path: Path) -> None:
    whole.save(tmp_path / "whole.nc")
    egress.merge(parts).save(tmp_path / "merged.nc")
    assert (tmp_path / "merged.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()
