"""The file of a posterior: what is written is read back, and it has few variables however many numbers there are."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from egress.assimilate.posterior import Posterior
from egress.errors import EgressError

NORMALS = {
    "parameter/peers": np.array([0.5, -1.0, 2.0]),
    "noise/pull": np.arange(24.0).reshape(3, 2, 4),
    "group/easy/willing": np.array([1.0, 0.0, -0.25]),
}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "learnt.nc"
    Posterior("one-border", "0123456789ab", "2030-03-06T00:00:00+00:00", 7, NORMALS).save(path)
    found = Posterior.open(path)
    assert (found.scenario, found.hash, found.until, found.seed) == (
        "one-border", "0123456789ab", "2030-03-06T00:00:00+00:00", 7
    )  # fmt: skip
    assert set(found.normals) == set(NORMALS)
    for name, values in NORMALS.items():
        np.testing.assert_array_equal(found.normals[name], values)
    assert len(found) == 3


def test_numbers_of_one_value_share_a_table(tmp_path: Path) -> None:
    many = {f"lane/{n}/throughput": np.zeros(2) for n in range(500)}
    Posterior("one-border", "0123456789ab", "", 7, many).save(tmp_path / "many.nc")
    with xr.open_dataset(tmp_path / "many.nc", engine="h5netcdf") as data:
        assert list(data.data_vars) == ["normals"]


def test_noise_alone_is_kept(tmp_path: Path) -> None:
    Posterior("one-border", "0123456789ab", "", 7, {"noise/pull": NORMALS["noise/pull"]}).save(tmp_path / "noise.nc")
    assert list(Posterior.open(tmp_path / "noise.nc").normals) == ["noise/pull"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.nc"
    xr.Dataset({"queue": ("member", [1, 2])}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(EgressError, match="not a posterior"):
        Posterior.open(path)
