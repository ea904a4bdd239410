"""One `tracer heads` from start to end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracer.attribution.account.carried import Carried, carried_by_heads
from tracer.attribution.origin import FeatureName
from tracer.attribution.targets import Targets, choose_targets, feature_target
from tracer.attribution.trace import feature_source
from tracer.batch.found_heads import groups_of, heads_part
from tracer.batch.head_link import Link
from tracer.batch.head_why import WhyAsked, why_report
from tracer.batch.report import plain_console, table_of
from tracer.batch.subject import Subject, Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.documents.files import write_atomically
from tracer.documents.parts.heads import Heads, TriedLook
from tracer.documents.parts.parts import heads_file
from tracer.documents.parts.why import WhyLooked
from tracer.documents.prompt_words import START, word_of
from tracer.documents.token_text import joined
from tracer.documents.trace_info import Question
from tracer.documents.trace_settings import Device
from tracer.errors import Place, TracerError
from tracer.features.source import ActiveFeatures
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.model.frozen_pass import FrozenPass, freeze

LEAST_FLOW = 0.05  # of all that heads carry to the answer: what is less is not told
TOLD = 3  # heads of a flow
OTHER_WORDS = "the other words"


def heads_of_graph(
    root: Path,
    slug: str,
    *,
    most: int = 10,
    link: tuple[str, str] | None = None,
    why: tuple[str, int, int] | None = None,
    write: bool = False,
    as_json: bool = False,
    revision: int | None = None,
    device: Device = "auto",
    model: str | None = None,
    features: str | None = None,
    console: Console | None = None,
) -> None:
    """`write` stores what is found beside the graph; `link` asks for one link alone: nodes or
    groups at its ends, or the answer; `why` for a head, the token it looks at, and the one it looks
    from.

    Raises TracerError for a graph or model that is not to be had, or explains a direction, for a
    link that is none, and a look that there is not.
    """
    subject = find_subject(root, slug, revision)
    between = None if link is None else Link.of(subject, *link)
    asked = None if why is None else WhyAsked.of(*why)
    told = plain_console(stderr=True)
    with told.status("looking for the model") as status:
        bench = Workbench(device, model=model, features=features, say=status.update)
        with memory_suffices("the prompt"):
            prompt = bench.open(subject)
            status.update("sharing flows out among heads")
            if between is not None:
                carried = _carried(subject, bench, prompt, between.groups(subject), looks=1)[1]
                (console or plain_console()).print(between.told(carried), markup=False)
                return
            if asked is not None:
                found = asked.answered(subject, *_read(subject, bench, prompt))
                _say(console or plain_console(), found, as_json, why_report(subject, asked, found))
                return
            names, heads = _found(subject, bench, prompt, most)
    if write:
        write_atomically(heads_file(subject.graph_file), heads.packed())
    _say(console or plain_console(), heads, as_json, report(subject, names, heads))


def _say(console: Console, found: Heads | WhyLooked, as_json: bool, told: Group) -> None:
    if as_json:
        console.print_json(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        console.print(told)


def report(subject: Subject, groups: list[str], found: Heads) -> Group:
    tokens = subject.graph.metadata.prompt_tokens
    words = word_of(tokens)
    sources = [*groups, *(f"“{words[one[0]]}”" for one in found.words), OTHER_WORDS, START]
    names = [*groups, "the answer"]
    return Group(_flows(found, sources, names), "", _looks(found, tokens), "", _told(found))


def _found(
    subject: Subject, bench: Workbench, prompt: SteeredPrompt, most: int
) -> tuple[list[str], Heads]:
    groups = groups_of(subject.graph, subject.annotations)
    frozen, carried = _carried(subject, bench, prompt, list(groups.values()), looks=most)
    return list(groups), heads_part(prompt, frozen, subject.graph, carried)


def _carried(
    subject: Subject,
    bench: Workbench,
    prompt: SteeredPrompt,
    groups: Sequence[Sequence[str]],
    *,
    looks: int,
) -> tuple[FrozenPass, Carried]:
    frozen, active = _read(subject, bench, prompt)
    targets = _targets(subject, frozen, active)
    return frozen, carried_by_heads(frozen, active, targets, groups, looks=looks)


def _read(
    subject: Subject, bench: Workbench, prompt: SteeredPrompt
) -> tuple[FrozenPass, ActiveFeatures]:
    frozen = freeze(prompt.model, subject.info.token_ids)
    features = bench.features_of(subject, prompt.model)
    return frozen, feature_source(prompt.model, features).read(frozen)


def _targets(subject: Subject, frozen: FrozenPass, active: ActiveFeatures) -> Targets:
    asked = subject.info.question
    if asked.kind == "direction":
        raise TracerError(
            f"`{subject.slug}` explains a direction, which no file holds",
            hint="name a graph that explains an answer or a feature",
            place=Place(subject.graph_file),
        )
    return targets_of(frozen, active, asked)


def targets_of(frozen: FrozenPass, active: ActiveFeatures, asked: Question) -> Targets:
    """What a question that a file can hold asks about."""
    if asked.kind == "feature":
        name = FeatureName.parse(asked.target, positions=frozen.n_positions)
        return feature_target(frozen, active, name)
    return choose_targets(
        frozen,
        target=asked.target_id,
        contrast=asked.contrast_ids,
        against=asked.against or "vocabulary",
    )


def _flows(found: Heads, sources: list[str], names: list[str]) -> Table:
    """Flows that move from word to word, the largest first."""
    table = table_of("from", "to", "carried", "by heads", wrap=("from", "to"), right=("carried",))
    to_answer = (one for one in found.flows if one.target == found.answer)
    least = LEAST_FLOW * sum(abs(one.carried) for one in to_answer)
    for one in found.flows:
        if abs(one.carried) < least:
            break
        by = ", ".join(f"{head} {value:+.2f}" for head, value in one.heads[:TOLD])
        places = (escape(sources[one.source]), escape(names[one.target]))
        table.add_row(*places, f"{one.carried:+.2f}", by)
    return table


def _looks(found: Heads, tokens: tuple[str, ...]) -> Table:
    names = ("head", "looks from", "at", "weight", "adds", "without: predicted", "real", "controls")
    table = table_of(*names, right=names[3:])
    for one in found.looks:
        at = joined([tokens[key] for key in one.keys]).strip()
        table.add_row(
            one.head,
            escape(f"{tokens[one.to].strip()} {one.to}"),
            escape(f"{at} {one.keys[0]}"),
            f"{one.weight:.2f}",
            *(f"{value:+.2f}" for value in (one.adds, one.predicted, one.actual)),
            _range(one),
        )
    return table


def _range(one: TriedLook) -> str:
    if not one.controls:
        return "there is no other"
    low, high = min(one.controls), max(one.controls)
    return f"{low:+.2f} to {high:+.2f} ({len(one.controls)}, weight {one.controls_weight:.2f})"


def _told(found: Heads) -> Text:
    """How well predictions hold, and what the strongest heads do together."""
    lines = []
    if found.correlation is not None:
        lines.append(
            f"Over these {len(found.looks)} looks, predicted and real changes correlate "
            f"{found.correlation:.2f}."
        )
    together = found.together
    if together is not None and together.probability is not None:
        heads = dict.fromkeys(found.looks[at].head for at in together.looks)
        line = (
            f"Without those of the {len(heads)} heads that help most ({', '.join(heads)}), the "
            f"answer has {together.probability:.2f} of the probability, before "
            f"{found.probability:.2f}"
        )
        if together.control_probabilities:
            low, high = min(together.control_probabilities), max(together.control_probabilities)
            line += f"; without others in their place {low:.2f} to {high:.2f}"
        lines.append(f"{line}.")
    return Text("\n".join(lines))
