"""Sets of prompts, each with all that people say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tracer.documents.enclosure import is_there
from tracer.documents.prompts import PromptList
from tracer.documents.references import check_slug
from tracer.documents.revisions import revision_numbers
from tracer.documents.set_account import SetAccount, StoredSet
from tracer.documents.set_claims import SetAnnotations, load_set_annotations, resolve_group
from tracer.documents.set_evidence import SetEvidence, StoredSetEvidence, set_evidence_file
from tracer.documents.yaml_source import YamlSource
from tracer.errors import Place, TracerError, did_you_mean
from tracer.site.content.reading import Reading


@dataclass(frozen=True)
class SetEntry:
    """One set of the gallery, in its newest revision, and all that is said about it.

    Its title and summary are those of `prompts.yaml` where they stand, as they may have been
    written again since it was traced.
    """

    slug: str
    revision: int
    stored: StoredSet = field(repr=False)
    said: SetAnnotations = field(default_factory=SetAnnotations)
    source: YamlSource | None = field(repr=False, default=None)
    stored_evidence: StoredSetEvidence | None = field(repr=False, default=None)
    graphs: Mapping[str, str] = field(repr=False, default_factory=dict)  # listed ones, by row
    title: str = ""
    summary: str | None = None

    @property
    def account(self) -> SetAccount:
        """Raises TracerError for a broken file."""
        return self.stored.account

    @property
    def evidence(self) -> SetEvidence | None:
        """What was measured, if it was of this very account. Raises TracerError for a broken
        file."""
        found = self.stored_evidence
        return found.evidence if found and found.evidence.set_id == self.account.id else None


def read_sets(reading: Reading, prompts: PromptList | None) -> tuple[SetEntry, ...]:
    """Every set that can be read, by slug; what cannot is among the reading's problems."""
    folder = reading.root / "sets"
    names = {slug: reading.names(folder / slug).files for slug in reading.names(folder).folders}
    found = {slug: revision_numbers(files) for slug, files in names.items()}
    found = {slug: numbers for slug, numbers in found.items() if numbers}
    said = reading.files("sets", ".yaml")
    for slug, file in said.items():
        if slug not in found:
            what, near = f"there is no set `{slug}`", did_you_mean(slug, sorted(found))
            hint = near or f"trace it, or remove {file.name}"
            reading.warnings.append(TracerError(what, hint=hint, place=Place(file)))
    entries = (
        reading.attempt(partial(_entry, folder, slug, numbers[-1], said.get(slug), prompts))
        for slug, numbers in found.items()
    )
    return tuple(one for one in entries if one is not None)


def _entry(
    folder: Path, slug: str, revision: int, said: Path | None, prompts: PromptList | None
) -> SetEntry:
    """Raises TracerError or Problems for whatever is wrong with it."""
    try:
        check_slug(slug)
    except ValueError as error:
        raise TracerError(str(error), place=Place(folder / slug)) from None
    file = folder / slug / f"{revision}.json"
    evidence = set_evidence_file(file)
    annotations, source = load_set_annotations(said) if said else (SetAnnotations(), None)
    entry = SetEntry(
        slug=slug,
        revision=revision,
        stored=StoredSet(file),
        said=annotations,
        source=source,
        stored_evidence=StoredSetEvidence(evidence) if is_there(evidence) else None,
    )
    account, _ = entry.account, entry.evidence
    meant = prompts.prompt_set(slug) if prompts else None
    entry = replace(
        entry,
        graphs=_graphs(account, slug, prompts),
        title=(meant and meant.title) or account.title,
        summary=(meant and meant.summary) or account.summary,
    )
    for at, claim in enumerate(annotations.claims):
        try:
            resolve_group(claim, annotations, account)
        except TracerError as error:
            place = source.place(("claims", at)) if source else None
            raise TracerError(error.message, hint=error.hint, place=place) from None
    return entry


def _graphs(account: SetAccount, slug: str, prompts: PromptList | None) -> dict[str, str]:
    """The graphs on the list that ask what a row asks, by the row's key."""
    meant = prompts.prompt_set(slug) if prompts else None
    if prompts is None or meant is None:
        return {}
    listed = {
        one.prompt: one.slug
        for one in prompts.graphs
        if one.prompt is not None and one.model == meant.model and one.adapter == meant.adapter
    }
    return {row.key: listed[row.prompt] for row in account.rows if row.prompt in listed}
