"""What was found on the bench, put into the gallery as the commands would: an entry of the prompt
list, the graph with what lies beside it, names and claims, a write-up begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tracer.documents.annotation_text import annotations_text
from tracer.documents.annotations import Annotations, Group, Label, load_annotations
from tracer.documents.annotations_added import add_to
from tracer.documents.claims import Claim
from tracer.documents.enclosure import is_there
from tracer.documents.files import write_atomically
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.new_graph import new_graph
from tracer.documents.prompt_entry import Turns, Value
from tracer.documents.prompts import ChatTurn, PromptDefaults, PromptFile
from tracer.documents.schemas import schema_header
from tracer.documents.trace_settings import TraceSettings
from tracer.documents.yaml_source import load_yaml
from tracer.errors import Problems, TracerError
from tracer.workbench.desk import Session, annotations_of, names_and_boxes


def keep(
    root: Path, session: Session, graph: Graph, slug: str, *, by: str | None, answer: str | None
) -> list[Path]:
    """The files written. `answer` is the counterfactual's, where there is one.

    The session's own graph of the gallery, opened from there or kept before, gets only what was
    said since. Raises TracerError, with nothing written, for a slug that the gallery has anything
    else of already, and for a prompt list or annotations that cannot be added to.
    """
    if slug in (session.of, session.kept) and GraphFolder(root / "graphs").latest(slug):
        return [_add(root, session, slug, by)]
    asked = session.asked
    text = annotations_text(_said(session, graph, by))
    written = new_graph(
        root,
        slug,
        prompt=asked.prompt,
        target=asked.target,
        contrast=asked.contrast,
        more=_more(root, session, graph, answer),
    )
    annotations = root / "site_src" / "annotations" / f"{slug}.yaml"
    write_atomically(annotations, schema_header("annotations") + text)
    load_annotations(annotations)  # what was written is what can be read
    folder = GraphFolder(root / "graphs")
    with folder.writing():
        metadata = graph.metadata.model_copy(update={"slug": slug})
        file = folder.path(slug, folder.next(slug))
        graph.model_copy(update={"metadata": metadata}).save(file)
    beside = sorted(file.parent.glob(f"{file.stem}.*"))
    return [*written, *beside]


def _add(root: Path, session: Session, slug: str, by: str | None) -> Path:
    """What was said of a graph that the gallery has, into its own annotations."""
    file = root / "site_src" / "annotations" / f"{slug}.yaml"
    there = load_annotations(file)[0] if is_there(file) else Annotations()
    claims = {one.id: one.model_copy(update={"by": None}) for one in there.claims}
    said = annotations_of(session)
    new = said.model_copy(
        update={
            "labels": {k: v for k, v in said.labels.items() if not _same_label(there, k, v)},
            "groups": {k: v for k, v in said.groups.items() if not _same_group(there, k, v)},
            "claims": tuple(one for one in session.claims if claims.get(one.id) != one),
        }
    )
    if not (new.labels or new.groups or new.claims):
        raise TracerError("there is nothing new to keep", hint="name something, or make a claim")
    add_to(file, _by(new, by))
    return file


def _same_label(there: Annotations, key: str, label: Label) -> bool:
    return key in there.labels and there.labels[key].text == label.text


def _same_group(there: Annotations, key: str, group: Group) -> bool:
    """Written by name and nodes; a group's nodes may be written shorter than they are read."""
    known = there.groups.get(key)
    return known is not None and known.name == group.name


def _by(said: Annotations, by: str | None) -> Annotations:
    """Signed by who keeps it."""
    update = {"by": by}
    return said.model_copy(
        update={
            "labels": {key: one.model_copy(update=update) for key, one in said.labels.items()},
            "groups": {key: one.model_copy(update=update) for key, one in said.groups.items()},
            "claims": tuple(_signed(one, by) for one in said.claims),
        }
    )


def _said(session: Session, graph: Graph, by: str | None) -> Annotations:
    """Claims, and names: where a person gave some, the boxes that were found come along, else a
    page would show the named ones alone."""
    named = annotations_of(session, names_and_boxes(session, graph))
    return _by(named.model_copy(update={"claims": session.claims}), by)


def _signed(claim: Claim, by: str | None) -> Claim:
    said = claim.model_dump(by_alias=True, exclude_none=True)
    return Claim.model_validate({**said, "by": by} if by else said)


def _more(root: Path, session: Session, graph: Graph, answer: str | None) -> dict[str, Value]:
    """What the entry says besides, so that the list asks for just this graph."""
    asked, info = session.asked, graph.metadata.tracer
    assert info is not None
    defaults = _defaults(root)
    more: dict[str, Value] = {}
    if asked.chat:
        more["chat"] = _turns(asked.chat)
        if asked.chat_date != defaults.chat_date:
            more["chat_date"] = asked.chat_date.isoformat() if asked.chat_date else None
    for name, value in (("model", asked.model), ("features", asked.features)):
        if getattr(defaults, name) != value:
            more[name] = value
    if defaults.adapter_paths:
        more["adapter"] = []
    settings = TraceSettings.model_validate(info.settings.model_dump())
    own = {"precision": settings.precision, **asked.settings.given()}
    for name in set(TraceSettings.model_fields) & defaults.model_fields_set:
        own[name] = getattr(settings, name)
    for name, value in sorted(own.items()):
        if getattr(defaults, name) != value:
            more[name] = value
    if asked.counterfactual.strip() and answer is not None and asked.target is not None:
        if other := asked.other_chat:
            more["counterfactual"] = {"chat": _turns(other), "target": answer}
        else:
            more["counterfactual"] = {"prompt": asked.counterfactual, "target": answer}
    return more


def _turns(chat: Sequence[ChatTurn]) -> Turns:
    return [{"role": one.role, "content": one.content} for one in chat]


def _defaults(root: Path) -> PromptDefaults:
    file = root / "site_src" / "prompts.yaml"
    if not is_there(file):
        return PromptDefaults()
    data = load_yaml(file).data
    said = data.get("defaults") if isinstance(data, dict) else None
    try:
        return PromptFile.model_validate({"defaults": said or {}}).defaults
    except ValueError:
        raise Problems(
            [TracerError("the prompt list has mistakes", hint="`tracer check` tells them")]
        ) from None
