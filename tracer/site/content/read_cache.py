"""What files held when they were last read, and what was made of it, kept while people edit."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

Value = TypeVar("Value")
# A file changed again within one tick of its file system's clock looks the same to `stat`.
SETTLED_NANOSECONDS = 2_000_000_000
# So many are kept, of a graph's page about five; one may be large.
LATEST = 256

_Key = tuple[Callable[..., Any], Path]


@dataclass(frozen=True, eq=False)
class _Known:
    """A file as it was read once; another reading is another one."""

    signature: tuple[int, int, int] | None
    settled: bool
    value: Any


@dataclass
class _Made:
    given: tuple[Any, ...]
    read: dict[_Key, _Known | None]
    value: Any
    look: int  # the last that found all of these files as they were

    def __post_init__(self) -> None:
        self.files = frozenset(file for _, file in self.read)
        self.sound = None not in self.read.values()


class Keeps(Protocol):
    """`ReadCache.kept`, or `keep_nothing`."""

    def __call__(self, name: str, make: Callable[[], Value], *given: object) -> Value: ...


def keep_nothing(name: str, make: Callable[[], Value], *given: object) -> Value:
    return make()


class ReadCache:
    """Files are read again only when their size or time has changed; mistakes are not kept."""

    def __init__(self) -> None:
        self._files: dict[_Key, _Known] = {}
        self._made: dict[object, _Made] = {}
        self._values: OrderedDict[str, tuple[tuple[Any, ...], Any]] = OrderedDict()
        self._reading: list[dict[_Key, _Known | None]] = []
        self._by_path: dict[Path, _Known] = {}  # of each path the reading that was made last
        self._changed: frozenset[Path] | None = None
        self._look = 0
        self._looked_at_all = False  # by the last look, which came to its end
        self._lock = threading.RLock()

    @contextmanager
    def looking(self, changed: Collection[Path] | None = None) -> Iterator[None]:
        """One look at a time, from one thread.

        Where `changed` names files that were there before and still are, only these are looked at:
        whoever names them must have watched all the others.
        """
        with self._lock:
            self._look += 1
            before, self._changed = self._changed, None
            few = changed and self._looked_at_all and self._written_into(changed)
            self._looked_at_all = False
            self._changed = frozenset(changed) if changed and few else None
            try:
                yield
                self._looked_at_all = True
            finally:
                self._changed = before

    def load(self, loader: Callable[[Path], Value], file: Path) -> Value:
        """What `loader` makes of the file or folder. Raises what the loader raises."""
        key = loader, file
        with self._lock:
            known = self._files.get(key)
            if known is None or not self._as_it_was(file, known):
                self._note(key, None)
                known = self._files[key] = self._by_path[file] = self._read(loader, file)
            self._note(key, known)
        return cast(Value, known.value)

    def recall(self, name: object, make: Callable[[], Value], *given: object) -> Value:
        """What `make` gives; what it gave before, where `given` is equal to what was given then
        and every file that it loaded is as it was."""
        with self._lock:
            made = self._made.get(name)
            if made is None or made.given != given or not self._all_as_they_were(made):
                self._reading.append({})
                try:
                    value = make()
                finally:
                    read = self._reading.pop()
                made = self._made[name] = _Made(given, read, value, self._look)
            made.look = self._look
            if self._reading:
                self._reading[-1] |= made.read
        return cast(Value, made.value)

    def same(self, name: str, value: Value) -> Value:
        """The earlier value of this name where it is equal and not long ago: what it has worked
        out stays."""
        return self.kept(name, lambda: value, value)

    def kept(self, name: str, make: Callable[[], Value], *given: object) -> Value:
        """What `make` gives; what it gave before, where `given` is equal to what was given then
        and not long ago. What it reads must be among the given."""
        with self._lock:
            known = self._values.pop(name, None)
            if known is None or known[0] != given:
                known = given, make()
            self._values[name] = known
            if len(self._values) > LATEST:
                self._values.popitem(last=False)
        return cast(Value, known[1])

    def has_read(self, file: Path) -> bool:
        return file in self._by_path

    def _note(self, key: _Key, known: _Known | None) -> None:
        if self._reading:
            self._reading[-1][key] = known

    def _read(self, loader: Callable[[Path], Any], file: Path) -> _Known:
        self._files.pop((loader, file), None)
        self._by_path.pop(file, None)
        signature, changed = _signature(file)
        settled = time.time_ns() - changed > SETTLED_NANOSECONDS
        value = loader(file)
        return _Known(signature, settled, value)

    def _written_into(self, changed: Collection[Path]) -> bool:
        """Whether the files were known, and their folders hold what they held then."""
        known = self._by_path
        return all(
            one in known
            and one.is_file()
            and one.parent in known
            and self._as_it_was(one.parent, known[one.parent])
            for one in changed
        )

    def _as_it_was(self, file: Path, known: _Known) -> bool:
        if self._changed is not None:
            return file not in self._changed
        return known.settled and known.signature == _signature(file)[0]

    def _all_as_they_were(self, made: _Made) -> bool:
        """Still known by the same reading, and not changed since."""
        if self._changed is not None and made.sound and made.look >= self._look - 1:
            return self._changed.isdisjoint(made.files)
        for key, known in made.read.items():
            if known is None or self._files.get(key) is not known:
                return False
            if not self._as_it_was(key[1], known):
                return False
        return True


def _signature(file: Path) -> tuple[tuple[int, int, int] | None, int]:
    try:
        stat = os.stat(file)  # noqa: PTH116 — a look asks this of thousands of files
    except OSError:
        return None, 0
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino), stat.st_mtime_ns
