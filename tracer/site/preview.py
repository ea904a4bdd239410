"""The site while its sources are being edited: any page at once, the whole of it soon after."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection
from pathlib import Path

from tracer.errors import Problems
from tracer.site.build import Site, build
from tracer.site.building.units import Unit
from tracer.site.content.assets import Assets
from tracer.site.content.read_cache import ReadCache
from tracer.site.survey.survey import survey


class Preview:
    """A gallery with its drafts. Pages are made when asked for; `build` makes them all."""

    def __init__(self, root: Path, out: Path):
        self.out = out
        self._root = root
        self._read_cache = ReadCache()
        self._lock = threading.Lock()
        self._assets: Assets | None = None
        self._units: dict[str, Unit] = {}
        self._made: dict[str, dict[str, bytes]] = {}
        self._site: Site | None = None
        self._looks = 0
        self._shown = 0

    def look(self, changed: Collection[Path] | None = None) -> None:
        """Read the sources as they are now. Raises Problems, and the pages stay as they were.

        `changed` names all files that changed since the last look, where that is known.
        """
        with self._read_cache.looking(changed):
            self._looks += 1
            number = self._looks
            found = survey(self._root, drafts=True, graphs=False, read_cache=self._read_cache)
            if not found.problems:
                site = Site(found, self._read_cache)
                units = {unit.owns: unit for unit in site.plan.from_sources(cards=False)}
        if found.problems:
            raise Problems(found.problems)
        with self._lock:
            if number < self._shown:
                return  # another look, which began later, has come first
            self._shown = number
            self._site, self._assets = site, site.plan.assets
            self._units, self._made = units, {}

    def ready(self) -> None:
        """What the first graph's page needs, before somebody waits for it. Raises Problems."""
        self.look()
        if self._site is not None:
            self._site.plan.ready()

    def build(self) -> None:
        """Make the whole site in its folder, after a look at every source, in case that a change
        went unnoticed. Raises Problems with every mistake."""
        self.look()
        # One process, since a server's threads must not be forked.
        build(
            self._root,
            self.out,
            drafts=True,
            read_cache=self._read_cache,
            processes=1,
            reindex=False,
        )

    def page(self, path: str) -> bytes | None:
        """A file of the site, from the sources as they are now; None for what `build` must make.

        Raises TracerError when the page cannot be made.
        """
        return self.beside(path).get(path)

    def beside(self, path: str) -> dict[str, bytes]:
        """All files that are made together with one, by their paths; it among them, if there is
        one. Raises as `page` does."""
        unit = self._owner(path)
        if unit is None or self._site is None:
            return {}
        with self._lock:
            if unit.name not in self._made:
                with self._site.recording.noting():
                    self._made[unit.name] = dict(unit.make().files)
            return self._made[unit.name]

    def asset(self, name: str) -> bytes | None:
        """A style or script as it is now, whatever the name of its folder was."""
        return self._assets.files.get(name) if self._assets else None

    def has_read(self, file: Path) -> bool:
        """Whether a look has read this file or folder, by the name that the gallery gives it."""
        return self._read_cache.has_read(file)

    @property
    def scripts(self) -> str:
        """Changes with the scripts: a page that has run older ones must be loaded anew."""
        digest = hashlib.sha256()
        for name, content in (self._assets.files if self._assets else {}).items():
            if name.endswith(".js"):
                digest.update(content)
        return digest.hexdigest()[:16]

    def _owner(self, path: str) -> Unit | None:
        folders = path.split("/")
        owners = [path, *("/".join(folders[:n]) + "/" for n in range(len(folders) - 1, 0, -1))]
        return next((self._units[one] for one in owners if one in self._units), None)
