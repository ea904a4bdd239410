"""`tracer tokens`: what the model reads of a prompt."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.needs_tracing import needs_tracing
from tracer.documents.listed_settings import DEFAULT_MODEL


@click.command("tokens")
@click.argument("prompt", required=False)
@click.option("--model", help=f"Name, hub id or folder.  [default: {DEFAULT_MODEL}]")
@click.option("--chat", is_flag=True, help="PROMPT is a user's turn of a chat.")
@as_json
@click.option("--slug", help="What this entry of the prompt list asks, in place of PROMPT.")
@click.option("--counterfactual", is_flag=True, help="With --slug: its counterfactual.")
@click.option(
    "--prompts",
    type=click.Path(path_type=Path, dir_okay=False),
    default="site_src/prompts.yaml",
    show_default=True,
    help="The prompt list.",
)
def command(
    prompt: str | None,
    model: str | None,
    chat: bool,
    slug: str | None,
    counterfactual: bool,
    prompts: Path,
    as_json: bool,
) -> None:
    """Show what the model reads of PROMPT: position, id, vocabulary piece and text of each token.

    Spaces, control signs and single bytes are visible. An id names a token where its text does not:
    `--target-id` of `tracer trace`, `target: {id: …}` in a prompt list.
    """
    from tracer.documents.prompts import ChatTurn, load_prompts

    if (prompt is None) == (slug is None):
        raise click.UsageError("give either PROMPT or --slug")
    if counterfactual and slug is None:
        raise click.UsageError("--counterfactual belongs to --slug")
    listed = None if slug is None else load_prompts(prompts)
    needs_tracing()
    from tracer.batch.encoding import show_entry, show_prompt

    told = print_json if as_json else None

    if listed is not None and slug is not None:
        show_entry(listed, slug, counterfactual=counterfactual, model=model, told=told)
    else:
        turns = [ChatTurn(role="user", content=prompt or "")] if chat else None
        show_prompt(model or DEFAULT_MODEL, prompt=None if chat else prompt, chat=turns, told=told)
