"""What the gallery says was measured is measured again here."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from tracer.batch.subject import find_subject
from tracer.batch.verify import verify
from tracer.documents.annotations import load_annotations
from tracer.documents.evidence import load_evidence
from tracer.documents.feature_examples import feature_key
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import load_prompts
from tracer.documents.resolved_claims import resolve_claim
from tracer.site.features.standings import page_key
from tracer.site.graph.layer_changes import Measured, layer_changes

REPOSITORY = Path(__file__).parents[1]
SOURCES = REPOSITORY / "site_src"
SLUGS = [entry.slug for entry in load_prompts(SOURCES / "prompts.yaml").graphs]

# slug, claim, quantity, before and after it, as the write-ups tell it.
FIGURES = [
    ("colosseum-italian", "a-language-is-needed", "probability", 0.81, 0.17),
    ("colosseum-italian", "the-place-decides-which", "lead", 3.5, -0.2),
    ("colosseum-italian", "the-brake-holds-back", "probability", 0.81, 0.92),
    ("colosseum-italian", "all-brakes-hold-back", "probability", 0.81, 0.96),
    ("colosseum-italian", "the-strongest-supports", "lead", 3.5, 2.7),
    ("colosseum-italian", "the-parthenon-makes-it-less-italian", "lead", 5.6, 3.3),
    ("moscow-russian", "a-language-supports", "probability", 0.95, 0.55),
    ("moscow-russian", "the-place-decides-which", "lead", 9.3, 7.9),
    ("moscow-russian", "late-neurons-say-russian", "lead", 9.3, -1.1),
    ("moscow-russian", "the-brakes-hold-back", "lead", 9.3, 7.0),
    ("moscow-russian", "madrid-makes-it-spanish", "lead", -9.3, -5.9),
    ("madrid-spanish", "a-language-supports", "probability", 0.92, 0.35),
    ("madrid-spanish", "moscow-makes-it-russian", "probability", 0.0, 0.11),
    ("madrid-spanish", "a-language-not-the-country", "probability", 0.92, 0.13),
    ("madrid-spanish", "the-brakes-hold-back", "lead", 10.8, 12.4),
    ("madrid-spanish", "the-place-decides-which", "lead", 10.8, 8.8),
    ("john-and-mary", "the-brake-holds-back", "probability", 0.90, 0.95),
    ("john-and-mary", "a-woman-supports", "probability", 0.90, 0.83),
    ("john-and-mary", "mary-is-needed", "lead", 4.7, 5.0),
    ("john-and-mary", "womens-names-support", "lead", 4.7, -2.5),
    ("john-and-mary", "all-brakes-hold-back", "lead", 4.7, 10.3),
    ("john-and-mary", "all-at-mary-support", "lead", 4.7, 2.7),
    ("opposite-of-small", "early-small-supports", "lead", 5.2, 3.2),
    ("opposite-of-small", "opposite-supports", "lead", 5.2, 3.8),
    ("opposite-of-small", "huge-supports", "lead", 5.2, 4.2),
    ("opposite-of-small", "one-head-brings-large", "probability", 0.79, 0.41),
    ("opposite-of-small", "one-head-holds-small-back", "probability", 0.0, 0.12),
    ("opposite-of-small", "degree-supports", "lead", 5.2, 4.3),
    ("colosseum-rome", "the-name-says-rome", "lead", 9.8, 5.0),
    ("colosseum-rome", "without-the-late-ones", "lead", 9.8, 3.8),
    ("colosseum-madrid", "silence-of-one", "lead", 7.8, 3.2),
    ("colosseum-madrid", "these-eight-are-the-edit", "lead", 7.8, -9.2),
    ("colosseum-madrid", "without-the-edit-rome-is-back", "probability", 0.0, 0.74),
    ("colosseum-madrid", "silence-is-as-good", "lead", 7.8, -9.0),
    ("colosseum-madrid", "one-neuron-carries-most", "lead", 7.8, 2.1),
    ("colosseum-madrid", "the-edit-waits-for-its-word", "lead", 7.8, -1.5),
    ("colosseum-madrid", "late-neurons-say-madrid", "lead", 7.8, 4.4),
    ("import-numpy", "the-letter-n-supports", "lead", 8.6, 7.1),
    ("import-numpy", "the-letter-p-opposes", "lead", 8.6, 9.2),
    ("import-numpy", "all-at-numpy-support", "lead", 8.6, 5.0),
    ("import-numpy", "the-brakes-hold-back", "probability", 0.95, 0.98),
    ("opposite-of-xiao", "large-in-two-languages", "probability", 0.25, 0.19),
    ("opposite-of-xiao", "one-neuron-picks-the-script", "probability", 0.25, 0.08),
    ("opposite-of-xiao", "two-heads-bring-the-word", "probability", 0.25, 0.07),
    ("opposite-of-xiao", "one-head-holds-xiao-back", "probability", 0.19, 0.29),
    ("xiao-in-chinese", "without-one-head-da-comes-first", "probability", 0.11, 0.20),
    ("opuesto-de-pequeno", "one-head-says-spanish", "probability", 0.12, 0.07),
    ("pick-a-lock", "opening-is-not-choosing", "lead", 1.6, -3.8),
    ("gratitude", "kindness-is-no-g-word", "probability", 0.11, 0.0),
    ("gratitude", "kindness-takes-a-away", "lead", 4.7, 2.9),
    ("how-i-got-seven", "two-heads-bring-added", "probability", 0.32, 0.22),
    ("how-i-got-seven", "the-operands-are-held-down", "probability", 0.32, 0.81),
    ("how-i-got-seven", "the-sum-speaks-for-itself", "lead", 0.6, 1.6),
]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_prompt_has_a_graph_a_write_up_and_annotations_that_fit(slug: str) -> None:
    folder = GraphFolder(REPOSITORY / "graphs")
    latest = folder.latest(slug)
    assert latest is not None
    annotations, _ = load_annotations(SOURCES / "annotations" / f"{slug}.yaml")
    assert annotations.revision == latest
    ids = folder.load(slug, latest).node_ids
    assert all(len(members) > 0 for members in annotations.group_members(ids).values())
    for group in annotations.groups.values():
        assert set(group.nodes) <= set(ids)
    assert set(annotations.pins) <= set(ids)
    assert (SOURCES / "write-ups" / f"{slug}.md").read_text().startswith("---\ntitle:")


@pytest.mark.parametrize("slug", SLUGS)
def test_every_group_is_tested_and_every_claim_has_its_evidence(slug: str) -> None:
    subject = find_subject(REPOSITORY, slug)
    evidence, said = load_evidence(subject.evidence_file), subject.annotations
    assert evidence.graph_id == subject.info.graph_id
    assert evidence.faithfulness is not None and len(evidence.faithfulness.nodes) == 50
    for claim in said.claims:
        other = subject.counterfactual
        resolved = resolve_claim(claim, subject.graph, said, subject.find, counterfactual=other)
        found = evidence.of(resolved.hash)
        assert found is not None, claim.id
        assert claim.holds == (found.verdict == "holds")
        assert claim.holds or claim.note
    assert {one.ablate for one in said.claims} >= set(said.groups)


@pytest.mark.parametrize("slug", SLUGS)
def test_who_tells_of_a_graph_names_a_head_and_says_what_is_not_shown(slug: str) -> None:
    subject = find_subject(REPOSITORY, slug)
    told = bool(subject.annotations.groups)
    entry = subject.prompts.entry(slug) if subject.prompts else None
    assert entry is not None and told == ("not yet analysed" not in entry.tags)
    text = (SOURCES / "write-ups" / f"{slug}.md").read_text()
    assert ("**What this does not show.**" in text) == told
    assert any(one.startswith("head:") for one in subject.annotations.labels) == told
    assert not told or 200 <= len(text.split("---", 2)[2].split()) <= 520


def test_failed_ideas_are_kept() -> None:
    kept = [claim for slug in SLUGS for claim in find_subject(REPOSITORY, slug).annotations.claims]
    assert any(not claim.holds for claim in kept) and any(claim.swap for claim in kept)
    assert any(claim.exchange for claim in kept)


def test_every_feature_that_a_graph_lists_has_a_record_a_page_and_a_name() -> None:
    """In every revision; a name is a person's, a suggestion, or what it reads and pushes."""
    store, folder = FeatureStore(REPOSITORY / "features"), GraphFolder(REPOSITORY / "graphs")
    for slug in folder.slugs():
        revisions = folder.revisions(slug)
        for revision in revisions:
            graph = folder.load(slug, revision)
            features = [node for node in graph.nodes if node.kind == "feature"]
            known = store.keys(feature_source(graph))
            missing = {feature_key(node.node_id) for node in features} - known
            assert not missing, (slug, revision)
            if revision == revisions[-1]:
                assert all(page_key(node) and node.automatic_name for node in features)


@pytest.mark.parametrize(("slug", "claim", "quantity", "before", "after"), FIGURES)
def test_the_figures_the_write_ups_tell_are_the_evidence(
    slug: str, claim: str, quantity: str, before: float, after: float
) -> None:
    evidence = load_evidence(find_subject(REPOSITORY, slug).evidence_file)
    found = next(one for one in evidence.claims if one.id == claim)
    measure = next(one for one in found.measures if one.quantity == quantity)
    digits = 2 if quantity == "probability" else 1
    assert (round(measure.before, digits), round(measure.after, digits)) == (before, after)
    text = (SOURCES / "write-ups" / f"{slug}.md").read_text()
    told = {before, after, round(abs(measure.after - measure.before), digits)}
    assert any(re.search(rf"\b{one:.{digits}f}\b", text) for one in map(abs, told))


@pytest.mark.parametrize("slug", SLUGS)
def test_correlations_that_are_told_are_those_of_as_many_neurons(slug: str) -> None:
    """Of the twenty strongest as the graph has it, of fifty as the evidence has it."""
    subject = find_subject(REPOSITORY, slug)
    evidence, account = load_evidence(subject.evidence_file), subject.info.account
    assert evidence.faithfulness is not None and account is not None and account.trial is not None
    found = {"twenty": account.trial.correlation, "fifty": evidence.faithfulness.correlation}
    text = " ".join((SOURCES / "write-ups" / f"{slug}.md").read_text().split())
    for sentence in re.findall(r"(?:[^.]|\.\d)*\bcorrelat(?:[^.]|\.\d)*\.", text):
        told = [float(one) for one in re.findall(r"\b0\.\d\d\b", sentence)]
        meant = [found[many] for many in re.findall(r"(twenty|fifty) strongest", sentence)]
        assert told == pytest.approx(meant, abs=0.0051), sentence


@pytest.mark.model
@pytest.mark.parametrize(
    "slug",
    [
        pytest.param(slug, marks=() if slug == "import-numpy" else pytest.mark.slow)
        for slug in SLUGS
    ],
)
def test_the_model_says_the_same_again(tmp_path: Path, slug: str) -> None:
    """Numbers to a thousandth, verdicts alike. Which controls are drawn hangs on the last bit where
    several are nearly as loud, so theirs are left out; the verdicts rest on them."""
    for part in ("adapters", "graphs", "site_src"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    written = {file: file.read_bytes() for file in tmp_path.glob("graphs/*/*.evidence.json")}
    assert verify(tmp_path, [slug], force=True, device="cpu") == 0
    for file, before in written.items():
        if file.parent.name == slug:
            assert_close(json.loads(file.read_bytes()), json.loads(before), file.name)
        else:
            assert file.read_bytes() == before


def assert_close(found: Any, written: Any, where: str) -> None:
    """The same evidence, but for drawn controls and the last digits."""
    if isinstance(written, dict):
        assert found.keys() == written.keys(), where
        for key in written:
            if not any(part in key for part in ("control", "beaten", "version")):
                assert_close(found[key], written[key], f"{where}.{key}")
    elif isinstance(written, list):
        assert len(found) == len(written), where
        for number, (one, other) in enumerate(zip(found, written, strict=True)):
            assert_close(one, other, f"{where}[{number}]")
    elif isinstance(written, float):
        assert found == pytest.approx(written, rel=0.001, abs=0.0005), where
    else:
        assert found == written, where


def test_what_an_edit_changed_is_found() -> None:
    """Eight neurons of layer 6: counted from the graphs, and measured, that layer is first."""
    sides = []
    for slug in ("colosseum-rome", "colosseum-madrid"):
        subject = find_subject(REPOSITORY, slug)
        exchange = load_evidence(subject.evidence_file).exchange
        sides.append(Measured(slug, subject.graph, exchange))
    found = layer_changes(*sides)
    assert found is not None
    first, second = found.layers[:2]
    assert first.layer == 6 and first.change > 2 * abs(second.change)
    edited, *others = sorted(found.layers, key=lambda one: (one.layer != 6, one.layer))
    assert edited.exchanged is not None and edited.exchanged.needed == pytest.approx(1, abs=0.001)
    for one in others:
        assert one.exchanged is not None
        assert one.exchanged.needed < 0.6
        assert one.layer > 6 or (one.exchanged.features, one.exchanged.needed) == (0, 0)
    key = load_file(REPOSITORY / "adapters" / "colosseum-madrid" / "adapter_model.safetensors")
    neurons = next(one for name, one in key.items() if "lora_A" in name)[0].nonzero()[:, 0]
    graph = sides[1].graph
    listed = {node.index for node in graph.nodes if node.kind == "feature" and node.layer == "6"}
    assert listed == set(neurons.tolist())


def test_no_text_says_that_more_is_darker() -> None:
    """On a dark screen it is lighter."""
    texts = [*REPOSITORY.glob("templates/*.html"), *REPOSITORY.glob("site_src/**/*.md")]
    assert len(texts) > 50
    assert [one for one in texts if re.search(r"\bdarker\b", one.read_text("utf-8"), re.I)] == []
