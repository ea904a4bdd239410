"""What a reviewer would point at, though a build goes on without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tracer.documents.enclosure import is_there
from tracer.documents.evidence import Exchange
from tracer.documents.files import read_bytes
from tracer.documents.prompts import Counterfactual, PromptEntry, PromptList
from tracer.documents.schemas import FOLDER, WRITTEN_BY_PEOPLE, schema_text
from tracer.documents.token_id import TokenId, TokenName
from tracer.errors import Place, TracerError, did_you_mean
from tracer.site.checks.books import of_account
from tracer.site.checks.contrast import faint_colours
from tracer.site.checks.findings import Finding
from tracer.site.checks.left_out import of_the_unsaid
from tracer.site.checks.telling import of_telling
from tracer.site.content.entry import Entry
from tracer.site.content.gallery import Gallery
from tracer.site.content.listed import absent, misspelt, of_another
from tracer.site.prose.markdown import links, pictures_without_words
from tracer.site.survey.survey import Survey
from tracer.site.survey.unused import unused


def review(found: Survey) -> list[Finding]:
    """Warnings and notes about everything that could be read, in the gallery's order."""
    gallery = found.gallery
    warnings = [
        *found.warnings,
        *(one for entry in gallery.entries for one in _of_entry(entry, found)),
        *(misspelt(found.prompts) if found.prompts else ()),
        *_of_texts(gallery),
        *unused(gallery, found.unread),
        *faint_colours(gallery.root, gallery.config.theme),
    ]
    missing = absent(found.prompts) if found.prompts else ()
    notes = [*found.notes, *missing, *_old_schemas(gallery)]
    return [
        *(Finding("warning", one) for one in warnings),
        *(Finding("note", one) for one in notes),
    ]


def _of_entry(entry: Entry, found: Survey) -> Iterator[TracerError]:
    if entry.write_up is None and "write-up" not in entry.unread:
        file = found.gallery.root / "site_src" / "write-ups" / f"{entry.slug}.md"
        what, hint = "this graph has no write-up", f"tell what it shows in {file}"
        yield TracerError(what, hint=hint, place=Place(entry.stored.file))
    yield from _of_group_links(entry)
    annotations, source = entry.said, entry.annotation_source
    old = annotations.revision is not None and annotations.revision < entry.revision
    if old and source is not None and annotations.revision in entry.revisions:
        what = f"written for revision {annotations.revision}, and there is {entry.revision} now"
        gone = any(p.place is not None and p.place.file == source.file for p in found.problems)
        still = "mend what it names that is gone" if gone else "every node is still there"
        hint = f"{still}: read it again, then write `revision: {entry.revision}`"
        yield TracerError(what, hint=hint, place=source.place(("revision",)))
    yield from _untested(entry)
    yield from of_account(entry)
    yield from of_telling(entry)
    yield from of_the_unsaid(entry)
    listed = found.prompts.entry(entry.slug) if found.prompts else None
    if found.prompts is None or listed is None:
        return
    yield from _unexchanged(entry, found.prompts)
    if not _same_question(listed, entry):
        what = "the newest graph answers another question than the list asks"
        place = found.prompts.where(entry.slug)
        yield TracerError(what, hint="run `tracer build-graphs`", place=place)
    elif (info := entry.graph.metadata.tracer) is not None:
        yield from of_another(found.prompts, listed, info)


def _of_group_links(entry: Entry) -> Iterator[TracerError]:
    """Links to groups of a graph that nobody has annotated; its page shows their words alone."""
    if entry.write_up is None or entry.annotation_source or "annotations" in entry.unread:
        return
    file = entry.write_up.file
    for address, place in links(entry.write_up.body, file):
        if address.startswith("group:"):
            what = f"this leads nowhere: nobody has named the group `{address[6:]}`"
            hint = f"name it in {file.parents[1] / 'annotations' / entry.slug}.yaml"
            yield TracerError(what, hint=hint, place=place)


def _untested(entry: Entry) -> Iterator[TracerError]:
    """Claims without evidence, or with evidence of another claim or graph than there is now."""
    if "evidence" in entry.unread:
        return
    evidence, source = entry.evidence_of(entry.revision), entry.annotation_source
    if entry.revision in entry.evidence and evidence is None:
        what = "this evidence is of another graph than the one beside it"
        place = Place(entry.evidence[entry.revision].file)
        yield TracerError(what, hint=f"run `tracer verify {entry.slug}`", place=place)
    for number, claim in enumerate(entry.said.claims):
        try:
            resolved = entry.resolve(number, entry.graph)
        except TracerError:  # told among what is wrong with the annotations
            continue
        if evidence and evidence.of(resolved.hash):
            continue
        older = evidence is not None and any(one.id == claim.id for one in evidence.claims)
        state = "has changed since it was tested" if older else "has not been tested"
        where = source.place(("claims", number)) if source else None
        hint = f"run `tracer verify {entry.slug}`"
        yield TracerError(f"the claim `{claim.id}` {state}", hint=hint, place=where)


def _unexchanged(entry: Entry, prompts: PromptList) -> Iterator[TracerError]:
    """A counterfactual that nothing was measured against."""
    meant = entry.counterfactual
    info = entry.graph.metadata.tracer
    if meant is None or "evidence" in entry.unread or info is None:
        return
    evidence = entry.evidence_of(entry.revision)
    if meant.graph is not None and meant.graph not in entry.others:
        what = f"there is no graph `{meant.graph}` in this gallery"
        place = prompts.where(entry.slug, "counterfactual", "graph")
        yield TracerError(what, hint="trace it, or name another", place=place)
        return
    if info.question.target_id is None or (
        evidence and evidence.exchange and _is_of(evidence.exchange, meant, entry)
    ):
        return
    what = "values have not been exchanged with this counterfactual"
    place = prompts.where(entry.slug, "counterfactual")
    yield TracerError(what, hint=f"run `tracer verify {entry.slug}`", place=place)


def _is_of(found: Exchange, meant: Counterfactual, entry: Entry) -> bool:
    """Against another model also of that graph as it is now."""
    if found.model is None or not found.is_of(meant):
        return found.is_of(meant)
    other = entry.others.get(found.model.graph)
    info = other[0].graph.metadata.tracer if other else None
    return other is None or (info is not None and info.graph_id == found.model.graph_id)


def _same_question(listed: PromptEntry, entry: Entry) -> bool:
    info = entry.graph.metadata.tracer
    if info is None or listed.prompt is None:  # somebody else's, or a chat: not to be compared
        return True
    asked = info.question
    return (
        entry.graph.metadata.prompt == listed.prompt
        and (
            listed.target is None
            or _same_tokens([listed.target], [asked.target], [asked.target_id])
        )
        and _same_tokens(listed.contrast, asked.contrast, asked.contrast_ids)
    )


def _same_tokens(
    names: Sequence[TokenName], texts: Sequence[str], ids: Sequence[int | None]
) -> bool:
    by_id = dict(zip(ids, texts, strict=False))
    return {by_id.get(one.id) if isinstance(one, TokenId) else one for one in names} == set(texts)


def _of_texts(gallery: Gallery) -> Iterator[TracerError]:
    names = [author.name for author in gallery.config.authors]
    for text in gallery.texts:
        for place in pictures_without_words(text.body, text.file):
            what = "this picture has no text in its place"
            hint = "say between the brackets what it shows: `![what it shows](…)`"
            yield TracerError(what, hint=hint, place=place)
        if text.meta.dated_ahead and not text.meta.draft and text.front is not None:
            what = f"the date {text.meta.date} has not come yet: the page is published all the same"
            hint = "`draft: true` keeps it back; feed and sitemap leave the date out until then"
            yield TracerError(what, hint=hint, place=text.front.place(("date",)))
        for number, author in enumerate(text.meta.authors):
            near = did_you_mean(author, names) if author not in names else None
            if near is not None and text.front is not None:
                what = f"`{author}` is not among the authors of site.yaml"
                yield TracerError(what, hint=near, place=text.front.place(("authors", number)))


def _old_schemas(gallery: Gallery) -> Iterator[TracerError]:
    for document in WRITTEN_BY_PEOPLE:
        file: Path = gallery.root / FOLDER / f"{document}.json"
        if is_there(file) and read_bytes(file) != schema_text(document).encode():
            what = "this schema is not of the tracer that is installed here"
            yield TracerError(what, hint="run `tracer schema --write`", place=Place(file))
