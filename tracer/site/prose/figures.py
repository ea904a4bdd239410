"""`::: circuit SLUG`, `::: compare SLUG SLUG`, `::: explore SLUG`: circuits inside any text.

`at` and names of boxes (`words`, `answer`, a group's key) or of lines (`words>answer`) let these
stand out; `::: circuit? SLUG` is left out where the graph is not there. The lines below, up to an
empty one or a closing `:::`, are the caption.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markupsafe import Markup

from tracer.errors import Place, TracerError, did_you_mean

SLUGS = {"circuit": 1, "compare": 2, "explore": 1}  # how many each kind takes
_FENCE = re.compile(r":::[ \t]*(?P<words>\S.*)?\Z")


@dataclass(frozen=True)
class Figure:
    """What to show: of which graphs, and of one the parts that stand out. One that is `optional`
    is left out where its graph is not there."""

    kind: str
    slugs: tuple[str, ...]
    at: tuple[str, ...] = ()
    optional: bool = False

    @staticmethod
    def parse(words: Sequence[str]) -> Figure:
        """Of the words behind `:::`: a kind, slugs, and what follows `at`."""
        kind, *rest = words
        end = rest.index("at") if "at" in rest else len(rest)
        name = kind.removesuffix("?")
        return Figure(name, tuple(rest[:end]), tuple(rest[end + 1 :]), name != kind)


# A figure and its caption in, HTML out; raises TracerError for a slug that is no graph's.
DrawFigure = Callable[[Figure, Markup], Markup]


def use_figures(parser: MarkdownIt) -> None:
    """Let a text hold figures; `place_figures` puts the pictures in."""
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "figure", _read_figure, interrupts)
    parser.add_render_rule("figure_open", _written)
    parser.add_render_rule("figure_close", lambda *_: "")


def figures_in(tokens: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    """The slugs of each figure."""
    for token in tokens:
        if token.type == "figure_open":
            yield Figure.parse(token.meta["words"]).slugs


def place_figures(
    tokens: Sequence[Token], file: Path, draw: DrawFigure, inline: Callable[[Token], Markup]
) -> Iterator[TracerError]:
    """Draw each figure; gives an error, with its place, for each that cannot be."""
    for opening, caption in pairwise(tokens):
        if opening.type != "figure_open":
            continue
        words, (line, _) = opening.meta["words"], opening.map or (0, 0)
        place = Place(file, line + 1, opening.meta["column"])
        try:
            figure = Figure.parse(words)
            _check(figure)
            opening.content = str(draw(figure, inline(caption)))
        except TracerError as error:
            for one in error.problems:
                yield one if one.place else TracerError(one.message, hint=one.hint, place=place)
        caption.children = []


def _check(figure: Figure) -> None:
    kind, slugs = figure.kind, figure.slugs
    if kind not in SLUGS:
        hint = did_you_mean(kind, SLUGS) or "there are `circuit`, `compare` and `explore`"
        raise TracerError(f"there is no figure `{kind}`", hint=hint)
    if len(slugs) != SLUGS[kind]:
        example = " ".join(["A", "B"][: SLUGS[kind]])
        what = f"`::: {kind}` takes {SLUGS[kind]} slug{'s' * (kind == 'compare')}"
        hint = f"write `::: {kind} {example}`, and a caption on the lines below"
        raise TracerError(f"{what}, not {len(slugs)}", hint=hint)


def _read_figure(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    match = _FENCE.match(_line(state, start))
    if match is None or not match["words"]:
        return False
    if silent:
        return True
    last = start + 1
    while last < end and not state.isEmpty(last) and not _FENCE.match(_line(state, last)):
        last += 1
    closed = last < end and _line(state, last).strip() == ":::"
    after = last + 1 if closed else last
    opening = state.push("figure_open", "figure", 1)
    opening.map = [start, after]
    at = state.bMarks[start] + state.tShift[start]
    column = at - state.src.rfind("\n", 0, at)
    opening.meta = {"words": match["words"].split(), "column": column}
    caption = state.push("inline", "", 0)
    caption.content = state.getLines(start + 1, last, state.blkIndent, False).strip()
    caption.map, caption.children = [start + 1, last], []
    state.push("figure_close", "figure", -1)
    state.line = after
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _written(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return tokens[index].content
