"""An answer node's token and probability, out of the words that programs label it with.

circuit-tracer and Neuronpedia write `Output " Austin" (p=0.396)`, with a supernode's name in
brackets in front where it has one; others `output: "Austin" (p=0.984)`, ` Austin (p=40%)` or
` Austin`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice

from tracer.documents.graph import Graph, Node

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
    """An answer node's token and probability; what the node itself states wins over its label.

    circuit-tracer gives 0 to every node whose probability it does not know.
    """
    read = read_answer_label(node.clerp)
    return AnswerLabel(read.token or node.node_id, node.token_prob or read.probability, read.exact)


def stated_answers(graph: Graph) -> dict[str, AnswerLabel]:
    """Node id of each answer -> its token and probability, as all that shows a graph says them.

    What our own graphs state wins over labels. Answers of one text are told apart by their ids.
    """
    info = graph.metadata.tracer
    known = {one.token_id: one for one in info.answers} if info else {}
    found = {}
    for node in graph.nodes:
        if node.kind == "logit":
            answer = known.get(node.index) if node.index is not None else None
            found[node.node_id] = (
                AnswerLabel(answer.token, answer.probability, exact=True)
                if answer
                else answer_of(node)
            )
    texts = Counter(one.token for one in found.values())
    ids = {node.node_id: node.index for node in graph.nodes if node.kind == "logit"}
    return {
        key: replace(one, token=f"{one.token} (id {ids[key]})") if texts[one.token] > 1 else one
        for key, one in found.items()
    }


def own_label(node: Node) -> str | None:
    """What the graph itself calls a node; tokens and answers are shown by their token instead. A
    feature that has no name is called by what it reads and pushes."""
    if node.kind not in ("feature", "error"):
        return None
    return node.clerp or node.automatic_name


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
