"""`tracer suggest`: annotations to begin from."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.documents.draft_annotations import NAMES


@click.command("suggest")
@click.argument("slug")
@click.option("--out", type=click.Path(path_type=Path), help="Where to (default: its annotations).")
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@click.option("--explain", metavar="MODEL", help="Ask this language model for names, too.")
@click.option(
    "--endpoint",
    metavar="URL",
    help="Where MODEL is asked, as OpenAI's chat is (default: here, a hub id or a folder).",
)
@click.option(
    "--most",
    type=click.IntRange(1),
    default=NAMES,
    show_default=True,
    help="With --explain: of how many features, the strongest that nobody has named.",
)
@root_option
def command(
    slug: str,
    root: Path,
    out: Path | None,
    revision: int | None,
    explain: str | None,
    endpoint: str | None,
    most: int,
) -> None:
    """Write a draft of annotations for the graph SLUG, for a person to edit.

    Names by rule of its strongest features, groups of features that read and push alike, and
    claims worth testing. What is there already is never overwritten.

    \b
    With --explain a language model is shown the texts that `tracer find-examples` found, and asked
      for a name. A name is tried as those by rule are: the model rates, by the name alone, places
      of texts held out, and what tells more than the name that is there goes into the record.
      tracer suggest SLUG --explain gpt-4o-mini --endpoint https://api.openai.com/v1
      tracer suggest SLUG --explain HuggingFaceTB/SmolLM2-1.7B-Instruct

    A key for the endpoint is read from TRACER_EXPLAIN_KEY, and written nowhere.
    """
    from tracer.documents.drafted import free_place, write_draft
    from tracer.errors import TracerError

    if endpoint is not None and explain is None:
        raise TracerError("--endpoint says where, and nothing says which model", hint="--explain")
    if explain is not None:
        free_place(root, slug, out)  # before anybody is asked in vain
        _explain(root, slug, revision, explain, endpoint, most)
    file = write_draft(root, slug, out, revision)
    click.echo(f"{file}: edit it, then `tracer check` and `tracer verify {slug}`")


def _explain(
    root: Path, slug: str, revision: int | None, model: str, endpoint: str | None, most: int
) -> None:
    needs_tracing()
    from tracer.batch.explain import explain_features
    from tracer.documents.exchange.chat_endpoint import ChatEndpoint
    from tracer.interventions.texts.explaining import Asked
    from tracer.interventions.texts.local_model import LocalModel
    from tracer.model.load import load_model

    asked: Asked
    if endpoint is not None:
        asked = ChatEndpoint.at(endpoint, model)
    else:
        asked = LocalModel(load_model(model, say=lambda text: click.echo(text, err=True)))

    def say(text: str) -> None:
        click.echo(f"asking {asked.name}: {text}", err=True)

    done = explain_features(root, slug, asked, revision=revision, most=most, say=say)
    click.echo(
        f"{done.asked} features asked of {asked.name}: {done.kept} names kept, {done.less} tell "
        f"less than what is there, {done.nothing} next to nothing"
    )
