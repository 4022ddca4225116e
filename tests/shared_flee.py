"""A small sound Flee folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILES = {
    "input_csv/sim_period.csv": "StartDate,2020-01-01\nLength,4\n",
    "input_csv/locations.csv": (
        "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
        "Gao,North,Mali,16.3,-0.04,conflict_zone,0,1000\n"
        "Mopti,Middle,Mali,14.5,-4.2,town,,500\n"
        "Abala,West,Niger,14.9,3.4,camp,,800\n"
    ),
    "input_csv/routes.csv": "#name1,name2,distance,forced_redirection\nGao,Mopti,100,0\nMopti,Abala,200,\n",
    "input_csv/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input_csv/conflicts.csv": "#Day,Gao\n0,1\n1,1\n2,0\n3,1\n",
    "source_data/data_layout.csv": "total,refugees.csv\nAbala,abala.csv\n",
    "source_data/refugees.csv": "2020-01-01,100\n2020-01-05,500\n",
    "source_data/abala.csv": "2020-01-01,100\n2020-01-05,300\n",
    "simsetting.yml": "log_levels: {agent: 0}\nmove_rules:\n  softening: 20.0\noptimisations:\n  hasten: 1\n",
}
"""Its files; the conflict pauses on the third day."""


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """Write files below a folder, None: leave it out; return the folder."""
    for name, content in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
