"""One `tracer trace` from start to end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from tracer.attribution.trace import trace
from tracer.batch.findings import findings, plain_findings
from tracer.batch.publish import publish
from tracer.batch.report import Bars, plain_console
from tracer.batch.trace_job import memory_suffices
from tracer.documents.files import ensure_writable
from tracer.documents.references import slug_from
from tracer.documents.token_id import TokenId
from tracer.documents.trace_settings import (
    Against,
    Device,
    Precision,
    Remainder,
    TraceSettings,
)
from tracer.features.choose import choose_features
from tracer.model.load import load_model


def trace_prompt(
    prompt: str,
    *,
    model: str,
    features: str,
    adapter: Sequence[Path] = (),
    target: str | TokenId | None = None,
    contrast: Sequence[str | TokenId] = (),
    target_feature: str | None = None,
    position: int | None = None,
    allow_misfit: bool = False,
    against: Against | None = None,
    remainder: Remainder | None = None,
    device: Device = "auto",
    precision: Precision = "float32",
    out: Path | None = None,
    console: Console | None = None,
    told: Callable[[Any], None] | None = None,
) -> None:
    """Trace, print what was found or give it to `told`, and write the graph to `out`.

    Raises TracerError for whatever `load_model` and `trace` refuse, and where nothing can be
    written, before the long work.
    """
    if out is not None:
        ensure_writable(out.parent)
    aside = plain_console(stderr=True)
    with aside.status("looking for the model") as status:
        loaded = load_model(
            model, adapter=adapter, device=device, precision=precision, say=status.update
        )
    with Bars(aside, total=1) as bars, memory_suffices("the prompt"):
        found = trace(
            prompt,
            model=loaded,
            features=features,
            target=target,
            contrast=contrast,
            target_feature=target_feature,
            position=position,
            settings=TraceSettings(precision=precision, against=against, remainder=remainder),
            allow_misfit=allow_misfit,
            progress=partial(bars.phase, "trace"),
        )
        slug = slug_from(out.stem if out else prompt) or "untitled"
        named = choose_features(
            features, model_source=loaded.source_name, model_identity=loaded.info.identity
        )
        published = publish(found, loaded, named, slug, partial(bars.phase, "trace"))
        graph = published.graph
    if told is not None:
        told(plain_findings(found, graph))
    else:
        (console or plain_console()).print(findings(found, graph))
    if out is not None:
        published.parts.save(out)
        graph.save(out)
    for notice in found.notices:
        aside.print(notice, style="dim", markup=False, highlight=False)
