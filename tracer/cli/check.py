"""`tracer check`: everything a reviewer would catch, before a reviewer sees it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import click

from tracer.cli.as_json import as_json
from tracer.cli.gallery_root import root_option
from tracer.site.checks.findings import Format


@click.command("check")
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Format)),
    default="text",
    help="For people, for programs, or as remarks in a pull request on GitHub.",
)
@as_json
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@root_option
def command(form: Format, as_json: bool, strict: bool, root: Path) -> None:
    """Find mistakes in everything people write, with file:line:col.

    Errors would stop a build; warnings should be mended; notes are only worth knowing. Ends with
    status 1 where there are errors, or warnings with --strict.
    """
    from tracer.site.check import check
    from tracer.site.checks.findings import counts, report

    findings = check(root)
    click.echo(report(findings, "json" if as_json else form))
    found = counts(findings)
    if found["errors"] or (strict and found["warnings"]):
        sys.exit(1)
