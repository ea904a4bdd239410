"""The account of a set, in words for a terminal and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tracer.documents.set_account import CORE, SOMETIMES, Mean, SetAccount
from tracer.documents.slots import shown_slot

Line = Sequence[str]


def say_all(found: Iterable[SetAccount]) -> str:
    """A line for each set."""
    lines = [("set", "rows", "count", "core", "prompt")]
    lines += [
        (
            one.slug,
            str(len(one.rows) + len(one.refused)),
            str(len(one.counted)),
            str(len(one.of_kind("core"))),
            one.template or one.title,
        )
        for one in found
    ]
    return _table(lines) if len(lines) > 1 else "there are no sets yet; see docs/sets.md"


def say_set(one: SetAccount, most: int) -> str:
    """What holds, what does not, and where the model is wrong."""
    core, sometimes = one.of_kind("core"), one.of_kind("sometimes")
    counted = len(one.counted)
    parts = [
        f"{one.slug}: {one.template or one.title}",
        f"{counted} of {len(one.rows)} rows count; each answer's lead, {_mean(one.quantity)} "
        "logits, is explained",
        f"{len(core)} neurons are core (listed in {CORE:.0%} of the rows or more), "
        f"{len(sometimes)} are there sometimes ({SOMETIMES:.0%} or more), "
        f"{len(one.of_kind('noise')) + one.left_out:,} are noise; core neurons hold "
        f"{core_share(one):.0%} of the strongest {len(one.neurons)}, by absolute value",
        _table([("neuron", "rows", "effect", "pushes"), *_neurons(one, most)]),
        _table([("from", "to", "flow"), *_flows(one, most)]),
    ]
    if odd := [row for row in one.counted if row.odd]:
        alone = [(row.key, row.answer.strip(), f"{row.likeness:.2f}") for row in odd[:most]]
        parts.append("rows that work otherwise\n" + _table([("row", "answer", "like"), *alone]))
    if one.apart:
        lines = [
            (
                row.key,
                row.answer.strip(),
                f"{row.probability:.2f}",
                row.said.strip(),
                f"{row.said_probability:.2f}",
            )
            for row in one.apart[:most]
        ]
        head = ("row", "expected", "p", "said", "p")
        parts.append(f"{len(one.apart)} rows set apart\n" + _table([head, *lines]))
    if one.refused:
        parts.append("\n".join(f"{row.key} cannot be asked: {row.error}" for row in one.refused))
    return "\n\n".join(parts)


def core_share(one: SetAccount) -> float:
    """Of the sum of |mean effect| of all neurons that two rows list, what the core's hold."""
    whole = sum(abs(each.effect.mean) for each in one.neurons)
    held = sum(abs(each.effect.mean) for each in one.of_kind("core"))
    return held / whole if whole else 0.0


def json_of_all(found: Iterable[SetAccount]) -> str:
    return _json([_head(one) for one in found])


def json_of(one: SetAccount) -> str:
    """Everything that `say_set` tells, whole: no number is rounded, no line left out."""
    told = {
        **_head(one),
        "core_share": core_share(one),
        "quantity": one.quantity.model_dump(),
        "neurons": [
            {
                "node": each.id,
                "layer": each.layer,
                "index": each.index,
                "slot": each.slot,
                "kind": one.kind_of(each),
                "listed": each.listed,
                "effect": each.effect.model_dump(),
                "pushes": list(each.pushes),
            }
            for each in one.neurons
        ],
        "boxes": [each.model_dump(mode="json") for each in one.boxes],
        "flows": [each.model_dump(exclude={"values"}) for each in one.flows],
        "row_list": [each.model_dump(mode="json") for each in one.rows],
        "refused": [each.model_dump() for each in one.refused],
        "fires": None if one.fires is None else [each.model_dump() for each in one.fires],
    }
    return _json(told)


def _head(one: SetAccount) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "title": one.title,
        "template": one.template,
        "model": one.model.name,
        "rows": len(one.rows),
        "counted": len(one.counted),
        "apart": len(one.apart),
        "core": len(one.of_kind("core")),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _neurons(one: SetAccount, most: int) -> Iterator[Line]:
    for each in one.neurons[:most]:
        yield (
            each.shown,
            f"{each.listed} of {len(one.counted)}",
            _mean(each.effect),
            _words(each.pushes),
        )


def _flows(one: SetAccount, most: int) -> Iterator[Line]:
    names = {
        box.id: f"{shown_slot(box.slot)}, layers {box.layers[0]}–{box.layers[1]}"
        for box in one.boxes
    }
    for each in one.flows[:most]:
        source, target = (names.get(end, shown_slot(end)) for end in (each.source, each.target))
        yield source, target, _mean(each.flow)


def _words(words: Sequence[str]) -> str:
    return ", ".join(word.strip() for word in words)


def _mean(value: Mean) -> str:
    return f"{value.mean:+.2f} [{value.low:+.2f}, {value.high:+.2f}]"


def _table(lines: Sequence[Line]) -> str:
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
