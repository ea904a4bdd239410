"""One look at a gallery's files: what can be read of them, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from tracer.documents.enclosure import Names, names_in
from tracer.errors import Place, TracerError
from tracer.site.content.read_cache import ReadCache

Value = TypeVar("Value")


class Reading:
    """Keeps errors aside, so that all are told at once; what was read before is not read again."""

    def __init__(self, root: Path, read_cache: ReadCache):
        self.root = root
        self.source = root / "site_src"
        self.read_cache = read_cache
        self.problems: list[TracerError] = []
        self.warnings: list[TracerError] = []
        self.unread: set[Path] = set()  # files that are there and could not be read

    def attempt(self, work: Callable[[], Value]) -> Value | None:
        """What `work` gives, or None and its mistakes among the problems."""
        try:
            return work()
        except TracerError as error:
            self.problems.extend(error.problems)
            return None

    def load(self, loader: Callable[[Path], Value], file: Path) -> Value | None:
        """What `loader` makes of a file, or None and its mistakes among the problems."""
        value = self.attempt(partial(self.read_cache.load, loader, file))
        if value is None:
            self.unread.add(file)
        return value

    def recall(self, name: object, make: Callable[[], Value], *given: object) -> Value:
        """What `make` gives, as `ReadCache.recall` has it, with the problems that it adds."""

        def work() -> tuple[Value, list[TracerError]]:
            before, self.problems = self.problems, []
            try:
                return make(), self.problems
            finally:
                self.problems = before

        value, problems = self.read_cache.recall(name, work, *given)
        self.problems += problems
        return value

    def names(self, folder: Path) -> Names:
        """What the folder holds; nothing where there is none, or none that may be read."""
        return self.load(names_in, folder) or Names()

    def called(self, folder: Path, ending: str) -> list[str]:
        """Names of files, and of what else is called as if it were one; reading tells the latter
        apart."""
        found = self.names(folder)
        return sorted([*found.files, *(name for name in found.folders if name.endswith(ending))])

    def files(self, part: str, ending: str) -> dict[str, Path]:
        """The files of one folder of `site_src/` by their name without its ending."""
        return self.recall(("files", part), partial(self._files, self.source / part, ending))

    def _files(self, folder: Path, ending: str) -> dict[str, Path]:
        found = {}
        for name in self.called(folder, ending):
            file = folder / name
            if file.suffix == ending:
                found[file.stem] = file
            else:
                hint = f"name it {file.stem}{ending}, or move it elsewhere"
                what = f"only `{ending}` files belong here"
                self.problems.append(TracerError(what, hint=hint, place=Place(file)))
        return found


def files_below(folder: Path, names: Callable[[Path], Names]) -> Iterator[str]:
    """The paths of all files below the folder, with slashes; links to folders are not followed."""
    found = names(folder)
    yield from found.files
    for name in found.folders:
        if not (folder / name).is_symlink():
            yield from (f"{name}/{path}" for path in files_below(folder / name, names))
