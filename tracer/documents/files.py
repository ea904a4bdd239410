"""Reading text and writing files so that a killed run leaves no half-written one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tracer.errors import Place, TracerError

MAX_TEXT_BYTES = 4_000_000
MAX_GRAPH_BYTES = 200_000_000


def read_text(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """The text of a UTF-8 file, line ends made `\\n`.

    Raises TracerError where the file is missing, unreadable, too large or not UTF-8.
    """
    return decode_text(read_bytes(path, max_bytes=max_bytes), path)


def read_bytes(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a file. Raises TracerError where it is missing, unreadable or too large."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise TracerError("no such file", hint="check the path", place=Place(path)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise TracerError(f"cannot be read: {reason}", place=Place(path)) from error
    if len(raw) > max_bytes:
        raise TracerError(
            f"{len(raw):,} bytes is more than the {max_bytes:,} allowed here",
            hint="split the file",
            place=Place(path),
        )
    return raw


def decode_text(raw: bytes, path: Path) -> str:
    """The text in a file's bytes, line ends made `\\n`. Raises TracerError if it is not UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise TracerError(
            f"byte {raw[error.start]:#04x} is not UTF-8",
            hint="save the file in UTF-8",
            place=Place(path, line),
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` beside `path`, flush it to disk, then rename it into place.

    Raises TracerError when the folder cannot be written; what was there before stays.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"
        )
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise TracerError(
            f"cannot be written: {error.strerror or error}",
            hint="check the folder's permissions and the free space, or choose another folder",
            place=Place(path),
        ) from error


def ensure_writable(folder: Path) -> None:
    """Make the folder, and prove that a file can be written there, before long work starts.

    Raises TracerError when it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise TracerError(
            f"nothing can be written here: {error.strerror or error}",
            hint="check the folder's permissions, or choose another folder",
            place=Place(folder),
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
