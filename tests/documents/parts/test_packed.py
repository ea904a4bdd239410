"""What is written beside a graph is read as it was, or refused in one line."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tracer.documents.parts.flows import Flows, read_flows
from tracer.documents.parts.parts import Parts, flows_file, load_parts, words_file
from tracer.documents.parts.words import WORDS, Pushes, read_pushes
from tracer.errors import TracerError

GRAPH = "a" * 64


def some_flows(k: int = 9, inputs: int = 4, seed: int = 1) -> Flows:
    """Of all sizes, from a billionth to ten."""
    draw = random.Random(seed)

    def row(length: int) -> list[float]:
        return [draw.uniform(-10, 10) * 10 ** -draw.uniform(0, 8) for _ in range(length)]

    return Flows(
        graph_id=GRAPH,
        features=tuple(f"1_{at}_2" for at in range(k)),
        inputs=tuple(f"E_{at}_{at}" for at in range(inputs)),
        effects=row(k),
        leaving=row(k),
        straight=row(inputs),
        between=[row(at) for at in range(k)],
        entering=[row(inputs) for _ in range(k)],
    )


def some_pushes(k: int = 9, n: int = 20, seed: int = 2) -> Pushes:
    draw = random.Random(seed)
    rows = [[draw.gauss(0, 1) for _ in range(n)] for _ in range(k)]
    rows[0] = [0.0] * n
    words = tuple(f" w{at}" for at in range(n))
    return Pushes(GRAPH, words, tuple(range(n)), [1 / n] * n, rows)


def test_flows_come_back_within_what_is_promised(tmp_path: Path) -> None:
    flows = some_flows()
    (tmp_path / "1.flows.bin").write_bytes(flows.packed())
    read = read_flows(tmp_path / "1.flows.bin", GRAPH)
    assert (read.features, read.inputs) == (flows.features, flows.inputs)
    assert read.effects == pytest.approx(flows.effects, rel=1e-6)
    largest = max(abs(one) for row in (*flows.between, *flows.entering) for one in row)
    for found, meant in zip(
        [*read.between, *read.entering], [*flows.between, *flows.entering], strict=True
    ):
        for one, other in zip(found, meant, strict=True):
            assert abs(one - other) <= 2e-4 * max(abs(other), 1e-4 * largest)


def test_pushes_come_back_within_half_a_step(tmp_path: Path) -> None:
    pushes = some_pushes()
    (tmp_path / "1.words.bin").write_bytes(pushes.packed())
    read = read_pushes(tmp_path / "1.words.bin", GRAPH)
    assert (read.words, read.ids) == (pushes.words, pushes.ids)
    for found, meant in zip(read.rows, pushes.rows, strict=True):
        step = max(map(abs, meant)) / 31
        assert all(abs(a - b) <= 0.51 * step for a, b in zip(found, meant, strict=True))


def test_four_hundred_features_take_no_more_than_300_kilobytes() -> None:
    """Of noise, which packs worst."""
    draw = random.Random(3)
    k, m = 400, 17
    flows = some_flows(1)
    flows = Flows(
        GRAPH,
        tuple(f"{at // 14}_{at}_15" for at in range(k)),
        tuple(f"E_{at}_{at}" for at in range(m)),
        [draw.gauss(0, 1) for _ in range(k)],
        [draw.gauss(0, 1) for _ in range(k)],
        [draw.gauss(0, 1) for _ in range(m)],
        [[draw.gauss(0, 1) * 10 ** draw.gauss(-3, 1) for _ in range(at)] for at in range(k)],
        [[draw.gauss(0, 1) * 10 ** draw.gauss(-3, 1) for _ in range(m)] for _ in range(k)],
    )
    pushes = some_pushes(k, WORDS)
    assert len(flows.packed()) + len(pushes.packed()) <= 300_000


def test_parts_lie_beside_the_graph(tmp_path: Path) -> None:
    graph = tmp_path / "7.json"
    assert load_parts(graph, GRAPH) == Parts()
    Parts(some_flows(), some_pushes()).save(graph)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["7.flows.bin", "7.words.bin"]
    parts = load_parts(graph, GRAPH)
    assert parts.flows is not None and parts.pushes is not None


def head(content: bytes, **changes: object) -> bytes:
    line, _, body = content.partition(b"\n")
    return json.dumps({**json.loads(line), **changes}).encode() + b"\n" + body


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "no flows of a graph"),
    "a picture": (lambda _: b"\x89PNG\r\n\x1a\n" + b"0" * 99, "not JSON|not UTF-8|no flows"),
    "cut short": (lambda content: content[:-20], "cut short or damaged"),
    "a bit": (lambda content: content[:-9] + b"\x07" + content[-8:], "damaged"),
    "another graph's": (lambda content: head(content, graph_id="b" * 64), "another graph"),
    "another version": (lambda content: head(content, format=9), "another version"),
    "the other part": (lambda _: some_pushes().packed(), "no flows of a graph"),
    "too few": (lambda content: head(content, features=["1_0_2"]), "as many flows as it says"),
    "no names": (lambda content: head(content, features=[1, 2]), "whose flows"),
    "size": (lambda content: head(content, bytes=1 << 60), "size is not possible"),
    "not finite": (lambda content: head(content, largest=1e308 * 10), "finite|NaN|JSON"),
    "a bomb": (
        lambda content: (
            head(content, bytes=64).split(b"\n")[0] + b"\n" + zlib.compress(b"0" * 90_000_000, 1)
        ),
        "cut short or damaged",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    change, message = BROKEN[kind]
    file = flows_file(tmp_path / "1.json")
    file.write_bytes(change(some_flows().packed()))
    with pytest.raises(TracerError, match=message) as refused:
        load_parts(tmp_path / "1.json", GRAPH)
    said = str(refused.value)
    assert said.startswith(str(file)) and "\n" not in said and "restore it from version" in said


@pytest.mark.parametrize(
    "changes", [{"words": [1]}, {"ids": ["a"]}, {"words": [" a"]}, {"features": -1}]
)
def test_so_are_broken_words(tmp_path: Path, changes: dict[str, object]) -> None:
    words_file(tmp_path / "1.json").write_bytes(head(some_pushes().packed(), **changes))
    with pytest.raises(TracerError, match=r"words\.bin: it does not"):
        load_parts(tmp_path / "1.json", GRAPH)
