"""`tracer import`: graphs of circuit-tracer and Neuronpedia into this gallery."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("import")
@click.argument("source", metavar="FILE|URL")
@click.option("--graph", type=click.Path(path_type=Path), help="The graph that a link is about.")
@click.option("--slug", help="Its name here (default: its own, made into a valid one).")
@click.option("--keep-annotations", is_flag=True, help="Leave an annotation file as it is.")
@root_option
def command(
    source: str, graph: Path | None, slug: str | None, keep_annotations: bool, root: Path
) -> None:
    """Bring in a graph that circuit-tracer or Neuronpedia wrote.

    FILE is its JSON, URL an https address of that or a share link of either viewer. Names,
    supernodes and pins saved with it become site_src/annotations/<slug>.yaml.
    """
    from tracer.documents.exchange.import_graph import counted, import_graph
    from tracer.documents.exchange.node_names import NodeNames
    from tracer.documents.exchange.share_link import find_graph

    found = find_graph(source, graph)
    done = import_graph(found, root, slug=slug, keep_annotations=keep_annotations)
    size = f"{len(done.graph.nodes):,} nodes, {len(done.graph.links):,} links"
    name = f"graphs/{done.slug}/{done.revision}.json"
    click.echo(f"{name}: {size}" if done.graph_file else f"{name} is the same: nothing written")
    if done.annotation_file:
        work = done.annotations
        counts = (("label", work.labels), ("group", work.groups), ("pin", work.pins))
        written = ", ".join(counted(len(many), noun) for noun, many in counts)
        click.echo(f"site_src/annotations/{done.slug}.yaml: {written}")
    for notice in done.notices:
        click.echo(f"{click.style('note:', fg='blue')} {notice}")
    page = f"graphs/{done.slug}/"
    if found.link is not None and found.link.look:
        click.echo(f"the link's view, once built: {page}?{found.link.look}#viewer")
    elif clicked := NodeNames(done.graph).nodes_of(done.graph.query.clicked_id):
        click.echo(f"the view saved with it, once built: {page}?clickedId={clicked[0]}#viewer")
