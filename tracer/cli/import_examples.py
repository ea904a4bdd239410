"""`tracer import-examples`: texts that make features active, from other programs' files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracer.cli.gallery_root import root_option
from tracer.documents.exchange.fetch_details import MOST

if TYPE_CHECKING:
    from tracer.documents.feature_store import FeatureStore
    from tracer.documents.graph import Graph


@click.command("import-examples")
@click.argument("slug")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE…]")
@click.option("--fetch", is_flag=True, help="Fetch them from where the graph says they are.")
@click.option(
    "--most",
    type=click.IntRange(1),
    default=MOST,
    show_default=True,
    help="With --fetch: at most so many, of the most influential features first.",
)
@click.option("--force", is_flag=True, help="With --fetch: those that have a record, too.")
@root_option
def command(
    slug: str, paths: tuple[Path, ...], root: Path, fetch: bool, most: int, force: bool
) -> None:
    """Keep the feature files of circuit-tracer or Neuronpedia that the graph SLUG has nodes of.

    FILE is one feature's JSON (`index`, `examples_quantiles`, `top_logits` …), or a folder of them.
    They are kept in features/<source>/, and the build publishes them.

    With --fetch they come from the address that the graph's file names, or from Neuronpedia: over
    https, one after the other, from hosts that `fetch_from:` in site_src/site.yaml lists. What was
    fetched stays when you stop it; the same command goes on.
    """
    from tracer.documents.feature_source import feature_source
    from tracer.documents.feature_store import FeatureStore
    from tracer.documents.graph_folder import GraphFolder
    from tracer.documents.import_examples import import_examples
    from tracer.errors import Place, TracerError, did_you_mean

    if bool(paths) == fetch:
        what = "name files, or say --fetch" if not paths else "name files or say --fetch, not both"
        raise TracerError(what)
    graphs = GraphFolder(root / "graphs")
    revision = graphs.latest(slug)
    if revision is None:
        what, near = f"there is no graph `{slug}`", did_you_mean(slug, graphs.slugs())
        raise TracerError(what, hint=near, place=Place(graphs.root))
    store, graph = FeatureStore(root / "features"), graphs.load(slug, revision)
    if fetch:
        _fetch(root, graph, store, most, force)
        return
    files = [file for path in paths for file in _files(path)]
    kept = import_examples(files, graph, store)
    place = store.root / feature_source(graph)
    click.echo(f"{len(kept):,} of {len(files):,} files kept, in {place}")


def _fetch(root: Path, graph: Graph, store: FeatureStore, most: int, force: bool) -> None:
    from tracer.documents.exchange.fetch_details import fetch_details
    from tracer.documents.site_config import load_site_config

    config, _ = load_site_config(root / "site_src" / "site.yaml")

    def say(nth: int, of: int) -> None:
        click.echo(f"{nth + 1:,} of {of:,}", err=True)

    done = fetch_details(graph, store, config.fetch_from, most=most, force=force, say=say)
    there = f"; {done.there:,} had a record already" if done.there else ""
    click.echo(f"{done.kept:,} features fetched{there}")
    if done.failed:
        click.echo(f"{len(done.failed):,} not: {done.failed[0]}", err=True)
    if done.ended:
        click.echo(f"{done.ended}: the same command goes on", err=True)
    if done.ended or (done.failed and not done.kept):
        sys.exit(1)


def _files(path: Path) -> list[Path]:
    from tracer.documents.litter import is_litter

    if not path.is_dir():
        return [path]
    return sorted(one for one in path.glob("*.json") if not is_litter(one.name))
