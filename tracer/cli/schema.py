"""`tracer schema`: JSON Schemas for editors and other programs."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("document", type=click.Choice(["prompts", "annotations", "site", "graph"]))
def command(document: str) -> None:
    """Print the JSON Schema of DOCUMENT.

    Put `# yaml-language-server: $schema=FILE` on a YAML file's first line and editors complete it.
    """
    from pydantic import BaseModel

    from tracer.documents.annotations import Annotations
    from tracer.documents.graph import Graph
    from tracer.documents.prompts import PromptFile
    from tracer.documents.site_config import SiteConfig

    models: dict[str, type[BaseModel]] = {
        "prompts": PromptFile,
        "annotations": Annotations,
        "site": SiteConfig,
        "graph": Graph,
    }
    schema = models[document].model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
