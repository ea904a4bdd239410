"""Share links of circuit-tracer's and Neuronpedia's viewers: a graph's address and one's work.

Neuronpedia: `https://…/<model>/graph?slug=…`. circuit-tracer's own viewer: `…/index.html?slug=…`,
with the graph beside the page in `graph_data/<slug>.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from tracer.documents.download import download
from tracer.documents.files import MAX_GRAPH_BYTES, read_text
from tracer.documents.json_text import decode_or_none
from tracer.documents.saved_view import QueryParameters
from tracer.errors import TracerError, one_plain_line

_WORK = ("pinnedIds", "supernodes", "clerps")
_LOOK = ("clickedId", "pruningThreshold")


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
        return any(name in self.parameters for name in ("slug", *_WORK, *_LOOK))

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
        slug = self.parameters.get("slug")
        if not slug:
            hint = "save the graph and name it with --graph"
            raise TracerError("the link does not say which graph it shows", hint=hint)
        parts = urlsplit(self.url)
        folders = parts.path.strip("/").split("/")
        if len(folders) == 2 and folders[1] == "graph":
            path = f"/api/graph/{quote(folders[0], safe='')}/{quote(slug, safe='')}"
            return parts._replace(path=path, query="", fragment="").geturl()
        return urljoin(self.url, f"graph_data/{quote(slug, safe='')}.json")


@dataclass(frozen=True)
class Found:
    """A graph's text, what to call its file in messages, and the link that came with it."""

    text: str
    file: Path
    link: ShareLink | None = None


def find_graph(source: str, graph: Path | None = None) -> Found:
    """The text of a graph file, address or share link; `graph` is the file a link is about.

    Raises TracerError where it is not there, too large or cannot be fetched.
    """
    if "://" not in source:
        if graph is not None:
            hint = "leave --graph out, or give a share link"
            raise TracerError(
                f"`{one_plain_line(source, 200)}` is no link, and --graph says which one", hint=hint
            )
        return Found(read_text(Path(source), max_bytes=MAX_GRAPH_BYTES), Path(source))
    link = ShareLink.parse(source)
    if graph is not None:
        return Found(read_text(graph, max_bytes=MAX_GRAPH_BYTES), graph, link)
    if not link.names_a_viewer or urlsplit(source).path.endswith(".json"):
        return Found(download(source, max_bytes=MAX_GRAPH_BYTES), Path(source), link)
    address = link.graph_address
    text = download(address, max_bytes=MAX_GRAPH_BYTES)
    elsewhere = _pointed_to(text)
    if elsewhere is not None:
        first, address = address, _joined(address, elsewhere)
        text = download(address, max_bytes=MAX_GRAPH_BYTES, sent_by=first)
    return Found(text, Path(address), link)


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
