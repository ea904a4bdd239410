"""Reading text and writing files so that a killed run leaves no half-written one.

By hand, for atomicwrites was given up in 2022, and no such package sweeps what killed runs leave.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from tracer.documents.enclosure import open_regular
from tracer.documents.temporary_files import ENDING, temporary_file
from tracer.errors import Place, TracerError

MAX_TEXT_BYTES = 4_000_000
MAX_GRAPH_BYTES = 200_000_000
_PIECE = 1 << 20


def read_text(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """The text of a UTF-8 file, line ends made `\\n`.

    Raises TracerError where the file is missing, unreadable, too large or not UTF-8.
    """
    return decode_text(read_bytes(path, max_bytes=max_bytes), path)


def read_bytes(
    path: Path, *, max_bytes: int = MAX_TEXT_BYTES, hint: str = "split the file"
) -> bytes:
    """The bytes of a regular file.

    Raises TracerError where it is missing, unreadable, too large or outside of its gallery.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        raw = _whole(file, size, max_bytes) if size <= max_bytes else b""
    if (size := max(size, len(raw))) > max_bytes:
        raise TracerError(
            f"{size:,} bytes is more than the {max_bytes:,} allowed here",
            hint=hint,
            place=Place(path),
        )
    return raw


def _whole(file: BinaryIO, size: int, most: int) -> bytes:
    """All of an unbuffered file of this size, or so; not much more than `most` bytes of it."""
    pieces = [file.read(size + 1)]  # no more memory than it needs
    while pieces[-1] and sum(map(len, pieces)) <= most:
        pieces.append(file.read(_PIECE))
    return b"".join(pieces)


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(path) as (file, scratch):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            scratch.chmod(0o666 & ~_umask())
            if os.name == "nt":  # where no open file can be renamed
                file.close()
            scratch.replace(path)
    except OSError as error:
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
        with tempfile.TemporaryFile(dir=folder, prefix=".", suffix=ENDING):
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
