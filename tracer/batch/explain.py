"""One `tracer suggest --explain`: a language model is asked for names of a graph's features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracer.batch.examples import SCRATCH
from tracer.batch.subject import Subject, find_subject, listed
from tracer.batch.text_pass import TextPass, newest_pass
from tracer.batch.wanted_features import Wanted, wanted_by_source
from tracer.documents.draft_annotations import NAMES
from tracer.documents.drafted import named_features
from tracer.documents.feature_examples import FeatureExamples, Suggestion
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.texts import UNKNOWN
from tracer.errors import Place, TracerError
from tracer.interventions.texts.conditions import Spot
from tracer.interventions.texts.explaining import Asked, explain
from tracer.interventions.texts.suggestions import Suggestions
from tracer.model.files import find_model
from tracer.model.tokens import load_tokenizer

Say = Callable[[str], None]


@dataclass(frozen=True)
class Explained:
    """Of `asked` features so many got the model's name; the others keep what they had, for the
    model's told `less` than the rule's, or next to `nothing`."""

    asked: int
    kept: int
    less: int
    nothing: int


def explain_features(
    root: Path,
    slug: str,
    asked: Asked,
    *,
    revision: int | None = None,
    most: int = NAMES,
    say: Say = lambda _: None,
) -> Explained:
    """Ask for names of the strongest features of a graph that no person has named; a name goes into
    the feature's record where it tells more, on texts held out, than the one that is there.

    Needs the pass of `tracer find-examples` over the texts. Raises TracerError where there is none,
    for an unknown graph, and where the model cannot be asked.
    """
    subject = find_subject(root, slug, revision)
    known, store = _pass_of(root, subject), FeatureStore(root / "features")
    source = feature_source(subject.graph)
    tokenizer = load_tokenizer(find_model(listed(subject, "model") or subject.info.model.name))
    sorts = [UNKNOWN] * len(known.running.labels)
    suggestions = Suggestions(known.running, tokenizer.text, sorts, subject.info.model.layers)
    columns = {key: at for at, key in enumerate(known.keys)}
    wanted = _wanted(root, subject, columns.keys(), most)
    found: list[str] = []
    for nth, one in enumerate(wanted, 1):
        record = store.load(source, one.key)
        if record is None:
            continue
        say(f"{one.key}, {nth} of {len(wanted)}")
        new = _name(suggestions, columns[one.key], one, record, asked)
        found.append(_better(new, record.suggestion))
        if new is not None and found[-1] == "kept":
            store.save(source, {one.key: record.model_copy(update={"suggestion": new})})
    return Explained(len(found), *(found.count(one) for one in ("kept", "less", "nothing")))


def _name(
    suggestions: Suggestions, column: int, one: Wanted, record: FeatureExamples, asked: Asked
) -> Suggestion | None:
    below = one.below > one.above
    evidence = suggestions.evidence(column, below=below)
    weak = evidence.quiet & suggestions.places.tried_on
    drawn: list[Spot] = [spot for at, spot in enumerate(suggestions.drawn) if weak >> at & 1]
    words = record.bottom_logits if below else record.top_logits
    return explain(evidence, drawn, words, asked, one.key)


def _better(new: Suggestion | None, old: Suggestion | None) -> str:
    if new is None:
        return "nothing"
    known = old.auroc if old is not None and old.auroc is not None else 0.0
    return "kept" if (new.auroc or 0.0) > known else "less"


def _wanted(root: Path, subject: Subject, keys: object, most: int) -> list[Wanted]:
    """The strongest features that the pass knows and nobody has named."""
    (source,) = wanted_by_source(root, [subject.slug]).values()
    graph = subject.graph
    named = {*named_features(root, subject.slug, graph)}
    ids = {node.node_id for node in graph.nodes}
    there = {key for key in source.features if any(one.startswith(f"{key}_") for one in ids)}
    free = [
        one
        for key, one in source.features.items()
        if key in there and key in keys and not _is_named(key, named)  # type: ignore[operator]
    ]
    return sorted(free, key=lambda one: -max(one.above, one.below))[:most]


def _is_named(key: str, named: set[str]) -> bool:
    return key in named or any(one.startswith(f"{key}_") for one in named)


def _pass_of(root: Path, subject: Subject) -> TextPass:
    folder, info = root / SCRATCH, subject.info
    known = newest_pass(folder, feature_source(subject.graph))
    same = f"{info.model.identity} {info.features.identity} "
    if known is None or not known.identity.startswith(same) or not known.running.tokens:
        what = "names are tried on texts, and none have been read here for these features"
        raise TracerError(what, hint="run `tracer find-examples` first", place=Place(folder))
    return known
