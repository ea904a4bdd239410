"""What a graph's file knows and its text does not say: strong nodes, bad predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tracer.documents.evidence import NodeAblation
from tracer.documents.graph import Node
from tracer.documents.trial import FAITHFUL, STRONGEST, Silenced
from tracer.errors import Place, TracerError
from tracer.site.checks.tried import Tried
from tracer.site.content.entry import Entry
from tracer.site.prose.sentences import paragraphs
from tracer.site.wording.amounts import signed

_MOST = 3
_NODE = re.compile(r"\b\d+_\d+(?:_\d+)?\b")
_SAYS_PARTIAL = re.compile(
    r"\b(?:some|sample|strongest|few|part|not all|one of|most|half|picked|chosen|only|of the \d+"
    r"|two|three|four|five|one neuron|alone|others?)\b",
    re.IGNORECASE,
)
_SAYS_BADLY = re.compile(
    r"\bpredict\w*\b[^.]*\b(?:bad|badly|poor|poorly|wrong|wrongly|little|less|fails?|miss\w*)\b"
    r"|\bcorrelat\w*\b",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"\b(?:unknown|unclear|unnamed|mystery|riddle|no idea|\?\?+)\b|^\?$", re.I)


def of_the_unsaid(entry: Entry) -> Iterator[TracerError]:
    """Where somebody has written of a graph."""
    tried = Tried(entry)
    mentioned = _mentioned(tried)
    yield from _predicts_badly(entry, mentioned)
    yield from _called_unknown(tried)
    if entry.write_up is None:  # or it cannot be read, and nobody knows what it says
        return
    yield from _strongest(tried, mentioned)
    yield from _picked(tried, mentioned)


def _mentioned(tried: Tried) -> frozenset[str]:
    """The nodes that the write-up names or links, and those of claims."""
    found: set[str] = set()
    for one in tried.claims.values():
        found.update(one.resolved.touched)
    text = tried.entry.write_up
    for paragraph in paragraphs(text.body, text.file) if text else ():
        for sentence in paragraph:
            for name in _NODE.findall(sentence.text):
                found |= tried.resolve(name)
            for address in sentence.links:
                if address.startswith(("node:", "group:")):
                    found |= tried.resolve(address.removeprefix("node:"))
    return frozenset(found)


def _features(entry: Entry) -> list[Node]:
    """Those with an effect, the strongest first."""
    nodes = [one for one in entry.graph.nodes if one.kind == "feature" and one.effect]
    return sorted(nodes, key=lambda one: -abs(one.effect or 0.0))


def _strongest(tried: Tried, mentioned: frozenset[str]) -> Iterator[TracerError]:
    entry = tried.entry
    grouped = _grouped(tried)
    left = [
        f"{one.node_id} ({signed(one.effect or 0.0)})"
        for one in _features(entry)[:_MOST]
        if one.node_id not in grouped and one.node_id not in mentioned
    ]
    if left:
        many = len(left) > 1
        what = f"{_and(left)}, among the three strongest, {'are' if many else 'is'} in no group"
        hint = "box it, or say what it does" if not many else "box them, or say what they do"
        place = _place(entry, "groups")
        yield TracerError(f"{what}, and the text does not tell of it", hint=hint, place=place)


def _picked(tried: Tried, mentioned: frozenset[str]) -> Iterator[TracerError]:
    """Groups at one word that leave out a node in their layers that works the same way and is
    stronger than any of theirs, or half as many as they hold that are stronger than most."""
    entry, nodes = tried.entry, {one.node_id: one for one in _features(tried.entry)}
    taken = _grouped(tried) | mentioned
    for key, group in entry.said.groups.items():
        members = [nodes[one] for one in tried.resolve(f"group:{key}") if one in nodes]
        if len(members) < 2 or _SAYS_PARTIAL.search(f"{group.name} {group.note or ''}"):
            continue
        places = {one.ctx_idx for one in members}
        layers = [one.layer_number for one in members]
        sizes = [abs(one.effect or 0.0) for one in members]
        way = sum(one.effect or 0.0 for one in members) > 0
        left = [
            one
            for one in nodes.values()
            if one.node_id not in taken
            and one.ctx_idx in places
            and min(layers) <= one.layer_number <= max(layers)
            and ((one.effect or 0.0) > 0) == way
            and abs(one.effect or 0.0) > median(sizes)
        ]
        telling = left and (abs(left[0].effect or 0.0) > max(sizes) or 2 * len(left) >= len(sizes))
        if telling and (source := entry.annotation_source):
            names = [one.node_id for one in left]
            few = _and(names) if len(left) <= _MOST else f"{names[0]} and {len(left) - 1} more"
            what = f"the group `{key}` leaves out stronger nodes of its words and layers: {few}"
            hint = "take them in, or say in its note which it holds"
            yield TracerError(what, hint=hint, place=source.place(("groups", key)))


def _grouped(tried: Tried) -> frozenset[str]:
    groups = [tried.resolve(f"group:{key}") for key in tried.entry.said.groups]
    return frozenset().union(*groups)


def _predicts_badly(entry: Entry, mentioned: frozenset[str]) -> Iterator[TracerError]:
    """Once for a low correlation, once for each of the five strongest that goes the other way."""
    hint = "say so in its text, and trust it less; the page shows this too"
    file, correlation, nodes = _trial(entry)
    text = entry.write_up.body if entry.write_up else ""
    if correlation is not None and correlation < FAITHFUL and not _SAYS_BADLY.search(text):
        what = (
            f"it predicts badly: silencing its {len(nodes)} strongest nodes one by one, predicted "
            f"and real changes correlate {correlation:.2f} only"
        )
        yield TracerError(what, hint=hint, place=Place(file))
    for one in nodes[:STRONGEST]:
        if one.predicted * one.actual < 0 and one.node not in mentioned:
            what = (
                f"{one.node}, one of the five strongest, moves the answer the other way: silencing "
                f"it was to change it by {one.predicted:+.2f}, and changes it by {one.actual:+.2f}"
            )
            yield TracerError(what, hint=hint, place=Place(file))


def _trial(entry: Entry) -> tuple[Path, float | None, list[Silenced] | list[NodeAblation]]:
    """What was tried when the graph was made, else when it was verified."""
    info = entry.graph.metadata.tracer
    if info and info.account and info.account.trial:
        trial = info.account.trial
        return entry.stored.file, trial.correlation, [*trial.nodes]
    stored = entry.evidence.get(entry.revision)
    found = None if "evidence" in entry.unread else entry.evidence_of(entry.revision)
    if stored is None or found is None or found.faithfulness is None:
        return entry.stored.file, None, []
    return stored.file, found.faithfulness.correlation, [*found.faithfulness.nodes]


def _called_unknown(tried: Tried) -> Iterator[TracerError]:
    entry, source = tried.entry, tried.entry.annotation_source
    nodes = {one.node_id: one for one in entry.graph.nodes}
    for key, label in entry.said.labels.items() if source else ():
        pushed = [word for one in tried.resolve(key) for word in nodes[one].pushes]
        if source and pushed and _UNKNOWN.search(label.text):
            words = _and([f"“{one.strip()}”" for one in pushed[:_MOST]])
            what = f"`{key}` is called “{label.text}”, and the graph says that it pushes {words}"
            hint = "look at what it reads and pushes, and at its texts"
            yield TracerError(what, hint=hint, place=source.place(("labels", key)))


def _place(entry: Entry, part: str) -> Place:
    source = entry.annotation_source
    if source is not None and getattr(entry.said, part):
        return source.place((part,))
    return Place(entry.write_up.file if entry.write_up else entry.stored.file)


def _and(parts: list[str]) -> str:
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"
