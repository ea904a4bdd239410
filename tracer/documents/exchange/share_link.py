"""Share links of circuit-tracer's and Neuronpedia's viewers: a graph's address and one's work.

Neuronpedia: `https://…/<model>/graph?slug=…`. circuit-tracer's own viewer: `…/index.html?slug=…`,
with the graph beside the page in `graph_data/<slug>.json`. A gallery of ours:
`…/graphs/<slug>/?revision=2`, with the graph beside the page in `2.json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from tracer.documents.exchange.download import download
from tracer.documents.files import MAX_GRAPH_BYTES, decode_text, read_bytes
from tracer.documents.json_text import decode_or_none
from tracer.documents.other_formats import no_text
from tracer.documents.saved_view import QueryParameters
from tracer.errors import TracerError, one_plain_line

_WORK = ("pinnedIds", "supernodes", "clerps")
_LOOK = ("clickedId", "pruningThreshold")
_OURS = re.compile(r"(?P<page>.*/graphs/[a-z0-9-]+/)(?:\d+/)?\Z")


@dataclass(frozen=True)
class ShareLink:
    """An address with a viewer's parameters."""

    url: str
    parameters: dict[str, str]

    @staticmethod
    def parse(url: str) -> ShareLink:
        """Raises TracerError for what is no address."""
        try:
            return ShareLink(url, dict(parse_qsl(urlsplit(url).query, max_num_fields=1000)))
        except ValueError as error:
            raise TracerError(f"{one_plain_line(url, 200)} is no address: {error}") from None

    @property
    def names_a_viewer(self) -> bool:
        named = any(name in self.parameters for name in ("slug", *_WORK, *_LOOK))
        return named or self._in_a_gallery is not None

    @property
    def work(self) -> QueryParameters:
        return QueryParameters.of_link({k: v for k, v in self.parameters.items() if k in _WORK})

    @property
    def look(self) -> str:
        """Where its sender was looking, as our viewer's addresses say it."""
        seen = {k: v for k, v in self.parameters.items() if k in _LOOK and v not in ("", "null")}
        return urlencode(seen)

    @property
    def graph_address(self) -> str:
        """Where its graph, or word of it, can be fetched. Raises TracerError without a slug."""
        if (ours := self._in_a_gallery) is not None:
            return ours
        slug, parts = self.parameters.get("slug"), urlsplit(self.url)
        if not slug:
            hint = "save the graph and name it with --graph"
            raise TracerError("the link does not say which graph it shows", hint=hint)
        folders = parts.path.strip("/").split("/")
        if len(folders) == 2 and folders[1] == "graph":
            path = f"/api/graph/{quote(folders[0], safe='')}/{quote(slug, safe='')}"
            return parts._replace(path=path, query="", fragment="").geturl()
        return urljoin(self.url, f"graph_data/{quote(slug, safe='')}.json")

    @property
    def _in_a_gallery(self) -> str | None:
        """The file of the revision that a gallery of ours shows."""
        parts, revision = urlsplit(self.url), self.parameters.get("revision", "")
        ours = _OURS.match(parts.path)
        if ours is None or not revision.isdecimal():
            return None
        path = f"{ours['page']}{revision}.json"
        return parts._replace(path=path, query="", fragment="").geturl()


@dataclass(frozen=True)
class IncomingGraph:
    """A graph's text, what to call its file in messages, and the link that came with it."""

    text: str
    file: Path
    link: ShareLink | None = None


def find_graph(source: str, graph: Path | None = None) -> IncomingGraph:
    """The text of a graph file, address or share link; `graph` is the file a link is about.

    Raises TracerError where it is not there, too large or cannot be fetched.
    """
    if "://" not in source:
        if graph is not None:
            hint = "leave --graph out, or give a share link"
            raise TracerError(
                f"`{one_plain_line(source, 200)}` is no link, and --graph says which one", hint=hint
            )
        return IncomingGraph(_text(Path(source)), Path(source))
    link = ShareLink.parse(source)
    if graph is not None:
        return IncomingGraph(_text(graph), graph, link)
    if not link.names_a_viewer or urlsplit(source).path.endswith(".json"):
        return IncomingGraph(_fetched(source), Path(source), link)
    address = link.graph_address
    text = _fetched(address)
    elsewhere = _pointed_to(text)
    if elsewhere is not None:
        first, address = address, _joined(address, elsewhere)
        text = _fetched(address, sent_by=first)
    return IncomingGraph(text, Path(address), link)


def _text(file: Path) -> str:
    raw = read_bytes(file, max_bytes=MAX_GRAPH_BYTES)
    _refuse_no_text(raw[:100], str(file))
    return decode_text(raw, file)


def _fetched(address: str, *, sent_by: str | None = None) -> str:
    text = download(address, max_bytes=MAX_GRAPH_BYTES, sent_by=sent_by)
    _refuse_no_text(text[:100].encode(), address)
    return text


def _refuse_no_text(start: bytes, source: str) -> None:
    if (what := no_text(start)) is not None:
        raise TracerError(f"{source}: not an attribution graph: this is {what}")


def _joined(address: str, to: str) -> str:
    try:
        return urljoin(address, to)
    except ValueError as error:
        raise TracerError(
            f"{address} points to {one_plain_line(to, 200)}, which is no address: {error}"
        ) from None


def _pointed_to(text: str) -> str | None:
    """The address in a record about a graph; None where the text is the graph itself."""
    if len(text) > 1_000_000:
        return None
    record = decode_or_none(text)
    if not isinstance(record, dict) or "nodes" in record:
        return None
    address = record.get("url")
    return address if isinstance(address, str) else None
