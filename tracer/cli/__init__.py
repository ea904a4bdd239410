"""`tracer`: thin commands, each in its own file, imported only when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import click

from tracer.cli.signals import INTERRUPTED, Signals
from tracer.cli.streams import speak_any_character
from tracer.errors import TracerError

_COMMANDS = {
    "build": "build the site from graphs, write-ups and annotations",
    "build-graphs": "trace the prompts of a list into graph files",
    "changes": "say and show what a change does to a gallery's circuits",
    "check": "find mistakes in everything people write, with file:line:col",
    "compare": "say what one graph, or set, has that another has not",
    "doctor": "say what is installed and what is missing, and what to do about it",
    "export": "write a graph for Neuronpedia, or as tables",
    "find-examples": "find where in texts a graph's features are active",
    "heads": "say which attention heads carried an answer, and try it without them",
    "import": "bring in a graph of circuit-tracer or Neuronpedia",
    "import-examples": "bring in texts that make a graph's features active",
    "init": "begin a gallery of your own",
    "models": "list cached models and supported families",
    "new": "put a graph on the prompt list, with files to write about it in",
    "pin": "let a gallery's host install the tracer that runs here",
    "schema": "print or write the JSON Schemas that editors complete from",
    "serve": "serve the site on this machine, rebuilding with --watch",
    "sets": "say what holds for many prompts of one kind",
    "stability": "say how much of a graph survives small changes of its question",
    "steer": "set features of a graph, and see what the model says then",
    "suggest": "draft annotations of a graph: names, groups, claims to test",
    "tokens": "show what the model reads of a prompt: pieces, ids, texts",
    "trace": "trace one prompt now and say what was found",
    "verify": "run the claims of annotations in the real model, beside controls",
}
_MODULES = {"import": "import_graph", "trace": "trace_prompt"}  # what Python calls otherwise


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        file = _MODULES.get(name, name.replace("-", "_"))
        module = importlib.import_module(f"tracer.cli.{file}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            told = "interrupted; what was finished stays, run the same command to go on"
            click.echo(told, err=True)
            ctx.exit(INTERRUPTED)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from tracer.errors import did_you_mean

            hint = did_you_mean(args[0], _COMMANDS)
            raise click.UsageError(f"{error.message} {hint or ''}".rstrip(), ctx) from None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tracer-gallery", prog_name="tracer")
def tracer() -> None:
    """Turn a list of prompts into a public gallery of attribution graphs."""


def _refuse_broken_text(arguments: list[str]) -> None:
    """What is no text in any encoding could be neither written to a file nor shown."""
    for argument in arguments:
        try:
            os.fsencode(argument).decode("utf-8")
        except UnicodeError:
            hint = "give it in UTF-8; a file can be renamed"
            raise TracerError(f"the argument `{argument}` is not text", hint=hint) from None


def main() -> None:
    """Run the command line; every error a user can cause ends as plain lines and status 1."""
    # Commands end soon: looking for garbage, last of all at their end, took a tenth of their time.
    gc.set_threshold(50_000, 20, 20)
    # Nothing of ours needs one, and to look for some every installed package is asked.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    speak_any_character()
    signals = Signals()
    try:
        _refuse_broken_text(sys.argv[1:])
        tracer(prog_name="tracer", standalone_mode=True)
    except TracerError as error:
        for problem in error.problems:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {problem}", err=True)
        sys.exit(1)
    except SystemExit as end:
        sys.exit(signals.status(end.code))
    finally:
        gc.freeze()
