"""Where a text says more than was measured: of need, and of what makes what happen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracer.errors import Place, TracerError
from tracer.site.checks.tried import Tried, TriedClaim
from tracer.site.content.entry import Entry
from tracer.site.prose.sentences import Sentence, paragraphs
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible

_NEED = re.compile(
    r"\b(?:is|are|be|was|were|been|both|all|each)(?: \w+)? (?:needed|necessary|essential"
    r"|indispensable|required)\b|\b(?:depends?|relies|rely) on\b|\bcannot do without\b"
    r"|\b(?:it|model|answer) needs\b",
    re.IGNORECASE,
)
_NEED_IN_ID = re.compile(r"(?:^|-)(?:needed|necessary|essential|required|needs)(?:-|$)")
_DENIED = re.compile(
    r"\b(?:not|no|neither|nor|never|hardly|none|stays? first|remains? first)\b|n[’']t\b",
    re.IGNORECASE,
)
_MOVES = (
    r"(?:f[ae]ll(?:s|en)?|drop(?:s|ped)?|ris(?:es?|en)|rose|gr[eo]ws?|gains?|gained|shr[aiu]nks?"
    r"|lost|loses?|goes|went|becomes?|became|stays?|stayed|comes? first|is gone)"
)
_SILENCED = (
    r"(?:(?:set|at|to) zero|switch(?:ed|ing)(?: \S+){0,6} off|turned off|silenc(?:ed|ing)"
    r"|ablat(?:ed|ing|ion)|knocked out)"
)
_CAUSAL = re.compile(
    rf"\bwithout\b[^;]*\b{_MOVES}\b|\b{_SILENCED}\b[^;]*\b{_MOVES}\b"
    rf"|\bwith(?: \S+){{0,8}} values\b[^;]*\b{_MOVES}\b"
    r"|\bis why\b|\bcaus(?:es|ed)\b|\bdecides? (?:that|which|what)\b|\bresponsible for\b"
    r"|\b(?:turns?|turned) the answer\b|\b(?:is|are|was|were) (?:not )?enough\b",
    re.IGNORECASE,
)


def of_telling(entry: Entry) -> Iterator[TracerError]:
    """Of the write-up and of claims' names and notes."""
    tried = Tried(entry)
    yield from _needs_in_claims(tried)
    yield from _needs_in_groups(tried)
    if entry.write_up is None:
        return
    yield from _need_in_summary(tried)
    for paragraph in paragraphs(entry.write_up.body, entry.write_up.file):
        linked: list[str] = []
        for sentence in paragraph:
            linked = [*sentence.links, *linked]
            yield from _of_sentence(sentence, linked, tried)


def _of_sentence(sentence: Sentence, linked: list[str], tried: Tried) -> Iterator[TracerError]:
    """`linked` is also what the paragraph has linked before."""
    if sentence.text.endswith("?"):
        return
    need = says_need(sentence.text)
    if (need or _CAUSAL.search(sentence.text)) and not tried.leads_to_a_test(linked):
        what = f"this says what makes what happen, and links no test: “{_short(sentence.text)}”"
        hint = "link what tested it, as in `[without them](claim:its-id)`, or claim less"
        yield TracerError(what, hint=hint, place=sentence.place)
    if need:
        nearest = tried.linked(sentence.links) or tried.linked(linked)
        yield from _not_needed(nearest, "this says that something is needed", sentence.place)


def says_need(text: str) -> bool:
    """Whether it says that something is needed, and does not deny it.

    >>> says_need("Both are needed."), says_need("They are not needed."), says_need("It needs air")
    (True, False, True)
    """
    found = _NEED.search(text)
    return found is not None and _DENIED.search(text) is None


def _needs_in_claims(tried: Tried) -> Iterator[TracerError]:
    source = tried.entry.annotation_source
    for name, one in tried.claims.items():
        claim = one.resolved.claim
        if not claim.holds or source is None:
            continue
        said = f"the claim `{name}` says that something is needed"
        if _NEED_IN_ID.search(name):
            yield from _not_needed([one], said, source.place(("claims", one.number)))
        elif claim.note and says_need(claim.note):
            yield from _not_needed([one], said, source.place(("claims", one.number, "note")))


def _needs_in_groups(tried: Tried) -> Iterator[TracerError]:
    source = tried.entry.annotation_source
    for key, group in tried.entry.said.groups.items() if source else ():
        for field, text in (("name", group.name), ("note", group.note)):
            if source and text and says_need(text):
                said = f"the group `{key}` is said to be needed"
                claims = tried.linked([f"group:{key}"])
                yield from _not_needed(claims, said, source.place(("groups", key, field)))


def _need_in_summary(tried: Tried) -> Iterator[TracerError]:
    text = tried.entry.write_up
    if text is None or text.front is None:
        return
    for field in ("title", "summary"):
        said = getattr(text.meta, field)
        if said and says_need(said) and all(one.stays_first for one in tried.claims.values()):
            what = f"the {field} says that something is needed, and the answer stays first in every"
            hint = "say what happens without it"
            place = text.front.place((field,))
            yield TracerError(f"{what} test of this graph", hint=hint, place=place)


def _not_needed(claims: list[TriedClaim], said: str, place: Place) -> Iterator[TracerError]:
    """Where in every test of it the answer stays first, or in one it gets likelier."""
    for one in claims:
        if one.rises:
            what = f"{said}, and without it the answer gets likelier ({_moved(one)})"
            yield TracerError(what, hint="say what it does", place=place)
            return
    if claims and all(one.stays_first for one in claims):
        one = claims[0]
        token = visible(one.found.before[0].token).strip()
        what = f"{said}, and “{token}” stays first without it ({_moved(one)})"
        hint = "say that it helps, or how much is lost without it"
        yield TracerError(what, hint=hint, place=place)


def _moved(one: TriedClaim) -> str:
    token = one.found.before[0].token if one.found.before else ""
    after = {each.token: each.probability for each in one.found.after}
    now = percent(after[token]) if token in after else "less than the likeliest"
    before = percent(one.found.before[0].probability) if one.found.before else "–"
    return f"{before} before, {now} after"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80].rsplit(' ', 1)[0]} …"
