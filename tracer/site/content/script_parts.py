"""Scripts that are many modules on disk, and few files in a published site.

What a page imports before it starts stands in one file, each module a constant of it that holds
what the module exports; so a first visit waits for three files and not for thirty. Bundlers are
programs of node, which those who build a gallery need not have, and our scripts know two forms of
import and one of export: so a few patterns join them, and other forms are refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.files import read_text
from tracer.errors import Place, TracerError

PACKS = {  # the file, and the module whose imports it holds
    "viewer/start.js": "viewer/main.js",
    "viewer/panels/parts.js": "viewer/panels/panels.js",
}
_IMPORT = re.compile(r"""^import (\{[^{}()"']*\}|\* as \w+) from "(\.[^"]+)";""", re.MULTILINE)
_LATER = re.compile(r"""\bimport\("(\.[^"]+)"\)""")
_EXPORT = re.compile(
    r"^export (?=(?:async function\*?|function\*?|class|const) (\w+))", re.MULTILINE
)
_OTHER = re.compile(r"^(?:import|export)\b(?! ?\()[^\n]*", re.MULTILINE)


def is_script(name: str) -> bool:
    """Whether a file below `assets/` may import the viewer's modules: those of others do not."""
    return name.endswith(".js") and not name.startswith("vendor/")


def imports(name: str, text: str) -> list[str]:
    """The files that a script imports before it starts, as paths below `assets/`."""
    return [_target(name, path) for _, path in _IMPORT.findall(text)]


def packed(scripts: Mapping[str, str], places: Mapping[str, Path]) -> dict[str, str]:
    """The scripts to publish: packs in place of their modules, and all that imports from them.

    `places` are the files that the scripts were read from. Raises TracerError for modules that
    import each other in a circle, and for a form of import or export that a pack cannot hold.
    """
    home = _homes(scripts)
    made = {name: _moved(text, _Move(name, name, home)) for name, text in scripts.items()}
    for pack in PACKS:
        inside = [name for name in home if home[name] == pack]
        if inside:
            made[pack] = _pack(pack, {name: scripts[name] for name in inside}, home, places)
    return {name: text for name, text in made.items() if name not in home}


def _homes(scripts: Mapping[str, str]) -> dict[str, str]:
    """The pack of each module that has one; what a module imports comes before it."""
    home: dict[str, str] = {}
    for pack, entry in PACKS.items():
        for name in _in_order(entry, scripts, ()) if entry in scripts else ():
            if name != entry:
                home.setdefault(name, pack)
    return home


def _in_order(name: str, scripts: Mapping[str, str], above: tuple[str, ...]) -> Iterator[str]:
    if name in above:
        round_trip = " → ".join([*above[above.index(name) :], name])
        raise TracerError(
            f"these scripts import each other in a circle: {round_trip}",
            hint="move what both need into a module of its own",
        )
    for one in imports(name, scripts[name]):
        if one in scripts:
            yield from _in_order(one, scripts, (*above, name))
    yield name


def _target(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


@dataclass(frozen=True)
class _Move:
    """A module's text goes from its own place to the file `to`."""

    name: str
    to: str
    home: Mapping[str, str]

    def path(self, module: str) -> str:
        path = posixpath.relpath(module, posixpath.dirname(self.to))
        return path if path.startswith(".") else f"./{path}"

    def imported(self, found: re.Match[str]) -> str:
        target = _target(self.name, found[2])
        if self.to == self.name and target not in self.home:
            return found[0]
        names = found[1].replace(" as ", ": ")
        taken = f"const {names} = {_constant(target)};"
        if self.to != self.name:
            return taken
        return f'import {{ {_constant(target)} }} from "{self.path(self.home[target])}";\n{taken}'

    def imported_later(self, found: re.Match[str]) -> str:
        target = _target(self.name, found[1])
        pack = self.home.get(target)
        if pack is None:
            return f'import("{self.path(target)}")'
        return f'import("{self.path(pack)}").then((all) => all.{_constant(target)})'


def _constant(module: str) -> str:
    return re.sub(r"\W", "_", module.removeprefix("viewer/").removesuffix(".js"))


def _moved(text: str, move: _Move) -> str:
    return _LATER.sub(move.imported_later, _IMPORT.sub(move.imported, text))


def _pack(
    pack: str, inside: Mapping[str, str], home: Mapping[str, str], places: Mapping[str, Path]
) -> str:
    outside = {one for name, text in inside.items() for one in imports(name, text)} - {*inside}
    lines = [_brought(_Move(pack, pack, home), one) for one in sorted(outside)]
    lines += [_held(text, _Move(name, pack, home), places[name]) for name, text in inside.items()]
    return "".join(lines)


def _brought(move: _Move, module: str) -> str:
    name = _constant(module)
    if module in move.home:
        return f'import {{ {name} }} from "{move.path(move.home[module])}";\n'
    return f'import * as {name} from "{move.path(module)}";\n'


def _held(text: str, move: _Move, place: Path) -> str:
    """A module as a constant of its pack."""
    body = _moved(_EXPORT.sub("", text), move)
    if other := _OTHER.search(body):
        line = read_text(place).split(other[0])[0].count("\n") + 1
        raise TracerError(
            f"`{other[0].strip()}` cannot be joined with the viewer's other scripts",
            hint='write `import { name } from "./file.js";`, and `export` before a function, '
            "a class or one constant",
            place=Place(place, line),
        )
    given = ", ".join(_EXPORT.findall(text))
    return f"export const {_constant(move.name)} = (() => {{\n{body}return {{ {given} }};\n}})();\n"
