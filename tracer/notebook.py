"""What a notebook shows: the circuit of a graph, the bars of a result, the page with its viewer."""

from __future__ import annotations

import base64
import html
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.references import slug_from
from tracer.errors import TracerError
from tracer.site.content.resources import resource_files
from tracer.site.graph.pictures import Pictures
from tracer.site.one_page import one_page

_STYLES = ("styles/tokens.css", "styles/site/circuit.css")
_WIDE = 'class="circuit wide"'
_CELL = "font:13px/1.45 system-ui,sans-serif;margin:.4em 0"
_BAR = "display:inline-block;height:.7em;vertical-align:middle;background:"
_BEFORE, _AFTER = "#9a958a", "#1f63b0"


@dataclass(frozen=True)
class Page:
    """A graph's page with its viewer, as one HTML document that needs nothing else."""

    html: str
    height: int

    def __repr__(self) -> str:
        return f"<Page of {len(self.html) / 1e6:.1f} MB; it shows itself in a notebook>"

    def _repr_html_(self) -> str:
        source = html.escape(self.html, quote=True)
        # Without `allow-same-origin` it can neither read the notebook nor write to it.
        return (
            f'<iframe srcdoc="{source}" title="Attribution graph" width="100%" '
            f'height="{self.height}" style="border:0" '
            'sandbox="allow-scripts allow-downloads allow-popups"></iframe>'
        )

    def save(self, file: Path | str) -> None:
        """Write the document. Raises TracerError when it cannot be written."""
        from tracer.documents.files import write_atomically

        write_atomically(Path(file), self.html)


def picture(what: Any) -> str:
    """HTML of a graph, a trace or what setting features gave. Raises TracerError for others."""
    if (graph := _graph_of(what)) is not None:
        return _circuit(graph)
    if hasattr(what, "likeliest"):
        return _bars(what)
    raise TracerError(f"{type(what).__name__} has no picture")


def show(what: Any, *, height: int = 900) -> Page:
    """The whole page of a graph or a trace. Raises TracerError where it cannot be made."""
    graph = _graph_of(what)
    if graph is None:
        raise TracerError(f"{type(what).__name__} has no page")
    slug = slug_from(graph.metadata.slug) or "untitled"
    with tempfile.TemporaryDirectory(prefix="tracer-") as folder:
        gallery = Path(folder)
        (gallery / "site_src").mkdir()
        graph.save(gallery / "graphs" / slug / "1.json")
        return Page(one_page(gallery, slug), height)


def _graph_of(what: Any) -> Graph | None:
    if isinstance(what, Graph):
        return what
    if hasattr(what, "publish"):
        published = what.publish()
        graph: Graph = published.graph
        return graph.beside(published.parts)
    return None


def _circuit(graph: Graph) -> str:
    title = graph.metadata.prompt
    drawn = str(Pictures(graph, Annotations(), title, graph.parts).full)
    first, end = drawn.partition("</svg>")[:2]
    if not end:
        raise TracerError("this graph has no circuit: no answer is told in it")
    files = resource_files("assets", Path())
    style = "".join(files[name].read_text(encoding="utf-8") for name in _STYLES)
    svg = first.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    svg = svg.replace(">", f"><style>{style}</style>", 1) + end
    data = base64.b64encode(svg.encode()).decode()
    told = html.escape(f"{graph!r}"[1:-1])
    alt = html.escape(f"The circuit of {title}", quote=True)
    image = f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:64rem"/>'
    return f'<div style="{_CELL}"><div>{told}</div>{image}</div>'


def _bars(steered: Any) -> str:
    """Each likely word before and after."""
    rows = "".join(
        f'<tr><td style="text-align:left"><code>{html.escape(repr(text))}</code></td>'
        f"<td>{_bar(before, _BEFORE)}</td><td>{_bar(after, _AFTER)}</td></tr>"
        for text, before, after in steered.likeliest(6)
    )
    head = "<tr><th></th><th>before</th><th>after</th></tr>"
    said = ""
    for name, text in (
        ("before", steered.continuation_before),
        ("after", steered.continuation_after),
    ):
        if text is not None:
            said += f"<div>{name}: {html.escape(text)}</div>"
    told = html.escape(repr(steered)[1:-1])
    return f'<div style="{_CELL}"><div>{told}</div><table>{head}{rows}</table>{said}</div>'


def _bar(share: float, colour: str) -> str:
    drawn = f'<span style="{_BAR}{colour};width:{share * 120:.0f}px"></span>'
    return (
        f'<span style="display:inline-block;width:13em;text-align:left">{drawn} {share:.1%}</span>'
    )
