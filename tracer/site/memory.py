"""What files held when they were last read, kept while a gallery is watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

Loaded = TypeVar("Loaded")
Value = TypeVar("Value")
# A file changed again within one tick of its file system's clock looks the same to `stat`.
SETTLED_NANOSECONDS = 2_000_000_000


@dataclass(frozen=True)
class _Known:
    signature: tuple[int, int, int] | None
    settled: bool
    value: Any


class Memory:
    """Files are read again only when their size or time has changed; mistakes are not kept."""

    def __init__(self) -> None:
        self._files: dict[tuple[Callable[..., Any], Path], _Known] = {}
        self._values: dict[str, Any] = {}

    def load(self, loader: Callable[[Path], Loaded], file: Path) -> Loaded:
        """What `loader` makes of the file. Raises what the loader raises."""
        signature, changed = _signature(file)
        known = self._files.get((loader, file))
        if known is not None and known.settled and known.signature == signature:
            found: Loaded = known.value
            return found
        settled = time.time_ns() - changed > SETTLED_NANOSECONDS
        value = loader(file)
        self._files[loader, file] = _Known(signature, settled, value)
        return value

    def same(self, name: str, value: Value) -> Value:
        """The earlier value of this name where it is equal: what it has worked out stays."""
        known = self._values.get(name)
        if known == value:
            return cast(Value, known)
        self._values[name] = value
        return value


def _signature(file: Path) -> tuple[tuple[int, int, int] | None, int]:
    try:
        stat = file.stat()
    except OSError:
        return None, 0
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino), stat.st_mtime_ns
