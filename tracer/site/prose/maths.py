"""Formulas between dollar signs, made into MathML when the site is built."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from math_core import LatexError, LatexToMathML
from mdit_py_plugins.dollarmath import dollarmath_plugin

from tracer.errors import TracerError
from tracer.site.prose.text_places import find_in_block

_KINDS = ("math_inline", "math_inline_double", "math_block")
MAX_DEPTH, MAX_COMMANDS, MAX_BRACKETS = 60, 1_000, 16
_PIECE = re.compile(r"\\(?:left|right|begin|end)(?![a-zA-Z])|\\[a-zA-Z]+|\\.|[^\s\\]", re.DOTALL)
_OPENS, _CLOSES = frozenset({"{", r"\left", r"\begin"}), frozenset("}") | {r"\right", r"\end"}
_STYLE = re.compile(r' style="([^"]*)"')
_ALIGNMENT = re.compile(r"text-align: *(left|center|right)")


def use_maths(parser: MarkdownIt) -> None:
    """`$x$` within a line, `$$x$$` on lines of its own; a price such as $5 stays text."""
    parser.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    for kind in _KINDS:
        parser.add_render_rule(kind, _written)


def typeset(tokens: Sequence[Token], lines: Sequence[str], file: Path) -> Iterator[TracerError]:
    """Put MathML into every formula's token; gives an error for each that is not LaTeX."""
    for token in tokens:
        seen = 0
        for formula in [token, *(token.children or ())]:
            if formula.type not in _KINDS:
                continue
            place, seen = find_in_block(formula.content, lines, token.map, seen, file)
            if too_deep(formula.content):
                what = "this formula is nested too deeply or too long"
                yield TracerError(what, hint="take it apart", place=place)
                continue
            try:
                formula.meta["mathml"] = mathml(
                    formula.content, block=formula.type != "math_inline"
                )
            except LatexError as error:
                what = str(error).partition(": ")[2].rstrip(".") or str(error)
                what = f"this formula is not valid LaTeX: {what[0].lower()}{what[1:]}"
                hint = "correct it, or write \\$ for a dollar sign"
                yield TracerError(what, hint=hint, place=place)


def too_deep(latex: str) -> bool:
    """The converter follows braces and commands by calling itself, and on a small stack some
    hundred levels end the whole process, without an exception. Each bracket that is not closed
    doubles its time: with thirty it takes a quarter of a minute."""
    depth = in_a_row = commands = brackets = 0
    for piece in _PIECE.finditer(latex):
        mark = piece[0]
        commands += mark[0] == "\\"
        in_a_row = in_a_row + 1 if mark[0] == "\\" else 0
        if mark in _OPENS:
            depth += 1
        elif mark in _CLOSES:
            depth, in_a_row = depth - 1, 0
        elif mark in "[(":
            brackets += 1
        elif mark in ")]":
            brackets = max(0, brackets - 1)
        if max(depth, in_a_row) > MAX_DEPTH or commands > MAX_COMMANDS or brackets > MAX_BRACKETS:
            return True
    return False


def mathml(latex: str, *, block: bool) -> str:
    """MathML Core without `style`, which the policy forbids. Raises LatexError."""
    text = _converter().convert_with_local_state(latex.strip(), displaystyle=block)
    return _STYLE.sub(_as_class, text)


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False)


def _as_class(style: re.Match[str]) -> str:
    """Columns keep their side; what else is styled (colours, widths) has plain attributes too."""
    match = _ALIGNMENT.search(style[1])
    return f' class="align-{match[1]}"' if match else ""


def _written(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    token = tokens[index]
    text = str(token.meta["mathml"])
    return f'<div class="formula" tabindex="0">{text}</div>\n' if token.block else text
