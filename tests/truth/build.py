"""From a circuit to a model: a real `transformers` model whose weights are written by hand.

Every direction gets a vector of an orthonormal basis that is turned at random (for GPT-2 within the
complement of the all-ones vector, which LayerNorm takes away). A direction that every position
holds, much longer than all signals, keeps the norms' scales nearly the same, so that behind a norm
signals are what they are in front of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tests.tiny_models import in_float64, save_word_tokenizer
from tests.truth.circuit import ANY, SAY, START, Circuit, Head, Unit, Weights
from tests.truth.noise import TIMES, Noise, make_noise
from tests.truth.shapes import (
    D_MODEL,
    HEAD_DIM,
    HEADS,
    POSITIONS,
    THETA,
    Layer,
    Shape,
    save_model,
)
from tracer.model.load import Model, load_model

LEAST_WIDTH = 96
VOID = 12
COMMON = 40.0  # how long the direction is that every position holds
SIGNALS = 16.0  # the squared length of what else a position holds, about
GAIN = 10.0  # logits of a signal
MATCH = 14.0  # how much stronger than nothing attention is drawn by a match, in nats
PREVIOUS = 60.0
SHARP = 10.0  # silu(SHARP x) / SHARP is nearly relu(x)


@dataclass(frozen=True)
class Built:
    """A circuit in a model. `units` and `noise` say where, as (layer, index)."""

    circuit: Circuit
    shape: Shape
    model: Model
    width: int  # neurons a layer
    units: dict[str, tuple[int, int]]
    noise: dict[str, list[tuple[int, int]]]  # kind -> where

    @property
    def token_ids(self) -> tuple[int, ...]:
        """Of the prompt that is explained."""
        return self.model.tokenizer.encode_prompt(spelled(self.circuit.prompt))


def spelled(prompt: str) -> str:
    """As the tokenizer wants it: a space in front of every word."""
    return "".join(f" {word}" for word in prompt.split())


def shape_of(seed: int) -> Shape:
    return "gpt2" if seed % 2 else "llama"


def build(circuit: Circuit, folder: Path, seed: int) -> Built:
    """Saves the model into `folder`, as a user's own would be, and loads it in float64. Odd seeds
    are GPT-2 with ReLU, even ones Llama with SwiGLU."""
    assert not list(circuit.mistakes()), list(circuit.mistakes())
    chance = torch.Generator().manual_seed(zlib.crc32(circuit.name.encode()) + seed)
    shape = shape_of(seed)
    per_layer = -(-(TIMES + 1) * len(circuit.units) // circuit.layers)
    width = max(LEAST_WIDTH, per_layer)
    basis = Basis.turned(circuit, shape, chance)
    weights = Weighing(basis, shape)
    units: dict[str, tuple[int, int]] = {}
    noise: dict[str, list[tuple[int, int]]] = {}
    layers = []
    for layer in range(circuit.layers):
        mine = [one for one in circuit.units if one.layer == layer]
        order = torch.randperm(width, generator=chance).tolist()
        units |= {one.name: (layer, order[at]) for at, one in enumerate(mine)}
        made = make_noise(width - len(mine), len(basis.vectors) - 1, VOID, chance)
        for kind, index in zip(made.kinds, order[len(mine) :], strict=True):
            noise.setdefault(kind, []).append((layer, index))
        heads = [one for one in circuit.heads if one.layer == layer]
        layers.append(
            weights.attention(heads) | weights.mlp(mine, made, torch.tensor(order), chance)
        )
    names = (START, "<unk>", *(f" {word}" for word in circuit.words))
    norm = ((COMMON**2 + SIGNALS) / D_MODEL) ** 0.5  # a norm's output is its input, about
    save_model(shape, weights.words(circuit, names), layers, norm=norm, folder=folder)
    save_word_tokenizer(folder, names)
    model = in_float64(load_model(str(folder), device="cpu"))
    return Built(circuit, shape, model, width, units, noise)


@dataclass(frozen=True)
class Basis:
    """A vector of length one for every name; the last `VOID` are nobody's, and the first is the
    one that every position holds."""

    names: dict[str, int]
    vectors: Tensor  # (directions, d_model)

    @staticmethod
    def turned(circuit: Circuit, shape: Shape, chance: torch.Generator) -> Basis:
        positions = [f"position {at}" for at in range(POSITIONS)] if shape == "gpt2" else []
        names = (ANY, START, *positions, *circuit.directions)
        room = D_MODEL - (shape == "gpt2")
        assert len(names) + VOID <= room, f"{len(names)} directions of {circuit.name} are too many"
        start = torch.randn(D_MODEL, D_MODEL, generator=chance, dtype=torch.float64)
        if shape == "gpt2":
            start[:, 0] = 1
        turned = torch.linalg.qr(start).Q.T[D_MODEL - room :]
        places = {name: at for at, name in enumerate(names)}
        return Basis(places, turned[: len(names) + VOID])

    def __getitem__(self, name: str) -> Tensor:
        return self.vectors[self.names[name]]

    def sum(self, weights: Weights) -> Tensor:
        """(d_model,)"""
        found = torch.zeros(D_MODEL, dtype=torch.float64)
        for name, weight in weights.items():
            found += weight * self[name]
        return found

    def reading(self, name: str) -> Tensor:
        """(d_model,): what reads 1 of a signal, and of what every position holds."""
        return self[name] / (COMMON if name == ANY else 1)


@dataclass(frozen=True)
class Weighing:
    """Matrices of a model, all as (out, in)."""

    basis: Basis
    shape: Shape

    def words(self, circuit: Circuit, names: Sequence[str]) -> Layer:
        """Embeddings (vocabulary, d_model), of positions too, and the unembedding."""
        basis, embedding, unembedding = self.basis, [], []
        for name in names:
            word = name.strip()
            classes = [one for one, words in circuit.classes.items() if word in words.split()]
            held = [word, *classes] if word in basis.names else []
            embedding.append(basis.sum({ANY: COMMON, **dict.fromkeys(held, 1.0)}))
            say = f"{SAY}{word}"
            unembedding.append(basis.sum({say: GAIN} if say in basis.names else {}))
        made = {"embedding": torch.stack(embedding), "unembedding": torch.stack(unembedding)}
        if self.shape == "gpt2":
            made["positions"] = torch.stack([basis[f"position {at}"] for at in range(POSITIONS)])
        return made

    def attention(self, heads: Sequence[Head]) -> Layer:
        assert len(heads) <= HEADS, "a layer has not so many heads"
        made = {
            name: torch.zeros(HEADS * HEAD_DIM, D_MODEL, dtype=torch.float64) for name in "qkvo"
        }
        for number, head in enumerate(heads):
            first = number * HEAD_DIM
            pairs = self._previous() if head.previous else self._matches(head)
            for slot, query, key in pairs:
                made["q"][first + slot] = query
                made["k"][first + slot] = key
            assert len(head.carries) <= HEAD_DIM, "a head cannot carry so much"
            for slot, (here, there) in enumerate(head.carries.items()):
                made["v"][first + slot] = self.basis[here]
                made["o"][:, first + slot] = self.basis[there]
        return made

    def _matches(self, head: Head) -> Iterable[tuple[int, Tensor, Tensor]]:
        looks = [(query, key, MATCH) for query, key in head.looks.items()]
        looks.append((ANY, START, MATCH * head.rest))
        slots = _slots(self.shape)
        assert len(looks) <= len(slots), "a head cannot look for so much"
        for slot, (query, key, nats) in zip(slots, looks, strict=False):
            strength = (nats * HEAD_DIM**0.5) ** 0.5
            yield slot, strength * self.basis.reading(query), strength * self.basis.reading(key)

    def _previous(self) -> Iterable[tuple[int, Tensor, Tensor]]:
        """By what each position holds, or by the two fastest rotary frequencies."""
        strength = (PREVIOUS * HEAD_DIM**0.5) ** 0.5
        if self.shape == "gpt2":
            for at in range(POSITIONS - 1):
                query, key = (self.basis[f"position {one}"] for one in (at + 1, at))
                yield at, strength * query, strength * key
            return
        common = strength * self.basis.reading(ANY)
        for pair in (0, 1):
            turn = torch.tensor(THETA ** (-2 * pair / HEAD_DIM), dtype=torch.float64)
            yield pair, turn.cos() * common, common
            yield pair + HEAD_DIM // 2, -turn.sin() * common, torch.zeros_like(common)

    def mlp(
        self, units: Sequence[Unit], noise: Noise, order: Tensor, chance: torch.Generator
    ) -> Layer:
        """The circuit's units first and noise behind them, put in `order`."""
        directions = self.basis.vectors[1:]
        reads = [self._read(one.reads, one.above, one.full) for one in units]
        gates = list(reads)
        ups = [torch.zeros(D_MODEL, dtype=torch.float64)] * len(units)
        up_biases = [1.0] * len(units)
        for at, one in enumerate(units):
            if one.gate is None:
                continue
            if self.shape == "gpt2":
                gates[at] = self._read({**one.reads, one.gate: 1}, 1.5, 2)
            else:
                gates[at] = self._read({one.gate: 1}, one.above, one.full)
                ups[at], up_biases[at] = self.basis.sum(one.reads), 0.0
        writes = [self.basis.sum(one.writes) for one in units]
        spread = torch.randn(len(noise.kinds), len(directions), generator=chance).double()
        made = {
            "gate": torch.stack([*(row for row, _ in gates), *(noise.reads @ directions)]),
            "gate_bias": torch.tensor([*(bias for _, bias in gates), *noise.biases.tolist()]),
            "up": torch.stack([*ups, *(0.1 * spread @ directions)]),
            "up_bias": torch.tensor([*up_biases, *([1.0] * len(noise.kinds))]),
            "down": torch.stack([*writes, *(noise.writes @ directions)]),
        }
        if self.shape == "llama":
            made |= {name: SHARP * made[name] for name in ("gate", "gate_bias")}
            made |= {name: made[name] / SHARP for name in ("up", "up_bias")}
        placed = {name: torch.empty_like(rows.double()) for name, rows in made.items()}
        for name, rows in made.items():
            placed[name][order] = rows.double()
        placed["down"] = placed["down"].T
        return placed

    def _read(self, reads: Weights, above: float, full: float) -> tuple[Tensor, float]:
        slope = 1 / (full - above)
        return slope * self.basis.sum(reads), -slope * above


def _slots(shape: Shape) -> list[int]:
    """Rows of a head by which it may match: with rotary positions, those that hardly turn."""
    if shape == "gpt2":
        return list(range(HEAD_DIM))
    half = HEAD_DIM // 2
    return [pair + side * half for pair in range(half - 1, 2, -1) for side in (0, 1)]
