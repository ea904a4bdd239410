"""Why heads looked: scores add up, in every family, and pieces are what they say."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.attribution.account.test_account import SETS, Case
from tests.tiny_models import exact_tiny_model, hidden_units
from tracer.attribution.look_score import LookedAt
from tracer.attribution.origin import FeatureName
from tracer.attribution.standing import Piece, Standing
from tracer.attribution.why import Why, why_looked
from tracer.errors import TracerError
from tracer.model.load import Model
from tracer.model.scores import Scores

WORDS = [(0, 1), (1, 3), (3, 4), (4, 7), (7, 8)]
LOOKS = [LookedAt(0, 1, 5, 4), LookedAt(1, 3, 6, 5), LookedAt(2, 0, 7, 6), LookedAt(2, 2, 3, 2)]
ALL = 10_000


def why(case: Case, looks: list[LookedAt], **options: object) -> list[Why]:
    return why_looked(case.frozen, case.active, looks, WORDS, **options)  # type: ignore[arg-type]


def lead(case: Case, look: LookedAt) -> float:
    """How far the key's score is above the others' mean, from the pattern the model had."""
    row = case.frozen.patterns[look.layer][look.head, look.query].double().log()
    others = [
        one for one in range(1, look.query + 1) if one != look.key and not torch.isinf(row[one])
    ]
    return float(row[look.key] - row[others].mean())


def assert_scores_add_up(case: Case) -> None:
    for told in (2, ALL):
        for one in why(case, LOOKS, told=told):
            assert one.score - one.others == pytest.approx(lead(case, one.look), abs=1e-6)
            assert float(one.pairs.sum()) == pytest.approx(one.score - one.others, abs=1e-6)
            assert one.pairs.shape == (len(one.at_query), len(one.at_key))
            kinds = [piece.kind for piece in one.at_key]
            assert kinds.count("rest") == int(told == 2 and one.look.layer > 0)
            assert math.fsum(map(abs, one.by_key)) > 0


def test_scores_add_up(unlike: Model) -> None:
    assert_scores_add_up(Case(unlike))


@pytest.mark.parametrize("kind", ["with skip", "across layers"])
def test_so_they_do_over_transcoders(plain: Model, tmp_path: Path, kind: str) -> None:
    case = Case(plain, str(SETS[kind](tmp_path / "set")))
    assert_scores_add_up(case)
    found = [piece for one in why(case, LOOKS[2:3]) for piece in one.at_key]
    assert any(one.feature is not None and one.feature.position == 6 for one in found)


def score_by_hand(case: Case, look: LookedAt, at_query: Tensor, key: int, at_key: Tensor) -> float:
    """What two vectors in front of a Llama's attention add to the score, by its formula."""
    frozen, block = case.frozen, case.frozen.model.module("model.layers")[look.layer]
    attention, dim = block.self_attn, 8

    def turned(vector: Tensor, weight: Tensor, head: int, position: int) -> Tensor:
        stream = frozen.block_input(look.layer)[position]
        scale = torch.rsqrt(stream.pow(2).mean() + block.input_layernorm.variance_epsilon)
        read = weight[head * dim : (head + 1) * dim] @ (
            vector * scale * block.input_layernorm.weight
        )
        angles = position / 10_000.0 ** (torch.arange(0, dim, 2).double() / dim)
        first, second = read[: dim // 2], read[dim // 2 :]
        cos, sin = angles.cos(), angles.sin()
        return torch.cat([first * cos - second * sin, second * cos + first * sin])

    query = turned(at_query, attention.q_proj.weight, look.head, look.query)
    keyed = turned(at_key, attention.k_proj.weight, look.head // 2, key)
    return float(query @ keyed / math.sqrt(dim))


def contrast(case: Case, look: LookedAt, at_query: Tensor, at_keys: Tensor) -> float:
    others = [one for one in range(1, look.query + 1) if one != look.key]

    def score(key: int) -> float:
        return score_by_hand(case, look, at_query, key, at_keys[key])

    return score(look.key) - sum(map(score, others)) / len(others)


@torch.no_grad()
def test_pieces_are_what_they_say(plain: Model) -> None:
    case, look = Case(plain), LookedAt(1, 3, 6, 5)
    frozen = case.frozen
    listed = [FeatureName(0, 7, 6), FeatureName(0, 9, 5)]
    (found,) = why(case, [look], listed=listed, told=ALL)
    names = [(piece.kind, piece.word) for piece in found.at_key]
    assert names.count(("embedding", None)) == 1
    assert {word for kind, word in names if kind == "heads"} == {
        tuple(range(*one)) for one in WORDS
    }
    hidden = hidden_units(plain, frozen.token_ids)[0]
    down = plain.layers[0].mlp.down

    def at(name: FeatureName) -> Tensor:
        """What a neuron writes at every position."""
        return hidden[:, name.index, None] * down[:, name.index]

    asked = Piece("embedding")
    pair = found.pairs[found.at_query.index(asked), found.at_key.index(asked)]
    own = contrast(case, look, frozen.embeddings[6], frozen.embeddings)
    assert float(pair) == pytest.approx(own, abs=1e-6)
    told = [one for one in found.at_key if one.feature is not None]
    assert told and all(one.feature.position == 5 for one in told if one.feature)
    for piece in told:
        assert piece.feature is not None
        value = contrast(case, look, frozen.block_input(1)[6], at(piece.feature))
        place = found.at_key.index(piece)
        assert found.by_key[place] == pytest.approx(value, abs=1e-6)  # angles are float32
    mlp = Piece("mlp", (0, 0))
    whole = frozen.mlp_outputs[0] - sum(at(one.feature) for one in told if one.feature)
    value = contrast(case, look, frozen.block_input(1)[6], whole)
    assert found.by_key[found.at_key.index(mlp)] == pytest.approx(
        value, abs=1e-6
    )  # angles are float32


def test_pieces_add_up_to_the_stream(plain: Model) -> None:
    frozen = Case(plain).frozen
    words = [list(range(*one)) for one in WORDS]

    def standing(of: object) -> dict[Piece, Tensor]:
        found = Standing(of, words, 8)  # type: ignore[arg-type]
        found.rise(2)
        return dict(zip(*found.pieces, strict=True))

    pieces = standing(frozen)
    assert float(pieces[Piece("constant")].abs().max()) < 1e-12, "a Llama has no biases"
    for layer in (0, 1):
        moved = frozen.streams[layer] - frozen.block_input(layer)
        brought = sum(
            one
            for piece, one in pieces.items()
            if piece.kind == "heads" and piece.layers == (layer, layer)
        )
        torch.testing.assert_close(brought, moved)
    blind = frozen.patterns[0].clone()
    blind[:, :, 3] = 0
    without = standing(replace(frozen, patterns=(blind, *frozen.patterns[1:])))
    for piece, one in pieces.items():
        if piece == Piece("heads", (0, 0), (3,)):
            assert not without[piece].any() and one.any()
        elif piece.kind != "constant":
            torch.testing.assert_close(without[piece], one)


def test_narrow_weights_are_read_in_wide_numbers(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "qwen3")
    model.causal_lm.bfloat16()
    case = Case(model)
    for one in why(case, LOOKS[1:2]):
        assert float(one.pairs.sum()) == pytest.approx(one.score - one.others, abs=1e-5)
    assert model.causal_lm.dtype == torch.bfloat16
    scores = Scores(case.frozen, 1)
    assert scores.whole.queries.dtype == torch.float32


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (LookedAt(9, 0, 5, 4), "there is no head 9.0"),
        (LookedAt(0, 0, 4, 4), "a head cannot look from 4 at 4 here"),
    ],
)
def test_what_is_not_there_is_told(plain: Model, look: LookedAt, said: str) -> None:
    with pytest.raises(TracerError, match=said):
        why(Case(plain), [look])


def test_a_window_ends(tmp_path: Path) -> None:
    case = Case(exact_tiny_model(tmp_path, "mistral-sliding"))
    with pytest.raises(TracerError, match=r"head 1\.0 cannot look from 7 at 2"):
        why(case, [LookedAt(1, 0, 7, 2)])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp("llama"), "llama")
