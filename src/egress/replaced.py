"""Files are written under a temporary name and then renamed: a reader sees the old one or the new one, never a half."""

from __future__ import annotations

import os
from pathlib import Path

from egress.errors import OutputError


def write_file(path: str | Path, content: bytes | memoryview | str) -> None:
    """Write a file in one go, text as UTF-8; raise OutputError where it cannot be written."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def replace(temporary: Path, path: Path) -> None:
    """Rename a file over another; raise OSError for what is no file, such as /dev/full, which root could replace."""
    if path.exists() and not path.is_file():
        raise OSError(None, "is there already, and is no file" if not path.is_dir() else "Is a directory")
    os.replace(temporary, path)
