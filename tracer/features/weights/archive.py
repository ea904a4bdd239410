"""Zip files of arrays, opened without trust: what they say of themselves is checked before anything
is allocated for it."""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tracer.errors import Place, TracerError

MAX_READ = 1 << 18  # bytes; a directory of some thousand members, and what numpy reads at once
MOST_TIMES = 20  # trained weights hardly shrink; only small arrays of zeros do more
SMALL_BYTES = 64 * 2**20
_READ = frozenset({"<f2", "<f4", "<f8"})


class _SmallReads(io.FileIO):
    """zipfile reads a directory in one go, however large the file says it is."""

    def read(self, size: int | None = -1, /) -> Any:
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > MAX_READ:
            raise zipfile.BadZipFile("an endless directory")
        return super().read(size)


@contextmanager
def open_archive(file: Path) -> Iterator[zipfile.ZipFile]:
    """Raises TracerError for what is no zip file, and for whatever goes wrong within the block:
    members can be encrypted, cut short or contradictory, and numpy evaluates their headers."""
    try:
        with _SmallReads(file, "rb") as raw, zipfile.ZipFile(raw) as archive:
            yield archive
    except TracerError:
        raise
    except Exception:
        raise TracerError(
            "is damaged or cut short: not an npz file", hint="fetch it again", place=Place(file)
        ) from None


def check_member(
    member: zipfile.ZipInfo, header: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> None:
    """Raises BadZipFile unless an array of this shape is what the member holds, behind a header of
    so many bytes, and is not far more than what is stored of it."""
    size = math.prod(shape) * dtype.itemsize
    packed = member.compress_type != zipfile.ZIP_STORED
    bomb = size > SMALL_BYTES and size > MOST_TIMES * member.compress_size
    if (
        dtype.str not in _READ
        or any(type(length) is not int or length < 0 for length in shape)
        or header + size != member.file_size
        or (bomb if packed else member.compress_size != member.file_size)
    ):
        raise zipfile.BadZipFile("an array that is not as large as it says")
