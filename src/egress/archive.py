"""An archive of forecasts: what was said on a day stands as it was said.

    2022-09-26-egress-<SHA-256 of the file>.parquet     one forecast of one model, in the layout of the hubs
    index.json                                         the files in the order of writing

A file is never overwritten: the same forecast again changes nothing, another one for the same model and origin
stands beside the first. Anybody can check a file with `sha256sum`.
"""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from egress.errors import OutputError
from egress.formats.hubverse import check

if TYPE_CHECKING:
    import pandas as pd

INDEX, LOCK = "index.json", ".lock"
NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-(.+)-([0-9a-f]{64})\.parquet")
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
PATIENCE = 10.0  # s to wait for another writer (source: assumption)


class Trouble(NamedTuple):
    """What is wrong with one file of an archive."""

    file: str
    what: str
    """`missing`, `broken`, `extra` or `unreadable`."""
    message: str

    def __str__(self) -> str:
        """Return it as a line for a user."""
        return f"{self.file}: {self.what}: {self.message}"


def write(folder: str | Path, table: pd.DataFrame, model: str) -> Path:
    """Add a forecast (the table of `formats.hubverse`, of one origin) and return its file.

    A forecast that is there already is left alone. Raises EgressError for a table that is not in the layout,
    OutputError for several origins, a model name unfit for a file, no pyarrow, and a folder that cannot be written.
    """
    check(table)
    origins = sorted(set(table["origin_date"].astype(str)))
    if len(origins) != 1 or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", origins[0]):
        raise OutputError(f"expected a forecast of one origin_date such as 2022-09-26, found {', '.join(origins)}")
    if not MODEL.fullmatch(model):
        raise OutputError(f"{model!r}: expected a model name of letters, digits, hyphens, dots and underscores")
    content = _parquet(table)
    digest = sha256(content).hexdigest()
    path = Path(folder) / f"{origins[0]}-{model}-{digest}.parquet"
    entry: dict[str, Any] = {"file": path.name, "sha256": digest, "model": model, "origin_date": origins[0]}
    entry |= {"rows": len(table), "bytes": len(content), "written_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.parent):
            _add(path, content, entry)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def read(path: str | Path) -> pd.DataFrame:
    """Return the forecast in a file of the archive; raise OutputError where its hash is not that of its name."""
    import pandas as pd

    path = Path(path)
    trouble = _broken(path)
    if trouble:
        raise OutputError(str(trouble))
    _pyarrow()
    return pd.read_parquet(io.BytesIO(path.read_bytes()), engine="pyarrow")


def index(folder: str | Path) -> list[dict[str, Any]]:
    """Return the entries in the order of writing; none where there is no index. Raises OutputError if unreadable."""
    path = Path(folder) / INDEX
    try:
        entries = json.loads(path.read_text("utf-8"))["files"] if path.exists() else []
        return [{**entry, "file": str(entry["file"]), "sha256": str(entry["sha256"])} for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{path}: not an index of an archive ({error})") from error


def verify(folder: str | Path) -> list[Trouble]:
    """Recompute every hash and return what is wrong, by file; nothing where all is as it was written.

    `missing`: in the index but not there. `broken`: the content is not that of the name or of the index, or the
    index lists it twice. `extra`: there but not in the index. `unreadable`: the index.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return [Trouble(str(folder), "missing", "there is no such folder")]
    try:
        entries = index(folder)
    except OutputError as error:
        return [Trouble(INDEX, "unreadable", str(error))]
    found = [trouble for entry in entries if (trouble := _entry_trouble(folder, entry))]
    listed = [entry["file"] for entry in entries]
    found += [Trouble(name, "broken", "listed twice") for name in sorted(set(listed)) if listed.count(name) > 1]
    others = {path.name for path in folder.iterdir()} - {*listed, INDEX, LOCK}
    return sorted(found + [Trouble(name, "extra", "not in the index") for name in others])


def _entry_trouble(folder: Path, entry: dict[str, Any]) -> Trouble | None:
    name = entry["file"]
    if Path(name).name != name or not NAME.fullmatch(name):
        return Trouble(name, "broken", "not a name of this archive")
    if not (folder / name).is_file():
        return Trouble(name, "missing", "listed in the index, but not there")
    return _broken(folder / name, entry["sha256"])


def _broken(path: Path, expected: str | None = None) -> Trouble | None:
    """Return what is wrong with the content of a file."""
    match = NAME.fullmatch(path.name)
    if match is None:
        return Trouble(path.name, "broken", "not a name of this archive")
    try:
        digest = sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return Trouble(path.name, "broken", f"cannot be read: {error.strerror}")
    if digest != match[3]:
        return Trouble(path.name, "broken", f"its content has the SHA-256 {digest}")
    if expected not in (None, digest):
        return Trouble(path.name, "broken", f"the index says SHA-256 {expected}")
    return None


def _add(path: Path, content: bytes, entry: dict[str, Any]) -> None:
    """Write a file and its entry, whichever is not there; nobody else writes meanwhile."""
    if path.exists():
        trouble = _broken(path)
        if trouble:
            raise OutputError(f"{trouble}; it is left as it is")
    else:
        _put(path, content)
    entries = index(path.parent)
    if path.name not in {known["file"] for known in entries}:
        _put(path.parent / INDEX, (json.dumps({"files": [*entries, entry]}, indent=1) + "\n").encode())


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; raise OutputError where another writer does not let go of it."""
    lock, until = folder / LOCK, time.monotonic() + PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > until:
                message = f"{lock}: somebody else is writing; if nobody is, remove this file"
                raise OutputError(message) from None
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _parquet(table: pd.DataFrame) -> bytes:
    """Return a table as Parquet, the same bytes for the same table (and version of pyarrow)."""
    arrow, parquet = _pyarrow()
    texts = ("origin_date", "target", "location", "output_type", "output_type_id")
    columns: dict[str, Any] = {name: [str(value) for value in table[name]] for name in texts}
    columns |= {"horizon": table["horizon"].to_numpy("int32"), "value": table["value"].to_numpy(float)}
    stream = io.BytesIO()
    parquet.write_table(arrow.table({name: columns[name] for name in table.columns}), stream)
    return stream.getvalue()


def _pyarrow() -> tuple[Any, Any]:
    """Return pyarrow and pyarrow.parquet; raise OutputError, saying how to get it, where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise OutputError("archives need pyarrow: pip install pyarrow") from None
    return pyarrow, pyarrow.parquet
