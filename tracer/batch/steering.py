"""One `tracer steer` from start to end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracer.batch.report import plain_console, table_of
from tracer.batch.subject import Subject, Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.documents.resolved_claims import find_features
from tracer.documents.trace_settings import Device
from tracer.errors import TracerError
from tracer.interventions.interventions import Ablate, Intervention, Scale, Set, Swap
from tracer.interventions.steer import Steered, steer_prompt

BAR = 16  # characters
_LAYERS = re.compile(r"(\d+)(?:-(\d+))?\Z")


def steer_graph(
    root: Path,
    slug: str,
    *,
    done: Sequence[tuple[str, str]],
    revision: int | None = None,
    onwards: bool = False,
    watch: Sequence[str] = (),
    generate: int = 0,
    seed: int | None = None,
    freeze_attention: bool = False,
    constrain: str | None = None,
    direct: bool = False,
    device: Device = "auto",
    model: str | None = None,
    adapter: Sequence[Path] = (),
    features: str | None = None,
    console: Console | None = None,
    told: Callable[[Any], None] | None = None,
) -> None:
    """`done` holds what to do, in order: `set`, `scale`, `ablate` or `swap`, and its text. What
    came of it is printed, or given to `told`.

    Raises TracerError for what the graph does not have, and whatever steering refuses.
    """
    subject = find_subject(root, slug, revision)
    interventions = [_parse(subject, kind, text, onwards) for kind, text in done]
    watched = [one for text in watch for one in _nodes(subject, text)]
    aside = plain_console(stderr=True)
    with aside.status("looking for the model") as status:
        bench = Workbench(
            device, model=model, adapter=adapter, features=features, say=status.update
        )
        held = bench.held(
            subject,
            freeze_attention=freeze_attention,
            constrained_layers=None if constrain is None else _layers(constrain),
            direct_effects=direct,
        )
        with memory_suffices("the prompt"):
            prompt = bench.open(subject, held)
            status.update("running the model")
            found = steer_prompt(prompt, interventions, watch=watched, generate=generate, seed=seed)
    if told is not None:
        told(_plain(subject, found))
    else:
        (console or plain_console()).print(report(subject, found))


def _plain(subject: Subject, found: Steered) -> dict[str, Any]:
    settings = zip(found.settings, found.activations, strict=True)
    watched = found.features.items()
    return {
        "graph": subject.graph.metadata.slug,
        "target": subject.info.question.target,
        "set": [
            {
                "node": f"{one.layer}_{one.index}_{one.position}",
                "activation": activation,
                "to": one.value,
                "onwards": one.onwards,
            }
            for one, activation in settings
        ],
        "answers": [
            {"token": token, "before": before, "after": after}
            for token, before, after in found.likeliest()
        ],
        "watched": [{"node": name, "before": b, "after": a} for name, (b, a) in watched],
        "continuation_before": found.continuation_before,
        "continuation_after": found.continuation_after,
    }


def report(subject: Subject, found: Steered) -> Group:
    """What was set, the likeliest answers before and after, and what else was asked for."""
    parts: list[Any] = [_settings(found), "", _answers(subject, found)]
    if found.features:
        parts += ["", _features(found)]
    if found.continuation_before is not None and found.continuation_after is not None:
        prompt = subject.graph.metadata.prompt
        texts = {"before": found.continuation_before, "after": found.continuation_after}
        for name, text in texts.items():
            parts += ["", Text(f"{name}: ", style="dim") + Text(prompt + text)]
    return Group(*parts)


def _parse(subject: Subject, kind: str, text: str, onwards: bool) -> Intervention:
    if kind == "ablate":
        return Ablate(_nodes(subject, text), onwards)
    target, equals, value = text.rpartition("=")
    if not equals:
        example = "italy=other-graph/their-group" if kind == "swap" else "22_580_14=0"
        raise TracerError(f"`--{kind} {text}` has no `=`", hint=f"write it as `{example}`")
    nodes = _nodes(subject, target)
    if kind == "swap":
        slug, _, group = value.partition("/")
        graph, annotations = subject.find(slug)
        return Swap(nodes, graph, find_features(group, graph, annotations))
    scales = kind == "scale" or value.endswith("x")
    try:
        number = float(value.removesuffix("x"))
    except ValueError:
        raise TracerError(
            f"`{value}` is not a number", hint=f"write `{target}=0`, or `{target}=-2x` for a factor"
        ) from None
    return Scale(nodes, number, onwards) if scales else Set(nodes, number, onwards)


def _nodes(subject: Subject, text: str) -> list[str]:
    return find_features(text, subject.graph, subject.annotations)


def _layers(text: str) -> range:
    match = _LAYERS.match(text)
    if match is None:
        raise TracerError(f"`{text}` names no layers", hint="write `5` or `5-12`")
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def _settings(found: Steered) -> Table:
    table = _table("set", "activation", "to")
    for one, activation in list(zip(found.settings, found.activations, strict=True))[:20]:
        node = f"{one.layer}_{one.index}_{one.position}{' on' if one.onwards else ''}"
        table.add_row(node, f"{activation:.3f}", f"{one.value:.3f}")
    if len(found.settings) > 20:
        table.add_row(f"and {len(found.settings) - 20} more", "", "")
    return table


def _answers(subject: Subject, found: Steered) -> Table:
    table = _table("next token", "before", "", "after", "")
    for token, before, after in found.likeliest():
        mark = " ←" if token == subject.info.question.target else ""
        cells = (f"{before:.3f}", _bar(before), f"{after:.3f}", _bar(after))
        table.add_row(escape(repr(token)) + mark, *cells)
    return table


def _features(found: Steered) -> Table:
    table = _table("watched", "before", "after")
    for name, (before, after) in found.features.items():
        table.add_row(name, f"{before:.3f}", f"{after:.3f}")
    return table


def _bar(share: float) -> str:
    return "█" * round(share * BAR) or ("▏" if share > 0 else "")


def _table(*columns: str) -> Table:
    numbers = ("before", "after", "activation", "to")
    return table_of(*columns, wrap=columns[:1], right=numbers)
