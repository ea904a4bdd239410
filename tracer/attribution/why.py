"""Why a head looked: its score for a key, against the mean of the others', over pairs of what
stands at the query and at the key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.look_features import LookFeatures, features_of
from tracer.attribution.look_score import LookedAt, LookScore
from tracer.attribution.origin import FeatureName
from tracer.attribution.standing import BANDS, Piece, Standing
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass
from tracer.model.scores import Scores

TOLD = 8  # pieces at each end
FEATURES = 3  # of these, so that others have room
WORDS_ALONE = 24
MOST_NUMBERS = 2**24  # of what heads brought from all words


@dataclass(frozen=True)
class Why:
    """`score` is what the softmax reads, `others` its mean over the other keys but the start; the
    `pairs`, (pieces at the query, pieces at the key), add up to the first less the second."""

    look: LookedAt
    score: float
    others: float
    at_query: tuple[Piece, ...]
    at_key: tuple[Piece, ...]
    pairs: Tensor

    @property
    def by_query(self) -> list[float]:
        found: list[float] = self.pairs.sum(1).tolist()
        return found

    @property
    def by_key(self) -> list[float]:
        """What stands at the key, less the mean of what stands likewise at the others."""
        found: list[float] = self.pairs.sum(0).tolist()
        return found


@torch.no_grad()
def why_looked(
    frozen: FrozenPass,
    active: ActiveFeatures,
    looks: Sequence[LookedAt],
    words: Sequence[tuple[int, int]],
    *,
    listed: Collection[FeatureName] = (),
    told: int = TOLD,
) -> list[Why]:
    """Of each of the `looks`. `words` are spans of tokens; `listed` features are told by
    themselves, and of the others the strongest. The `told` strongest pieces at each end stand
    alone.

    Raises TracerError for looks that there are not.
    """
    for one in looks:
        one.check(layers=frozen.n_layers, heads=frozen.n_heads, positions=frozen.n_positions)
    layers = {layer: Scores(frozen, layer) for layer in sorted({one.layer for one in looks})}
    scores = [LookScore.of(layers[one.layer], one) for one in looks]
    features = features_of(frozen, active, scores, listed)
    reach = max((one.query for one in looks), default=0) + 1
    standing = Standing(frozen, _words(frozen, looks, words), reach)
    found: dict[int, Why] = {}
    for at in sorted(range(len(looks)), key=lambda at: looks[at].layer):
        standing.rise(looks[at].layer)
        found[at] = _split(scores[at], standing, features[at], told)
    return [found[at] for at in range(len(looks))]


def _split(
    score: LookScore, standing: Standing, ends: tuple[LookFeatures, LookFeatures], told: int
) -> Why:
    look, reach = score.look, standing.here.stop
    fixed, whole = score.scores.constant, score.scores.whole
    by_bias = fixed.queries[0, look.head, look.query]
    read = score.weights @ score.of_head(whole.keys)[0]
    at_query = _told(standing, ends[0], score.on_query, float(by_bias @ read), told)
    queries = score.queries(at_query.streams) + at_query.fixed[:, None] * by_bias
    read = score.weights @ score.of_head(fixed.keys)[0]
    at_key = _told(standing, ends[1], score.on_keys, float(score.query @ read), told)
    pairs = torch.einsum("qnd,pnd->qp", score.pull_keys(queries)[:, :reach], at_key.streams)
    pairs += (queries @ read)[:, None] * at_key.fixed
    pairs = pairs.double().cpu()
    return Why(look, score.score, score.others, at_query.pieces, at_key.pieces, pairs)


@dataclass(frozen=True)
class _Told:
    """Pieces at one end, with their streams (pieces, positions, d_model), and which of them biases
    beyond the streams belong to, (pieces,)."""

    pieces: tuple[Piece, ...]
    streams: Tensor
    fixed: Tensor


def _told(
    standing: Standing, features: LookFeatures, gradient: Tensor, fixed: float, told: int
) -> _Told:
    """The strongest along a gradient, and all else together; `fixed` is what biases add beyond the
    streams."""
    gradient = gradient[: standing.here.stop]
    names, streams = standing.pieces
    fixing = streams.new_tensor([one.kind == "constant" for one in names])
    whole = streams.flatten(1) @ gradient.flatten() + fixed * fixing
    sizes = {name: _sizes(standing, name, found, gradient) for name, found in features.items()}
    whole_of = {name: sum(parts.values()) for name, parts in sizes.items()}
    chosen = sorted(sizes, key=lambda name: -abs(whole_of[name]))[:FEATURES]
    # Features that are not told stay with the MLPs that wrote them.
    for _ in range(2):
        pieces = dict(zip(names, whole.tolist(), strict=True))
        for name in chosen:
            for part_of, size in sizes[name].items():
                pieces[part_of] -= size
            pieces[Piece("feature", feature=name)] = whole_of[name]
        kept = sorted(pieces, key=lambda one: -abs(pieces[one]))[:told]
        chosen = [name for name in chosen if Piece("feature", feature=name) in kept]
    written = {name: _written(standing, name, features[name]) for name in chosen}
    shown = torch.stack([_stream(one, names, streams, written, chosen) for one in kept])
    own = streams.new_tensor([one.kind == "constant" for one in kept])
    if len(kept) < len(pieces):
        kept.append(Piece("rest"))
        shown = torch.cat([shown, (streams.sum(0) - shown.sum(0))[None]])
        own = torch.cat([own, 1 - own.sum(0, keepdim=True)])
    return _Told(tuple(kept), shown, own)


_Written = Mapping[Piece, Tensor]  # by the piece that it is a part of, (positions, d_model)


def _written(standing: Standing, name: FeatureName, found: LayerFeatures) -> _Written:
    """What a feature writes at each position, by the MLPs it belongs to."""
    parts: dict[Piece, Tensor] = {}
    for part_of, positions, vectors in _vectors(standing, name, found):
        shape = (standing.here.stop, vectors.shape[1])
        whole = vectors.new_zeros(shape).index_add_(0, positions, vectors)
        parts[part_of] = parts[part_of] + whole if part_of in parts else whole
    return parts


def _sizes(
    standing: Standing, name: FeatureName, found: LayerFeatures, gradient: Tensor
) -> dict[Piece, float]:
    """The same along a gradient, in all."""
    parts: dict[Piece, float] = {}
    for part_of, positions, vectors in _vectors(standing, name, found):
        size = float(torch.dot(vectors.flatten(), gradient[positions].flatten()))
        parts[part_of] = parts.get(part_of, 0.0) + size
    return parts


def _vectors(
    standing: Standing, name: FeatureName, found: LayerFeatures
) -> Iterator[tuple[Piece, Tensor, Tensor]]:
    here = (found.indices == name.index) & (found.positions < standing.here.stop)
    positions = found.positions[here]
    for above in range(min(found.decoders.shape[1], standing.layer - name.layer)):
        vectors = wide(found.activations[here, None] * found.decoders[here, above])
        yield standing.mlp_of(name.layer + above), positions, vectors


def _stream(
    one: Piece,
    names: Sequence[Piece],
    streams: Tensor,
    written: Mapping[FeatureName, _Written],
    chosen: Sequence[FeatureName],
) -> Tensor:
    """(positions, d_model): of one piece, where the chosen features stand by themselves."""
    if one.feature is not None:
        return torch.stack(list(written[one.feature].values())).sum(0)
    found = streams[names.index(one)]
    for name in chosen:
        if one in written[name]:
            found = found - written[name][one]
    return found


def _words(
    frozen: FrozenPass, looks: Sequence[LookedAt], words: Sequence[tuple[int, int]]
) -> list[list[int]]:
    """The tokens of those that the looks' own tokens look at most, below, each alone; all others
    together."""
    spans = [list(range(begin, end)) for begin, end in words]
    numbers = frozen.embeddings.numel() * BANDS
    most = max(2, min(WORDS_ALONE, MOST_NUMBERS // max(1, numbers)))
    if len(spans) <= most:
        return spans
    weight = torch.zeros(frozen.n_positions)
    for look in looks:
        for pattern in frozen.patterns[: look.layer]:
            weight += pattern[:, [look.query, look.key]].float().sum((0, 1)).cpu()
    strength = [float(weight[one].sum()) for one in spans]
    order = sorted(range(len(spans)), key=lambda at: -strength[at])
    alone = [spans[at] for at in sorted(order[: most - 1])]
    return [*alone, sorted(at for one in order[most - 1 :] for at in spans[one])]
