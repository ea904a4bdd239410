"""A new graph for a gallery: its entry in the prompt list, and files to write about it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from tracer.documents.annotation_text import one_line, yaml_scalar
from tracer.documents.enclosure import is_there
from tracer.documents.files import read_text, write_atomically
from tracer.documents.prompt_entry import Value, with_entry
from tracer.documents.prompts import PromptEntry
from tracer.documents.references import check_slug, slug_from
from tracer.documents.schemas import schema_header, write_schemas
from tracer.documents.token_id import TokenId
from tracer.errors import Place, TracerError

_WRITE_UP = """\
---
title: {title}
summary: ""
authors: []
draft: true
---
What did you find? `[text](node:layer_feature_position)` and `[text](group:key)` become links
that show nodes in the graph.
"""
_ANNOTATIONS = """\
# Names for what the graph shows; node ids are in the viewer's node panel. For example:
# labels:
#   "22_580": {text: a language, by: your name, confidence: high, note: "Pushes up *French*."}
# groups:
#   language: {name: a language, nodes: ["22_580_14", "25_567_14"], by: your name}
# pins: ["22_580_14"]
"""


def new_graph(
    root: Path,
    slug: str,
    *,
    prompt: str,
    target: str | TokenId | None,
    contrast: Sequence[str | TokenId],
    more: Mapping[str, Value] | None = None,
) -> list[Path]:
    """Add a prompt to the gallery at `root`, with a write-up and annotations to begin from.

    `more` holds other keys of the entry. Gives the files written. Raises TracerError, with nothing
    written, for a slug that is no slug or that the gallery has anything of already.
    """
    try:
        check_slug(slug)
    except ValueError as error:
        near = slug_from(slug)
        raise TracerError(str(error), hint=f"try `{near}`" if near else None) from None
    source = root / "site_src"
    made = {
        source / "write-ups" / f"{slug}.md": _write_up(prompt),
        source / "annotations" / f"{slug}.yaml": schema_header("annotations") + _ANNOTATIONS,
    }
    for path in (root / "graphs" / slug, *made):
        if path.exists():
            hint = "choose another slug; nothing was written"
            raise TracerError(
                "there is something of that name already", hint=hint, place=Place(path)
            )
    listed = source / "prompts.yaml"
    text = read_text(listed) if is_there(listed) else schema_header("prompts")
    entry: dict[str, Value] = {"slug": slug, "prompt": prompt}
    if target is not None:
        entry["target"] = target
    if contrast:
        entry["contrast"] = contrast
    if more and "chat" in more:
        del entry["prompt"]
    entry |= more or {}
    _check(entry)
    made[listed] = with_entry(text, listed, entry)
    return [*write_schemas(root), *_write_all(made)]


def _check(entry: Mapping[str, object]) -> None:
    try:
        PromptEntry.model_validate(entry)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise TracerError(message) from None


def _write_up(prompt: str) -> str:
    return _WRITE_UP.format(title=yaml_scalar(one_line(prompt)[:100]))


def _write_all(files: Mapping[Path, str]) -> list[Path]:
    """All of them, or none; the last may be there already and is written last."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            write_atomically(path, text)
            written.append(path)
    except TracerError:
        for path in written:
            path.unlink()
        raise
    return written
