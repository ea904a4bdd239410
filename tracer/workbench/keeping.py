"""What was found on the bench, put into the gallery as the commands would: an entry of the prompt
list, the graph with what lies beside it, names and claims, a write-up begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tracer.documents.annotation_text import annotations_text
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.claims import Claim
from tracer.documents.enclosure import is_there
from tracer.documents.files import write_atomically
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.new_graph import new_graph
from tracer.documents.prompt_entry import Value
from tracer.documents.prompts import PromptDefaults, PromptFile
from tracer.documents.references import slug_from
from tracer.documents.schemas import schema_header
from tracer.documents.trace_settings import TraceSettings
from tracer.documents.yaml_source import load_yaml
from tracer.errors import Problems, TracerError
from tracer.workbench.asked import Named
from tracer.workbench.desk import Session, annotations_of

MOST_BOXES = 9  # as many as a page shows


def keep(
    root: Path, session: Session, graph: Graph, slug: str, *, by: str | None, answer: str | None
) -> list[Path]:
    """The files written. `answer` is the counterfactual's, where there is one.

    Raises TracerError, with nothing written, for a slug that the gallery has anything of already,
    and for a prompt list that cannot be added to.
    """
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


def _said(session: Session, graph: Graph, by: str | None) -> Annotations:
    """Claims, and names: where a person gave some, the boxes that were found come along, else a
    page would show the named ones alone."""
    groups = dict(session.groups)
    if groups:
        groups |= _found(graph, session.groups)
    named = annotations_of(session, groups)
    signed = {key: one.model_copy(update={"by": by}) for key, one in named.groups.items()}
    claims = [_signed(one, by) for one in session.claims]
    return named.model_copy(update={"groups": signed, "claims": tuple(claims)})


def _signed(claim: Claim, by: str | None) -> Claim:
    said = claim.model_dump(by_alias=True, exclude_none=True)
    return Claim.model_validate({**said, "by": by} if by else said)


def _found(graph: Graph, named: dict[str, Named]) -> dict[str, Named]:
    info = graph.metadata.tracer
    boxes = info.account.boxes if info is not None and info.account is not None else ()
    taken = {node for one in named.values() for node in one.nodes}
    found: dict[str, Named] = {}
    for box in sorted(boxes, key=lambda one: -abs(one.through))[:MOST_BOXES]:
        if taken.isdisjoint(box.nodes):
            name = " ".join(box.name.split())[:200] or "a box"
            found[_free(slug_from(name) or "box", {*named, *found})] = Named(
                name=name, nodes=tuple(box.nodes)
            )
    return found


def _free(key: str, taken: Sequence[str] | set[str]) -> str:
    key = key[:50].strip("-")
    number, found = 2, key
    while found in taken:
        found, number = f"{key}-{number}", number + 1
    return found


def _more(root: Path, session: Session, graph: Graph, answer: str | None) -> dict[str, Value]:
    """What the entry says besides, so that the list asks for just this graph."""
    asked, info = session.asked, graph.metadata.tracer
    assert info is not None
    defaults = _defaults(root)
    more: dict[str, Value] = {}
    if asked.chat:
        more["chat"] = [{"role": one.role, "content": one.content} for one in asked.chat]
    for name, value in (("model", asked.model), ("features", asked.features)):
        if getattr(defaults, name) != value:
            more[name] = value
    if defaults.adapter_paths:
        more["adapter"] = []
    settings = TraceSettings.model_validate(info.settings.model_dump())
    own = {"precision": settings.precision}
    for name in set(TraceSettings.model_fields) & defaults.model_fields_set:
        own[name] = getattr(settings, name)
    for name, value in sorted(own.items()):
        if getattr(defaults, name) != value:
            more[name] = value
    if asked.counterfactual.strip() and answer is not None and asked.target is not None:
        more["counterfactual"] = {"prompt": asked.counterfactual, "target": answer}
    return more


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
