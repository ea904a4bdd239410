"""The rooms of the viewer: a module imports from its own room and from those below it, and no
import comes back to where it began. What import-linter holds for Python is held here."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"
ROOMS = (
    "vendor",
    "page",
    "graph",
    "state",
    "link_graph",
    "circuit",
    "sharing",
    "panels",
    "editing",
)
# At the start of a line or behind `}`; types that comments name are not fetched.
_STATIC = re.compile(r"""^(?:import|export|\}) ?[^;()"']*?from "(\.[^"]+)";""", re.MULTILINE)
_LATER = re.compile(r"""\bimport\("(\.[^"]+)"\)(?!\.)""")


def modules() -> dict[str, str]:
    """Path below assets/viewer, without its ending -> text."""
    viewer = ASSETS / "viewer"
    found = (file for file in sorted(viewer.rglob("*.js")))
    return {
        file.relative_to(viewer).as_posix().removesuffix(".js"): file.read_text(encoding="utf-8")
        for file in found
    }


def imported(name: str, text: str, *, later: bool) -> Iterator[str]:
    paths = _STATIC.findall(text) + (_LATER.findall(text) if later else [])
    for path in paths:
        below = posixpath.normpath(posixpath.join("viewer", posixpath.dirname(name), path))
        yield below.removeprefix("viewer/").removesuffix(".js")


def room(name: str) -> int:
    """Its floor; what stands in no room, `main` and `compare`, is above them all."""
    first, slash, _ = name.partition("/")
    return ROOMS.index(first) if slash else len(ROOMS)


def test_every_folder_is_a_room() -> None:
    assert {name.partition("/")[0] for name in modules() if "/" in name} == set(ROOMS[1:])


def test_no_module_imports_from_a_room_above_its_own() -> None:
    upwards = [
        f"{name} imports {other}"
        for name, text in modules().items()
        for other in imported(name, text, later=True)
        if room(other) > room(name)
    ]
    assert upwards == []


def test_no_import_comes_back() -> None:
    """Raises CycleError, which names the modules."""
    graph = {name: set(imported(name, text, later=False)) for name, text in modules().items()}
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("page/dom") < order.index("main")
