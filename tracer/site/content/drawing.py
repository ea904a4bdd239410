"""Drawings of authors (SVG), written anew so that nothing in them runs or reaches out."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from py_svg_hush import filter_svg

from tracer.errors import Place, TracerError

MAX_BYTES = 5_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 100_000
_SVG = "http://www.w3.org/2000/svg"
_XML = "http://www.w3.org/XML/1998/namespace"
_XLINK = "http://www.w3.org/1999/xlink"
_XHTML = "http://www.w3.org/1999/xhtml"
_EMBEDDED = {
    "image": ["png", "jpeg", "jpg", "gif", "webp"],
    "font": ["woff", "woff2", "ttf", "otf"],
}
_DATA = r"data:(?:image/(?:png|jpe?g|gif|webp)|font/(?:woff2?|ttf|otf))[;,]"
_OWN = re.compile(rf"\s*(?:#|\Z|{_DATA})", re.IGNORECASE)
_LINK_OUT = re.compile(r"(?:https?:|mailto:|[^:\s\x00-\x1f]*\Z)", re.IGNORECASE)
# What a style may not say: another file, in any spelling; a backslash spells letters otherwise.
_REACHES_OUT = re.compile(
    rf"""\\|@import|url\((?!\s*["']?(?:#|{_DATA}))|image-set|\bsrc\(|expression\(|script:"""
    r"|-moz-binding|behavior:",
    re.IGNORECASE,
)
_ACTIVE = frozenset(["script", "foreignobject", "handler", "listener", "iframe", "embed", "object"])
_ANIMATED = frozenset({"animate", "set", "animateTransform", "animateMotion", "animateColor"})
_FREE = re.compile(r"id\Z|class\Z|aria-|data-")
_ALSO_KEPT = ("xml:space", "paint-order")  # unknown to the filter
_HINT = "save it as plain SVG in UTF-8 without that, or as PNG"


def safe_drawing(content: bytes, file: Path) -> bytes:
    """The same picture in UTF-8, with plain names, of what may be drawn alone.

    Comments, what editors keep for themselves and links to other pages are left out. Raises
    TracerError, at its place, for whatever runs or loads something, and for what would be lost.
    """
    drawn = _Reader(file).read(content)
    written = _filtered(_serialised(drawn), file)
    safe = _Reader(file).read(written)
    originals, kept = list(drawn.iter()), list(safe.iter())
    if [one.tag for one in originals] != [one.tag for one in kept]:
        lost = {str(one.tag) for one in originals} - {str(one.tag) for one in kept}
        what = f"`<{min(lost, default='g')}>` is not published in drawings"
        raise TracerError(what, hint=_HINT, place=Place(file))
    for original, one in zip(originals, kept, strict=True):
        if one.tag == "style" and _unquoted(one) != _unquoted(original):
            raise TracerError("its styles load something", hint=_HINT, place=Place(file))
        # The filter indents, and a space between two words of a text is seen.
        one.text, one.tail = original.text, original.tail
        for name in set(_ALSO_KEPT) & set(original.keys()):
            one.set(name, original.attrib[name])
    return _serialised(safe)


def _filtered(content: bytes, file: Path) -> bytes:
    try:
        return bytes(filter_svg(content, _EMBEDDED))
    except ValueError as error:
        raise TracerError(f"not a drawing: {error}", hint=_HINT, place=Place(file)) from None


def _serialised(root: ElementTree.Element) -> bytes:
    root.set("xmlns", _SVG)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    del root.attrib["xmlns"]
    return content


def _unquoted(style: ElementTree.Element) -> str:
    return re.sub(r"""[\s"']""", "", style.text or "")


def _printable(value: str) -> str:
    return "".join(one if one.isprintable() else " " for one in value[:60])


class _Reader:
    """Elements of SVG by their names without namespace; refuses what must not be published."""

    def __init__(self, file: Path):
        self._file = file
        self._builder = ElementTree.TreeBuilder()
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._open: list[str] = []
        self._left_out = 0  # how deep in something that is not drawn
        self._elements = 0

    def read(self, content: bytes) -> ElementTree.Element:
        """Raises TracerError for what is no drawing, or one that must not be published."""
        if len(content) > MAX_BYTES:
            self._refuse(f"{len(content):,} bytes is more than a drawing may have ({MAX_BYTES:,})")
        try:
            self._parser.Parse(content, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            self._refuse(f"not a drawing that can be read: {str(error).split(':')[0]}")
        return self._builder.close()

    def _refuse(self, what: str) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        raise TracerError(what, hint=_HINT, place=Place(self._file, line, column))

    def _doctype(self, _: str, system: str | None, public: str | None, internal: bool) -> None:
        if internal:
            self._refuse("this drawing declares things of its own in its DOCTYPE")

    def _entity(self, *_: object) -> None:
        self._refuse("this drawing declares entities")

    def _start(self, name: str, given: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        self._elements += 1
        self._open.append(tag)
        if len(self._open) > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            self._refuse(f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS:,} parts")
        if len(self._open) == 1 and (space, tag) != (_SVG, "svg"):
            self._refuse("this is no drawing: it does not begin with SVG's `<svg>`")
        if space == _XHTML or tag.lower() in _ACTIVE:
            self._refuse(f"this drawing holds `<{tag}>`, which may run something")
        if self._open[-2:-1] == ["style"]:
            self._refuse(f"a style holds `<{tag}>`")
        attributes = dict(filter(None, (self._attribute(tag, *one) for one in given.items())))
        if self._left_out or space != _SVG or tag == "metadata":
            self._left_out += 1
        else:
            self._check_animation(tag, attributes)
            self._builder.start(tag, attributes)

    def _attribute(self, tag: str, name: str, value: str) -> tuple[str, str] | None:
        """The attribute under the name that is published; None where it is not."""
        space, _, local = name.rpartition(" ")
        if local.lower().startswith("on"):
            self._refuse(f"this drawing runs something (`{local}`)")
        if local.lower() in ("href", "src", "base"):
            link_out = tag == "a" and _LINK_OUT.match(value)
            if not (link_out or _OWN.match(value)) or local == "base":
                self._refuse(f"this drawing refers to something else (`{_printable(value)}`)")
            if link_out:
                return None
        elif not space and not _FREE.match(local) and _REACHES_OUT.search(value):
            self._refuse(f"this drawing refers to something else (`{_printable(value)}`)")
        if space == _XML:
            return f"xml:{local}", value
        return (local, value) if space in ("", _XLINK) else None

    def _check_animation(self, tag: str, attributes: dict[str, str]) -> None:
        animated = attributes.get("attributeName", "").rpartition(":")[2].strip().lower()
        if tag in _ANIMATED and (animated == "href" or animated.startswith(("on", "style"))):
            self._refuse(f"this drawing changes its own `{animated}`")

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._left_out:
            self._left_out -= 1
            return
        one = self._builder.end(name.rpartition(" ")[2])
        if one.tag == "style" and _REACHES_OUT.search(one.text or ""):
            self._refuse("the styles of this drawing refer to something else")

    def _characters(self, text: str) -> None:
        if not self._left_out:
            self._builder.data(text)
