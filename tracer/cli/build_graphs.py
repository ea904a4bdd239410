"""`tracer build-graphs`: prompts in, graph files out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import DEVICES, PRECISIONS

if TYPE_CHECKING:
    from tracer.documents.trace_settings import Device, Precision


@click.command("build-graphs")
@click.argument("prompts", type=click.Path(path_type=Path), default="site_src/prompts.yaml")
@click.option("--only", multiple=True, metavar="SLUG", help="Trace this one; may be repeated.")
@click.option("--force", is_flag=True, help="Trace again; write only if something changed.")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@click.option("--precision", type=PRECISIONS, help="Instead of what the list says.")
@click.option("--graphs", type=click.Path(path_type=Path), default="graphs", show_default=True)
@click.option(
    "--ray", metavar="ADDRESS", help="Trace on a Ray cluster (`auto`, `local`, `ray://…`)."
)
@as_json
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def command(
    prompts: Path,
    only: tuple[str, ...],
    force: bool,
    device: Device,
    precision: Precision | None,
    graphs: Path,
    ray: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Trace the prompts of PROMPTS (default: site_src/prompts.yaml) that are not traced yet.

    Each becomes GRAPHS/<slug>/<revision>.json. What is there already is skipped; an interrupted
    run goes on where it stopped.
    """
    from tracer.documents.enclosure import enclose
    from tracer.documents.prompts import load_prompts

    if prompts.absolute().parent.name == "site_src":
        enclose(prompts.absolute().parents[1])
    listed = load_prompts(prompts)  # before torch is imported: mistakes show at once
    needs_tracing()
    from tracer.batch.report import Ends
    from tracer.batch.session import build_graphs

    ends = Ends()
    status = build_graphs(
        listed,
        graphs,
        only=only,
        force=force,
        device=device,
        ray=ray,
        precision=precision,
        dry_run=dry_run,
        ends=ends,
    )
    if as_json:
        print_json({"status": status, "graphs": ends.graphs, "sets": ends.sets})
    sys.exit(status)
