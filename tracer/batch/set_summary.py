"""From the accounts of rows to the account of their set: frequencies, means, intervals, flows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.batch.set_likeness import Likeness, likeness_of
from tracer.batch.set_plan import AskedRow, SetJob
from tracer.batch.set_rows import PARTS, Said
from tracer.documents.set_account import (
    ANSWER,
    Mean,
    Row,
    RowAccount,
    SetAccount,
    SetBox,
    SetFlow,
    SetModel,
    SetNeuron,
)

RESAMPLES, SEED = 1_000, 18
MOST = 300  # neurons that a set lists, however many its rows do
LEAST_THROUGH = 0.02  # of the mean quantity: boxes of less are told together
LEAST_FLOW = 0.005  # of all flows, by absolute value: lines of less are left out of the file
REST = "elsewhere"
Key = tuple[int, str, int]  # layer, slot, index


@dataclass(frozen=True)
class TracedRow:
    """A row, what the model said, and its account where it counts."""

    asked: AskedRow
    said: Said
    account: RowAccount | None


def account_of_set(job: SetJob, rows: Sequence[TracedRow], *, layers: int) -> SetAccount:
    """`rows` in the set's order; those without an account are set apart."""
    counted = [one.account for one in rows if one.account is not None]
    resampled = _Resampled.of(len(counted))
    neurons, left_out = _neurons(counted, resampled)
    boxes, flows, inputs = _flows(counted, resampled, layers)
    slots = tuple(dict.fromkeys(slot for one in rows for slot in one.asked.slots))
    found = likeness_of(torch.tensor([one.effects for one in neurons], dtype=torch.float64))
    return SetAccount(
        id=job.id,
        slug=job.slug,
        title=job.meant.title or job.meant.template or job.slug,
        summary=job.meant.summary,
        template=job.meant.template,
        tags=job.meant.tags,
        counts=job.meant.counts,
        model=SetModel(
            name=job.files.name,
            identity=job.files.identity,
            features=job.features.info.kind,
            features_identity=job.features.info.identity,
            layers=layers,
        ),
        slots=slots,
        rows=tuple(_rows(rows, slots, found)),
        refused=job.refused,
        neurons=tuple(neurons),
        left_out=left_out,
        boxes=tuple(boxes),
        inputs=tuple(inputs),
        flows=tuple(flows),
        quantity=resampled.mean([one.quantity for one in counted]),
        resamples=RESAMPLES,
    )


def _rows(rows: Sequence[TracedRow], slots: Sequence[str], found: Sequence[Likeness]) -> list[Row]:
    told, at = [], 0
    for one in rows:
        asked, said, account = one.asked, one.said, one.account
        like = found[at] if account is not None and found else None
        at += account is not None
        told.append(
            Row(
                key=asked.row.key,
                words=asked.row.words,
                prompt=asked.row.prompt,
                tokens=len(asked.ask.token_ids),
                places=tuple(map(slots.index, asked.slots)),
                answer=asked.row.answer,
                answer_id=asked.ask.target or 0,
                contrast_ids=asked.ask.contrast,
                probability=said.probability,
                said=said.said,
                said_probability=said.said_probability,
                lead=said.lead,
                counts=account is not None,
                kin=asked.row.kin,
                graph_id=asked.graph_id,
                listed=0 if account is None else len(account.listed),
                cluster=None if like is None else like.cluster,
                likeness=None if like is None else like.cosine,
                odd=like is not None and like.odd,
            )
        )
    return told


@dataclass(frozen=True)
class _Resampled:
    """Which rows each resample holds, and how often, as weights (resamples, rows)."""

    weights: Tensor

    @staticmethod
    def of(rows: int) -> _Resampled:
        chance = torch.Generator().manual_seed(SEED)
        drawn = torch.randint(rows, (RESAMPLES, rows), generator=chance)
        weights = torch.zeros(RESAMPLES, rows, dtype=torch.float64)
        weights.scatter_add_(1, drawn, torch.full(drawn.shape, 1 / rows, dtype=torch.float64))
        return _Resampled(weights)

    def mean(self, values: Sequence[float]) -> Mean:
        return self.means(torch.tensor([values], dtype=torch.float64))[0]

    def means(self, values: Tensor) -> list[Mean]:
        """Of each line of values, (m, rows)."""
        if not len(values):
            return []
        drawn = values @ self.weights.T  # (m, resamples)
        ends = torch.quantile(drawn, torch.tensor([0.025, 0.975], dtype=torch.float64), dim=1)
        columns = (values.mean(1).tolist(), ends[0].tolist(), ends[1].tolist())
        return [Mean(mean=m, low=a, high=b) for m, a, b in zip(*columns, strict=True)]


def _neurons(rows: Sequence[RowAccount], resampled: _Resampled) -> tuple[list[SetNeuron], int]:
    """Features that two rows list or more, the largest mean |effect| first; and how many are left
    out. A feature at two positions of one slot is told as one."""
    listed, pushes = Counter[Key](), defaultdict[Key, Counter[str]](Counter)
    effects: list[dict[Key, float]] = []
    for row in rows:
        mine = {(layer, row.slots[at], index): words for (layer, at, index), words in _said(row)}
        listed.update(mine.keys())
        for key, words in mine.items():
            pushes[key].update(words)
        here: dict[Key, float] = defaultdict(float)
        for layer, at, index, effect in row.strong:
            here[layer, row.slots[at], index] += effect
        effects.append(here)
    fewest = min(2, len(rows))
    kept = [key for key, times in listed.items() if times >= fewest]
    values = torch.tensor(
        [[row.get(key, 0.0) for row in effects] for key in kept], dtype=torch.float64
    ).view(len(kept), len(rows))
    means = resampled.means(values)
    order = torch.sort(values.abs().mean(1), descending=True, stable=True).indices[:MOST].tolist()
    found = [
        SetNeuron(
            layer=kept[at][0],
            index=kept[at][2],
            slot=kept[at][1],
            listed=listed[kept[at]],
            effect=means[at],
            effects=tuple(values[at].tolist()),
            pushes=tuple(word for word, _ in pushes[kept[at]].most_common(4)),
        )
        for at in order
    ]
    return found, len(listed) - len(found)


def _said(row: RowAccount) -> list[tuple[tuple[int, int, int], tuple[str, ...]]]:
    return list(zip(row.listed, row.pushes, strict=True))


def _flows(
    rows: Sequence[RowAccount], resampled: _Resampled, layers: int
) -> tuple[list[SetBox], list[SetFlow], list[str]]:
    """The boxes that matter, what flows between them, and the inputs. Sums of flows are exact
    whatever boxes they run between, so small boxes are joined."""
    named = _boxes(rows)
    tables = [_joined(row, named) for row in rows]
    pairs = list(dict.fromkeys(pair for table in tables for pair in table))
    values = torch.tensor(
        [[table.get(pair, 0.0) for table in tables] for pair in pairs], dtype=torch.float64
    ).view(len(pairs), len(rows))
    means = resampled.means(values)
    strength = values.abs().mean(1)
    between = torch.tensor([source != target for source, target in pairs], dtype=torch.bool)
    total = float(strength[between].sum()) if len(pairs) else 0.0
    order = torch.sort(strength, descending=True, stable=True).indices.tolist()
    flows = [
        SetFlow(
            source=pairs[at][0],
            target=pairs[at][1],
            flow=means[at],
            values=tuple(values[at].tolist()),
        )
        for at in order
        if between[at] and float(strength[at]) >= LEAST_FLOW * total
    ]
    ids = [one for one in dict.fromkeys(named.values()) if one in {t for _, t in pairs}]
    through = resampled.means(
        torch.tensor([[_into(t, one) for t in tables] for one in ids], dtype=torch.float64)
    )
    boxes = [
        SetBox(id=one, slot=one.rpartition("/")[0] or REST, layers=_span(one, layers), through=mean)
        for one, mean in zip(ids, through, strict=True)
    ]
    boxes.sort(key=lambda one: -abs(one.through.mean))
    inputs = dict.fromkeys(source for source, _ in pairs if source not in ids)
    return boxes, flows, list(inputs)


def _boxes(rows: Sequence[RowAccount]) -> Mapping[str, str]:
    """What each box of the rows is called in the set: itself, or `elsewhere`."""
    through: dict[str, float] = defaultdict(float)
    for row in rows:
        for source, target, value in row.flows:
            if target != ANSWER and source != target:
                through[target] += value / len(rows)
    quantity = sum(abs(row.quantity) for row in rows) / max(1, len(rows))
    return {
        one: one if abs(value) >= LEAST_THROUGH * quantity else REST
        for one, value in through.items()
    }


def _joined(row: RowAccount, named: Mapping[str, str]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = defaultdict(float)
    for source, target, value in row.flows:
        found[named.get(source, source), named.get(target, target)] += value
    return found


def _into(table: Mapping[tuple[str, str], float], box: str) -> float:
    return sum(value for (source, target), value in table.items() if target == box != source)


def _span(box: str, layers: int) -> tuple[int, int]:
    """The layers of a box, both ends included."""
    _, _, part = box.rpartition("/")
    if box == REST:
        return 0, layers - 1
    inside = [one for one in range(layers) if min(PARTS - 1, one * PARTS // layers) == int(part)]
    return inside[0], inside[-1]
