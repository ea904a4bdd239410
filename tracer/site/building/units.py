"""What a site is made of: units that are made one by one, and again only when they must."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tracer.site.graph.summary import Summary


@dataclass(frozen=True)
class Product:
    """The files of one unit, by their path below the site's root, and what lists say of it."""

    files: Mapping[str, bytes]
    summary: Summary | None = None


@dataclass(frozen=True)
class Unit:
    """Some files that are made together.

    `owns` is a file, or a folder with a slash at its end. `key` changes with whatever `make` uses
    that it does not ask of the gallery.
    """

    name: str
    owns: str
    make: Callable[[], Product] = field(repr=False)
    key: str = ""
