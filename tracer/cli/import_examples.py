"""`tracer import-examples`: texts that make features active, from other programs' files."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("import-examples")
@click.argument("slug")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE…"
)
@root_option
def command(slug: str, paths: tuple[Path, ...], root: Path) -> None:
    """Keep the feature files of circuit-tracer or Neuronpedia that the graph SLUG has nodes of.

    FILE is one feature's JSON (`index`, `examples_quantiles`, `top_logits` …), or a folder of them.
    They are kept in features/<source>/, and the build publishes them.
    """
    from tracer.documents.feature_source import feature_source
    from tracer.documents.feature_store import FeatureStore
    from tracer.documents.graph_folder import GraphFolder
    from tracer.documents.import_examples import import_examples
    from tracer.errors import Place, TracerError, did_you_mean

    graphs = GraphFolder(root / "graphs")
    revision = graphs.latest(slug)
    if revision is None:
        what, near = f"there is no graph `{slug}`", did_you_mean(slug, graphs.slugs())
        raise TracerError(what, hint=near, place=Place(graphs.root))
    files = [file for path in paths for file in _files(path)]
    store, graph = FeatureStore(root / "features"), graphs.load(slug, revision)
    kept = import_examples(files, graph, store)
    place = store.root / feature_source(graph)
    click.echo(f"{len(kept):,} of {len(files):,} files kept, in {place}")


def _files(path: Path) -> list[Path]:
    from tracer.documents.litter import is_litter

    if not path.is_dir():
        return [path]
    return sorted(one for one in path.glob("*.json") if not is_litter(one.name))
