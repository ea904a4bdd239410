"""An answer node's token and probability, out of the words that programs label it with.

circuit-tracer and Neuronpedia write `Output " Austin" (p=0.396)`, with a supernode's name in
brackets in front where it has one; others `output: "Austin" (p=0.984)`, ` Austin (p=40%)` or
` Austin`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from tracer.documents.graph import Node

_ODDS = re.compile(
    r"\s*\(\s*(?:p|prob|probability)\s*[=:≈~]\s*(?P<p>[^()\s%]*)\s*(?P<percent>%?)\s*\)\s*\Z",
    re.IGNORECASE,
)
_CALLED = re.compile(r"\s*(?:output|logit)\b\s*(?P<colon>:?)\s*", re.IGNORECASE)
_LONGEST_ODDS = 60
_MOST_BRACKETS = 50


@dataclass(frozen=True)
class AnswerLabel:
    """`token` with the spaces that the label gives it; `exact` says that the label's program keeps
    the token's own. `probability` where one is stated."""

    token: str
    probability: float | None = None
    exact: bool = False


def read_answer_label(label: str) -> AnswerLabel:
    """
    >>> read_answer_label('Output " Austin" (p=0.396)')
    AnswerLabel(token=' Austin', probability=0.396, exact=True)
    >>> read_answer_label('output: "Austin" (p=98.4%)').token
    'Austin'
    """
    start = max(0, len(label) - _LONGEST_ODDS)
    odds = _ODDS.search(label, start)
    text = label[: odds.start()] if odds else label
    if odds is None or not text.strip():  # an answer may itself look so
        return _read(without_supernode(label), None)
    return _read(without_supernode(text), _probability(odds))


def answer_of(node: Node) -> AnswerLabel:
    """An answer node's token and probability; what the node itself states wins over its label."""
    read = read_answer_label(node.clerp)
    token, stated = read.token or node.node_id, node.token_prob
    unstated = not stated and read.probability is not None
    return AnswerLabel(token, read.probability if unstated else stated, read.exact)


def _read(text: str, probability: float | None) -> AnswerLabel:
    called = _CALLED.match(text)
    colon = called is not None and called["colon"] == ":"
    rest = text[called.end() :] if called else text
    if (quoted := _unquoted(rest)) is not None and (called or quoted):
        return AnswerLabel(quoted, probability, exact=not colon)
    return AnswerLabel(rest.strip() if colon and rest.strip() else text, probability)


def _unquoted(text: str) -> str | None:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else None


def without_supernode(text: str) -> str:
    """`[big or large] Output "large"` -> `Output "large"`."""
    if not text.startswith("["):
        return text
    ends = islice(re.finditer(r"\] ", text), _MOST_BRACKETS)
    rests = [text[match.end() :] for match in ends]
    named = next((one for one in rests if _CALLED.match(one)), rests[-1] if rests else "")
    return named if named.strip() else text


def _probability(odds: re.Match[str]) -> float | None:
    try:
        value = float(odds["p"]) / (100 if odds["percent"] else 1)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
