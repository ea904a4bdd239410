"""`tracer verify`: run the claims of annotations in the real model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import ADAPTERS, DEVICES


@click.command("verify")
@click.argument("slugs", nargs=-1, metavar="[SLUG]…")
@click.option("--force", is_flag=True, help="Run again what has evidence; write what differs.")
@click.option(
    "--curve",
    is_flag=True,
    help="Faithfulness over circuit size too, and its areas CPR and CMD, for graphs with a "
    "counterfactual.",
)
@as_json
@click.option("--model", help="Where the graphs' model is (default: as the prompt list says).")
@ADAPTERS
@click.option("--features", help="Where their features are (default: as the prompt list says).")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@root_option
def command(slugs: tuple[str, ...], root: Path, as_json: bool, **options: Any) -> None:
    """Test the claims of all graphs and sets, or of these, and how faithful the graphs are.

    Each claim is run in the real model beside twenty controls, and what came of it is written to
    graphs/<slug>/<revision>.evidence.json. Status 1 if a claim with `holds: true` does not hold.
    """
    needs_tracing()
    from tracer.batch.verified import verified
    from tracer.batch.verify import verify
    from tracer.batch.verify_sets import set_slugs, verify_sets
    from tracer.documents.graph_folder import GraphFolder

    known = set_slugs(root)
    sets = [one for one in slugs or known if one in known]
    graphs = [one for one in slugs if one not in known]
    status = verify(root, graphs, **options) if graphs or not slugs else 0
    if sets and status < 130:
        status |= verify_sets(root, sets, force=options["force"], device=options["device"])
    if as_json:
        graphs = graphs or (GraphFolder(root / "graphs").slugs() if not slugs else [])
        print_json({"status": status, **verified(root, graphs, sets)})
    sys.exit(status)
