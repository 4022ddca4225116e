from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr

from egress.errors import OutputError
from egress.trajectory import Trajectory


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)  # HDF5 is not let near the disk: it crashes there
    data = xr.Dataset({"queue": (("member", "step"), [[1, 2]])}, attrs={"part": ""})
    with pytest.raises(OutputError, match="No space left on device"):
        Trajectory(data).save(tmp_path / "trajectory.nc")
    assert list(tmp_path.iterdir()) == []
