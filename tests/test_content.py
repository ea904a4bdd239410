"""What the gallery says was measured is measured again here."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tracer.batch.subject import find_subject
from tracer.batch.verify import verify
from tracer.documents.annotations import load_annotations
from tracer.documents.evidence import load_evidence
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import load_prompts
from tracer.documents.resolved_claims import resolve_claim

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
    ("moscow-russian", "a-language-is-needed", "probability", 0.95, 0.55),
    ("moscow-russian", "the-place-decides-which", "lead", 9.3, 7.9),
    ("moscow-russian", "late-neurons-say-russian", "lead", 9.3, -1.1),
    ("moscow-russian", "the-brakes-hold-back", "lead", 9.3, 7.0),
    ("moscow-russian", "madrid-makes-it-spanish", "lead", -9.3, -5.9),
    ("madrid-spanish", "a-language-is-needed", "probability", 0.92, 0.35),
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
    ("opposite-of-small", "early-small-is-needed", "lead", 5.2, 3.2),
    ("opposite-of-small", "opposite-is-needed", "lead", 5.2, 3.8),
    ("opposite-of-small", "huge-supports", "lead", 5.2, 4.2),
    ("opposite-of-small", "degree-supports", "lead", 5.2, 4.3),
    ("import-numpy", "the-letter-n-supports", "lead", 8.6, 7.1),
    ("import-numpy", "the-letter-p-opposes", "lead", 8.6, 9.2),
    ("import-numpy", "all-at-numpy-are-needed", "lead", 8.6, 5.0),
    ("import-numpy", "the-brakes-hold-back", "probability", 0.95, 0.98),
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


def test_failed_ideas_are_kept() -> None:
    kept = [claim for slug in SLUGS for claim in find_subject(REPOSITORY, slug).annotations.claims]
    assert any(not claim.holds for claim in kept) and any(claim.swap for claim in kept)
    assert any(claim.exchange for claim in kept)


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


@pytest.mark.model
@pytest.mark.parametrize(
    "slug",
    [
        pytest.param(slug, marks=() if slug == "import-numpy" else pytest.mark.slow)
        for slug in SLUGS
    ],
)
def test_the_model_says_the_same_again(tmp_path: Path, slug: str) -> None:
    """Close to what is written, which therefore stays as it is."""
    for part in ("graphs", "site_src"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    written = {file: file.read_bytes() for file in tmp_path.glob("graphs/*/*.evidence.json")}
    assert verify(tmp_path, [slug], force=True, device="cpu") == 0
    assert {file: file.read_bytes() for file in written} == written
