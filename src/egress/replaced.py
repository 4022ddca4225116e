"""Files are written under a temporary name and then renamed: a reader sees the old one or the new one, never a half."""

from __future__ import annotations

import os
from pathlib import Path


def replace(temporary: Path, path: Path) -> None:
    """Rename a file over another; raise OSError for what is no file, such as /dev/full, which root could replace."""
    if path.exists() and not path.is_file():
        raise OSError(None, "is there already, and is no file" if not path.is_dir() else "Is a directory")
    os.replace(temporary, path)
