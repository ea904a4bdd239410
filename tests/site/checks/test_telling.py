"""Texts that say more than was measured, or less than the graph's file knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.account_graphs import account_graph, save_account
from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.documents.annotations import load_annotations
from tracer.documents.evidence import ClaimEvidence, Evidence, Likely, Measure, Versions
from tracer.documents.resolved_claims import find_in, resolve_claim
from tracer.documents.trial import Silenced, Trial
from tracer.site.checks.left_out import of_the_unsaid
from tracer.site.checks.telling import of_telling
from tracer.site.survey.survey import survey

GROUPS = """\
groups:
  france: {name: France, nodes: ["0_7_4", "1_3_4"]}
  paris: {name: "say Paris", nodes: ["1_9_5"]}
"""
CLAIMS = """\
claims:
  - id: france-supports
    ablate: france
    expect: {token: " Paris", p_falls_by: 0.1}
"""
SLUG = "france-paris"
Told = Callable[..., list[str]]


@dataclass
class Written:
    """A graph with groups, a claim that was tried, and a text."""

    gallery: GalleryFolder

    def annotate(self, text: str) -> None:
        self.gallery.write(f"site_src/annotations/{SLUG}.yaml", text)

    def told(self, text: str, front: str = "title: Paris") -> list[str]:
        """`file:line: message` of all warnings."""
        self.gallery.write(f"site_src/write-ups/{SLUG}.md", f"---\n{front}\n---\n{text}\n")
        (entry,) = survey(self.gallery.root, drafts=True).gallery.entries
        found = [*of_telling(entry), *of_the_unsaid(entry)]
        return [str(one).rpartition(f"{self.gallery.root}/")[2] for one in found]

    def tried(
        self, before: Sequence[tuple[str, float]], after: Sequence[tuple[str, float]]
    ) -> None:
        """What became of every claim."""
        root = self.gallery.root
        said, _ = load_annotations(root / "site_src" / "annotations" / f"{SLUG}.yaml")
        graph, claims = make_graph(), []
        sides = {"before": dict(before)[" Paris"], "after": dict(after).get(" Paris", 0.0)}
        for claim in said.claims:
            claims.append(
                ClaimEvidence(
                    id=claim.id,
                    claim=resolve_claim(claim, graph, said, find_in(root)).hash,
                    verdict="holds",
                    bound_met=True,
                    seed=1,
                    changes=(),
                    measures=(Measure(quantity="probability", **sides, controls=(0.8,), beaten=1),),
                    before=tuple(Likely(token=t, probability=p) for t, p in before),
                    after=tuple(Likely(token=t, probability=p) for t, p in after),
                )
            )
        versions = Versions(tracer="0", torch="2", transformers="5", precision="float32")
        evidence = Evidence(graph_id="0" * 64, versions=versions, claims=tuple(claims))
        evidence.save(root / "graphs" / SLUG / "1.evidence.json")


FALLS = ([(" Paris", 0.8), (" Rome", 0.1)], [(" Rome", 0.6), (" Paris", 0.2)])
STAYS = ([(" Paris", 0.8), (" Rome", 0.1)], [(" Paris", 0.6), (" Rome", 0.2)])
GROWS = ([(" Paris", 0.8), (" Rome", 0.1)], [(" Paris", 0.9), (" Rome", 0.1)])


@pytest.fixture
def written(gallery: GalleryFolder) -> Written:
    found = Written(gallery)
    found.annotate(GROUPS + CLAIMS)
    found.tried(*FALLS)
    return found


def test_a_text_that_links_its_tests_is_told_nothing_of(written: Written) -> None:
    text = "These are [needed](claim:france-supports). Without them the answer falls behind."
    assert written.told(text) == []
    assert written.told("Without [France](group:france) the lead is lost.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Without them the probability falls to 0.2.",
        "With both at zero “Paris” lost its lead.",
        "Switched off, it falls behind.",
        "The early neurons are needed.",
        "The name decides which city it is.",
        "Fifty neurons are enough.",
        "It links [another](node:1_9_5): set to zero, the answer fell.",
    ],
)
def test_a_causal_sentence_that_links_no_test_is_found_at_its_line(
    written: Written, text: str
) -> None:
    (told,) = written.told(f"First a line\nof something else.\n\n{text}")
    assert told.startswith(f"site_src/write-ups/{SLUG}.md:7: ") and "links no test" in told


@pytest.mark.parametrize(
    "text",
    [
        "Does the name decide which city it is?",
        "The graph lists neurons without names.",
        "What follows needs patience.",
        "## Without them it falls\n\nA heading is no claim.",
        "Of the lead of 5.2 logits, 2.7 come from “France”. It reads the name, and pushes “Paris”.",
    ],
)
def test_what_says_nothing_of_causes_is_left_alone(written: Written, text: str) -> None:
    assert written.told(text) == []


@pytest.mark.parametrize(
    ("became", "says"), [(STAYS, "“Paris” stays first"), (GROWS, "gets likelier")]
)
def test_a_need_that_the_evidence_denies_is_found(
    written: Written, became: tuple[list[tuple[str, float]], ...], says: str
) -> None:
    written.tried(*became)
    need = "[France](claim:france-supports) is needed for “Paris”."
    (told,) = written.told(need)
    assert told.startswith(f"site_src/write-ups/{SLUG}.md:4: ") and says in told
    assert written.told("[France](claim:france-supports) is not needed: it stays first.") == []
    summary = written.told("", "title: Paris\nsummary: Early and late, both are needed.")
    assert [one.partition(": ")[0] for one in summary] == [f"site_src/write-ups/{SLUG}.md:3:10"]


def test_a_claims_id_and_a_groups_note_that_say_need_are_found(written: Written) -> None:
    noted = GROUPS.replace("name: France,", 'name: France, note: "All of it is needed.",')
    written.annotate(noted + CLAIMS.replace("france-supports", "france-is-needed"))
    written.tried(*STAYS)
    assert [one.partition(": ")[0] for one in written.told("")] == [
        f"site_src/annotations/{SLUG}.yaml:5:5",
        f"site_src/annotations/{SLUG}.yaml:2:32",
    ]
    # Kept as an idea that failed, it says nothing that is wrong.
    tried = CLAIMS.replace("france-supports", "france-is-needed") + "    holds: false\n"
    written.annotate(GROUPS + tried)
    assert written.told("") == []


def test_the_strongest_nodes_belong_into_a_group_or_the_text(written: Written) -> None:
    written.annotate('groups:\n  early: {name: early, nodes: ["0_7_4"]}\n')
    (told,) = written.told("A text.")
    assert "1_3_4 (+0.90) and 1_9_5 (+0.70), among the three strongest, are in no group" in told
    assert written.told("See [it](node:1_3_4), and 1_9_5.") == []


def test_a_picked_sample_says_that_it_is_one(written: Written) -> None:
    alike = make_graph()
    nodes = [
        one.model_copy(update={"ctx_idx": 4, "effect": abs(one.effect)})
        if one.kind == "feature" and one.effect
        else one
        for one in alike.nodes
    ]
    alike.model_copy(update={"nodes": tuple(nodes)}).save(
        written.gallery.root / "graphs" / SLUG / "1.json"
    )
    weak = 'groups:\n  some: {name: "the neurons at the name", nodes: ["0_7_4", "1_11_5"]%s}\n'
    written.annotate(weak % "")
    told = [one for one in written.told("A text.") if "leaves out" in one]
    assert len(told) == 1 and "1_3_4 and 1_9_5" in told[0] and ".yaml:2:" in told[0]
    written.annotate(weak % ', note: "Some of those."')
    assert [one for one in written.told("A text.") if "leaves out" in one] == []


def test_a_node_called_unknown_that_pushes_legible_words_is_found(written: Written) -> None:
    graph = make_graph()
    nodes = [
        one.model_copy(update={"pushes": (" Paris", " France")}) if one.node_id == "1_3_4" else one
        for one in graph.nodes
    ]
    graph.model_copy(update={"nodes": tuple(nodes)}).save(
        written.gallery.root / "graphs" / SLUG / "1.json"
    )
    labels = 'labels:\n  "1_3": {text: unclear}\n  "1_9": {text: unknown}\n'
    written.annotate(labels + GROUPS + CLAIMS)
    (told,) = written.told("A text.")
    assert f"{SLUG}.yaml:2:" in told and "it pushes “Paris” and “France”" in told


def test_a_link_to_a_claim_leads_to_what_became_of_it(written: Written) -> None:
    from tracer.site.build import build

    written.told("See [the test](claim:france-supports).")
    build(written.gallery.root, written.gallery.root / "public")
    page = (written.gallery.root / "public" / "graphs" / SLUG / "index.html").read_text("utf-8")
    assert '<a href="#claim-france-supports">the test</a>' in page


def test_a_graph_that_predicts_badly_says_so(tmp_path: Path) -> None:
    graph, parts = account_graph()
    info = graph.metadata.tracer
    assert info is not None and info.account is not None
    nodes = [Silenced(node="1_3_5", predicted=0.4, actual=-0.2)]
    badly = Trial(nodes=(*nodes, Silenced(node="0_7_4", predicted=1, actual=1)), correlation=0.3)
    account = info.account.model_copy(update={"trial": badly})
    metadata = graph.metadata.model_copy(
        update={"tracer": info.model_copy(update={"account": account})}
    )
    save_account(
        graph.model_copy(update={"metadata": metadata}),
        parts,
        tmp_path / "graphs" / SLUG / "1.json",
    )
    written = Written(GalleryFolder(tmp_path))
    about = "2_5_6 and 1_9_6 are strong, 0_7_4 too"
    first, second = [
        one for one in written.told(f"{about}.") if "predict" in one or "was to" in one
    ]
    assert "1.json: it predicts badly" in first and "correlate 0.30 only" in first
    assert "1.json: 1_3_5, one of the five strongest, moves the answer the other way" in second
    text = f"{about}. It predicts the model badly, [1_3_5](node:1_3_5) first."
    assert written.told(text) == []
