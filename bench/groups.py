"""`make bench-groups`: do the features of a group belong together? `bench/groups.json`.

Two scores of a group, each the mean over its pairs of different features:

- peak words: how much the words at the strongest places of both have in common, of their eight
  strongest texts on the side of zero on which they stand in the graph;
- patterns: the cosine of their activations at 2,048 places that were drawn by lot from texts held
  out, each with the sign it has in the graph.

Of the groups that people made and those that the account found; beside groups of the same sizes,
of the same graph's features, at random and by position (cut from all in the order of words and
layers). Both come from what `tracer find-examples` read: records, and the pass that it keeps in
`.tracer/`.
"""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.peer import say  # noqa: E402
from tracer.batch.examples import SCRATCH  # noqa: E402
from tracer.batch.text_pass import passes_with  # noqa: E402
from tracer.documents.annotations import Annotations, load_annotations  # noqa: E402
from tracer.documents.feature_examples import FeatureExamples, feature_key  # noqa: E402
from tracer.documents.feature_source import feature_source  # noqa: E402
from tracer.documents.feature_store import FeatureStore  # noqa: E402
from tracer.documents.graph import Graph, Node  # noqa: E402
from tracer.documents.graph_folder import GraphFolder  # noqa: E402
from tracer.documents.token_text import joined  # noqa: E402

FILE = ROOT / "bench" / "groups.json"
SEED, DRAWS = 7, 50
TEXTS = 8

Words = Counter[str]
Score = Callable[[str, str], float]


@dataclass(frozen=True)
class Member:
    """A node of a group that something is known of: its feature, and its side of zero."""

    key: str
    below: bool
    place: tuple[int, int]  # word, layer

    @property
    def name(self) -> str:
        return f"{self.key}{'-' if self.below else '+'}"


def peak_words(record: FeatureExamples, *, below: bool) -> Words:
    """The words at its strongest places on one side of zero."""
    found: Words = Counter()
    sides = [one for one in record.examples_quantiles if bool(one.below) is below]
    for example in sides[0].examples[:TEXTS] if sides else ():
        acts, tokens = example.tokens_acts_list, example.tokens
        at = acts.index((min if below else max)(acts))
        end = at + 1
        while end < len(tokens) and tokens[end][:1].isalpha() and tokens[at][-1:].isalpha():
            end += 1
        start = at
        while start and tokens[start][:1].isalpha() and tokens[start - 1][-1:].isalpha():
            start -= 1
        found[joined(tokens[start:end]).strip().casefold()] += 1
    return found


def in_common(first: Words, second: Words) -> float:
    """The share of two features' peaks that are at the same words: 1 where all are."""
    if not first or not second:
        return 0.0
    one, other = first.total(), second.total()
    return sum(min(first[word] / one, second[word] / other) for word in first)


def mean_over_pairs(group: Sequence[Member], score: Score) -> float | None:
    """None for a group of one feature."""
    names = sorted({one.name for one in group})
    pairs = [score(one, other) for one, other in combinations(names, 2)]
    return statistics.fmean(pairs) if pairs else None


def mean_over_groups(groups: Sequence[Sequence[Member]], score: Score) -> float | None:
    """Weighed by their pairs, so that a large group counts for more."""
    found = [(mean_over_pairs(one, score), len({m.name for m in one})) for one in groups]
    known = [(value, size * (size - 1)) for value, size in found if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def at_random(
    members: Sequence[Member], sizes: Sequence[int], chance: random.Random
) -> list[list[Member]]:
    return _cut(chance.sample(members, sum(sizes)), sizes)


def by_position(members: Sequence[Member], sizes: Sequence[int]) -> list[list[Member]]:
    """Neighbours by word and layer. The features are spread over the graph as those of groups are
    few among them: every so many'th is taken."""
    ranked = sorted(members, key=lambda one: (one.place, one.name))
    count = sum(sizes)
    return _cut([ranked[at * len(ranked) // count] for at in range(count)], sizes)


def _cut(members: Sequence[Member], sizes: Sequence[int]) -> list[list[Member]]:
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes))]
    return [list(members[end - size : end]) for end, size in zip(ends, sizes, strict=True)]


def scored(
    groups: Sequence[Sequence[Member]], members: Sequence[Member], score: Score
) -> dict[str, float | None]:
    """The score of these groups, of groups by position, and of groups at random, on average."""
    sizes = [len(one) for one in groups]
    chance = random.Random(SEED)
    drawn = [mean_over_groups(at_random(members, sizes, chance), score) for _ in range(DRAWS)]
    known = [one for one in drawn if one is not None]
    return {
        "groups": mean_over_groups(groups, score),
        "position": mean_over_groups(by_position(members, sizes), score),
        "random": statistics.fmean(known) if known else None,
    }


def members_of(graph: Graph, ids: Sequence[str], known: set[str]) -> list[Member]:
    nodes: dict[str, Node] = {node.node_id: node for node in graph.nodes}
    found: dict[str, Member] = {}
    for one in ids:
        node = nodes[one]
        if node.kind == "feature" and feature_key(one) in known:
            below = (node.activation or 0.0) < 0
            member = Member(feature_key(one), below, (node.ctx_idx, node.layer_number))
            found.setdefault(member.name, member)
    return list(found.values())


def grouped(
    graph: Graph, said: Annotations, known: set[str]
) -> Iterator[tuple[str, list[list[Member]]]]:
    """Who made them, and the groups of two and more."""
    info = graph.metadata.tracer
    people = list(said.group_members(graph.node_ids).values())
    boxes = [list(box.nodes) for box in info.account.boxes] if info and info.account else []
    for who, groups in (("people", people), ("account", boxes)):
        found = [members_of(graph, one, known) for one in groups]
        if large := [one for one in found if len(one) > 1]:
            yield who, large


def main() -> None:
    folder = GraphFolder(ROOT / "graphs")
    rows = [row for slug in folder.slugs() for row in measured(folder, slug)]
    if not rows:
        say("nothing is known of these features: run `make corpus` and `tracer find-examples`")
        sys.exit(1)
    whole = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
        "draws": DRAWS,
        "graphs": rows,
    }
    FILE.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measured(folder: GraphFolder, slug: str) -> Iterator[dict[str, Any]]:
    graph = folder.load(slug, folder.latest(slug) or 1)
    source = feature_source(graph)
    passes = passes_with(ROOT / SCRATCH, source)
    if not passes:
        return
    read = passes[0]
    records, columns = FeatureStore(ROOT / "features"), {key: n for n, key in enumerate(read.keys)}
    file = ROOT / "site_src" / "annotations" / f"{slug}.yaml"
    said = load_annotations(file)[0] if file.exists() else Annotations()
    known = records.keys(source) & columns.keys()
    everyone = members_of(graph, graph.node_ids, known)
    peaks: dict[str, Words] = {}
    for one in everyone:
        record = records.load(source, one.key)
        peaks[one.name] = peak_words(record, below=one.below) if record else Counter()
    values = read.running.sample.values
    unit = values / values.norm(dim=0).clamp(min=1e-12)
    signed = {one.name: unit[:, columns[one.key]] * (-1 if one.below else 1) for one in everyone}
    for who, groups in grouped(graph, said, known):
        members = [one for group in groups for one in group]
        yield {
            "slug": slug,
            "made_by": who,
            "groups": len(groups),
            "features": len(members),
            "words": scored(groups, everyone, lambda a, b: in_common(peaks[a], peaks[b])),
            "patterns": scored(groups, everyone, lambda a, b: float(signed[a] @ signed[b])),
        }
        say(f"{slug}, {who}")


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
