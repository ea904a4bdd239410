"""Where a graph of another program comes from: who made it, with what, out of what.

Neuronpedia's schema keeps this under `metadata.info`; some files hold parts of it one level up, or
the text of a Python dictionary in its place. All of it is somebody's free text.
"""

from __future__ import annotations

import ast
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tracer.documents.annotation_text import one_line
from tracer.documents.graph import Graph
from tracer.documents.json_text import decode_or_none

LONGEST_TEXT, LONGEST_NAME, LONGEST_ADDRESS, LONGEST_DICTIONARY = 1000, 200, 2000, 20_000
MOST_SOURCES = 20
_UNSAFE = set("\"'<>\\{}`^|")


@dataclass(frozen=True)
class Named:
    """A name, and the address it leads to, if that is http or https."""

    name: str
    url: str | None = None


@dataclass(frozen=True)
class Provenance:
    """What a graph's file says of its own making; all of it may be missing."""

    creator: Named | None = None
    generator: Named | None = None
    sources: tuple[Named, ...] = ()
    page: Named | None = None
    created: datetime.date | None = None
    description: str = ""
    settings: str = ""

    @property
    def authors(self) -> tuple[str, ...]:
        return (self.creator.name,) if self.creator else ()

    def note(self, gallery: str) -> str:
        """For a citation: how it was made and of what, and who only shows it."""
        parts = [f"made with {_said(self.generator)}"] if self.generator else []
        if self.sources:
            parts.append(f"from {', '.join(one.name for one in self.sources)}")
        text = "; ".join([*parts, f"as shown in {gallery}"])
        return text[0].upper() + text[1:]


def is_foreign(graph: Graph) -> bool:
    """Whether somebody else made it: another program, or one who is named as its creator."""
    return graph.metadata.tracer is None or provenance_of(graph).creator is not None


def provenance_of(graph: Graph) -> Provenance:
    metadata: Mapping[str, Any] = graph.metadata.model_extra or {}
    info = {**metadata, **_mapping(metadata.get("info"))}
    by = _mapping(info.get("generator"))
    version = _line(by.get("version"))
    generator = _named(by.get("name") or info.get("generator"), by.get("url"))
    if generator and version:
        generator = Named(f"{generator.name} {version}", generator.url)
    return Provenance(
        creator=_named(info.get("creator_name"), info.get("creator_url")),
        generator=generator,
        sources=_sources(info),
        page=_page(info.get("neuronpedia_link")),
        created=_date(info.get("create_time_ms")),
        description=_line(info.get("description"), LONGEST_TEXT),
        settings=_settings(metadata),
    )


def details_of(graph: Graph) -> Mapping[str, Any]:
    """What a graph's file says of its features: the set they are of, where their examples are."""
    metadata: Mapping[str, Any] = graph.metadata.model_extra or {}
    info = {**metadata, **_mapping(metadata.get("info"))}
    return {**info, **_mapping(info.get("feature_details"))}


def web_address(text: object) -> str | None:
    """An address that a page may lead to: http or https, with a host, and nothing that would end
    a quotation; None for everything else."""
    if not isinstance(text, str) or len(text) > LONGEST_ADDRESS:
        return None
    text = text.strip()
    if not text.isprintable() or " " in text or _UNSAFE & set(text):
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return text if usable and not parts.username else None


def _said(one: Named) -> str:
    return f"{one.name} ({one.url})" if one.url and one.url != one.name else one.name


def _named(name: object, url: object) -> Named | None:
    address = web_address(url)
    text = _line(name) or (_line(url) if address else "")
    return Named(text, address) if text else None


def _page(url: object) -> Named | None:
    """Named after its host: such addresses hold a whole view and are long."""
    address = web_address(url)
    return Named(str(urlsplit(address).hostname), address) if address else None


def _sources(info: Mapping[str, Any]) -> tuple[Named, ...]:
    details = _mapping(info.get("feature_details"))
    listed = info.get("source_urls")
    urls = listed if isinstance(listed, list) else [listed]
    found = [_named(url, url) for url in urls[:MOST_SOURCES]]
    for holder in (info, details):
        found += [
            _named(holder.get(key), None)
            for key in ("transcoder_set", "neuronpedia_source_set", "neuronpedia_lorsa_source_set")
        ]
    base = details.get("feature_json_base_url")
    found.append(_named(base, base))
    named = list(dict.fromkeys(one for one in found if one is not None))
    ends = [one.name for one in named if one.url]  # which say the name of a set already
    return tuple(o for o in named if o.url or not any(e.endswith(f"/{o.name}") for e in ends))


def _settings(metadata: Mapping[str, Any]) -> str:
    pairs = [
        f"{_line(key)} {_line(value)}"
        for part in ("generation_settings", "pruning_settings")
        for key, value in list(_mapping(metadata.get(part)).items())[:MOST_SOURCES]
        if isinstance(value, int | float | str) and _line(value)
    ]
    return ", ".join(dict.fromkeys(pairs))


def _mapping(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = _dictionary(value)
    return value if isinstance(value, dict) else {}


def _dictionary(text: str) -> object:
    if not text.lstrip().startswith("{") or len(text) > LONGEST_DICTIONARY:
        return None
    if (found := decode_or_none(text)) is not None:
        return found
    try:
        return ast.literal_eval(text)  # circuit-tracer's way to write one
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _line(value: object, longest: int = LONGEST_NAME) -> str:
    """Text or a number on one line, clipped; nothing for what is neither."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    text = one_line(str(value)[: 4 * longest])
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _date(milliseconds: object) -> datetime.date | None:
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        return None
    try:
        moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.date() if moment.year >= 2000 else None
