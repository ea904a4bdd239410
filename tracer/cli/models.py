"""`tracer models`: what is cached, and what can be traced."""

from __future__ import annotations

import click

from tracer.cli.as_json import as_json, print_json


@click.command("models")
@as_json
def command(as_json: bool) -> None:
    """List cached models and the families that can be traced."""
    from tracer.documents.listed_settings import DEFAULT_MODEL
    from tracer.model.architectures import ARCHITECTURES
    from tracer.model.cache import cached_models, models_folder

    if as_json:
        print_json(
            {
                "folder": models_folder(),
                "cached": [{"name": name, "bytes": size} for name, size in cached_models()],
                "families": [
                    {
                        "family": one.family,
                        "model_types": one.model_types,
                        "examples": one.examples,
                    }
                    for one in ARCHITECTURES
                ],
            }
        )
        return
    click.echo(f"cached in {models_folder()}:")
    cached = cached_models()
    for name, size in cached:
        click.echo(f"  {name:<40} {size / 2**20:>8,.0f} MiB")
    if not cached:
        click.echo(f"  nothing yet; `{DEFAULT_MODEL}` is fetched when it is first needed")
    click.echo("families that can be traced (any hub id or local folder):")
    for architecture in ARCHITECTURES:
        types = ", ".join(architecture.model_types)
        click.echo(f"  {architecture.family:<18} {architecture.examples} (model_type: {types})")
