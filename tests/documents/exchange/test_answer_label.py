"""One reader of what programs call an answer."""

from __future__ import annotations

import time

import pytest

from tests.foreign_graphs import foreign_node
from tracer.documents.exchange.answer_label import answer_of, read_answer_label
from tracer.documents.graph import Node


@pytest.mark.parametrize(
    ("label", "token", "probability"),
    [
        ('Output " Austin" (p=0.396)', " Austin", 0.396),
        ('Output " Austin"', " Austin", None),
        ('output: "Austin" (p=0.984)', "Austin", 0.984),
        ('OUTPUT " Austin" ( P = 98.4 % )', " Austin", 0.984),
        ('Logit: " Austin"', " Austin", None),
        ("Output: Austin (p=0.5)", "Austin", 0.5),
        (" down (p=0.75)", " down", 0.75),
        ('" down"', " down", None),
        (" down", " down", None),
        ('[Output "big" or "large"] Output "large" (p=0.420)', "large", 0.42),
        ("[a] b] Austin", "Austin", None),
        ('Output " [a] b" (p=1e-3)', " [a] b", 0.001),
        ('Output """ (p=.2)', '"', 0.2),
        ('Output " Pa"ris" (p=0.8)', ' Pa"ris', 0.8),
        ('Output "(p=0.3)" (p=0.1)', "(p=0.3)", 0.1),
        ('Output "\n" (p=0.3)', "\n", 0.3),
        # What only looks like a label is the answer itself.
        ("Output", "Output", None),
        ("Outputs", "Outputs", None),
        (" (p=0.5)", " (p=0.5)", None),
        ("[INST] ", "[INST] ", None),
        ('"', '"', None),
        # A share that is none.
        ('Output "x" (p=nan)', "x", None),
        ('Output "x" (p=7)', "x", None),
        ('Output "x" (p=?)', "x", None),
    ],
)
def test_token_and_probability(label: str, token: str, probability: float | None) -> None:
    read = read_answer_label(label)
    assert read.token == token
    assert read.probability == (None if probability is None else pytest.approx(probability))


def test_what_the_node_states_wins() -> None:
    label = {"clerp": 'output: "in" (p=0.6)'}
    node = Node.model_validate(foreign_node("6_99_4", "logit", token_prob=0.25, **label))
    assert answer_of(node).probability == 0.25
    for nothing in (None, 0.0):
        node = Node.model_validate(foreign_node("6_99_4", "logit", token_prob=nothing, **label))
        assert answer_of(node).probability == pytest.approx(0.6)
    unsaid = foreign_node("6_99_4", "logit", token_prob=0.0, clerp='Output " in"')
    assert answer_of(Node.model_validate(unsaid)).probability is None
    nameless = Node.model_validate(foreign_node("6_99_4", "logit", token_prob=0.5))
    assert answer_of(nameless).token == "6_99_4"


@pytest.mark.parametrize(
    "label", [" " * 10**6 + "(", "[] " * 10**6, '"' * 10**6 + "x", "(p=" * 10**6]
)
def test_long_labels_take_no_time(label: str) -> None:
    start = time.perf_counter()
    read_answer_label(label)
    assert time.perf_counter() - start < 2
