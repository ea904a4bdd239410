"""Memory that is not needed goes back to the system.

A model's weights are mapped from a file: they take memory once they have been read and keep it,
though a sweep reads a sixth of them. The C library keeps what was freed, to give it out again.
"""

from __future__ import annotations

import ctypes
import mmap
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from torch import Tensor

_MAPPING = re.compile(r"(?P<begin>[0-9a-f]+)-(?P<end>[0-9a-f]+) \S+ \S+ \S+ (?P<inode>\d+)")


def let_go(tensors: Iterable[Tensor]) -> None:
    """Of tensors that are mapped from files and were not written to; they can be used as before,
    from the system's cache of files. Only Linux tells which these are; elsewhere nothing happens.
    """
    if sys.platform != "linux":
        return
    addresses = [one.data_ptr() for one in tensors if one.device.type == "cpu"]
    if not any(begin <= one < end for begin, end in _files() for one in addresses):
        return
    libc = ctypes.CDLL(None)
    for begin, end in _unchanged_files():
        if any(begin <= one < end for one in addresses):
            length = ctypes.c_size_t(end - begin)
            libc.madvise(ctypes.c_void_p(begin), length, mmap.MADV_DONTNEED)


def trim() -> None:
    """Of all that was freed. Only glibc can be told."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(ctypes.c_size_t(0))


def _files() -> Iterator[tuple[int, int]]:
    """Where files are mapped: the system tells it much sooner than what was written to."""
    with Path("/proc/self/maps").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if (match := _MAPPING.match(line)) and int(match["inode"]):
                yield int(match["begin"], 16), int(match["end"], 16)


def _unchanged_files() -> Iterator[tuple[int, int]]:
    """Where files are mapped of which no page was copied to be written to. Source: proc(5)."""
    begin, end, inode = 0, 0, 0
    with Path("/proc/self/smaps").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := _MAPPING.match(line):
                begin, end, inode = (
                    int(match["begin"], 16),
                    int(match["end"], 16),
                    int(match["inode"]),
                )
            elif inode and line.startswith("Anonymous:") and line.split()[1] == "0":
                yield begin, end
