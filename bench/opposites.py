"""One attention head that says the opposite of a word, and not the word itself.

    python bench/opposites.py

The look of head 25.7 from the last token at the word in quotation marks is taken away, and, as
controls, that of each other head of its layer: in one question for opposites, in other sentences
with the same words, and in Chinese. Writes bench/opposites.json, and the tables of
site_src/pages/opposites.md.

Three minutes of one core. Nothing is drawn at random.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import tracer
from tracer.documents.graph import significant
from tracer.interventions.knock_out import KnockOut, knocked_out
from tracer.model.load import Model
from tracer.site.wording.percent import percent

ROOT = Path(__file__).parents[1]
FILE, PAGE = ROOT / "bench" / "opposites.json", ROOT / "site_src" / "pages" / "opposites.md"
PERCENT = "\N{NO-BREAK SPACE}%"
DIGITS = 4  # of every number: other processors differ in later ones
LAYER, HEAD = 25, 7
# Chosen before the first run; ten had been tried by hand. Each word is one token.
WORDS = """
    small/large hot/cold up/down good/bad black/white young/old high/low rich/poor fast/slow
    north/south male/female east/west left/right open/closed first/last day/night true/false in/out
    on/off hard/soft long/short light/dark early/late full/empty strong/weak inside/outside
    top/bottom public/private positive/negative internal/external above/below before/after wet/dry
    thick/thin man/woman major/minor more/less many/few life/death war/peace push/pull buy/sell
"""
PAIRS = dict(pair.split("/") for pair in WORDS.split())
FRAMES = (
    'The opposite of "{}" is "',
    'He said "{}" and she said "',
    'A synonym of "{}" is "',
    'Another word for "{}" is "',
    'The word "{}" means "',
    'I like the word "{}" and the word "',
)
CHINESE = ("大小", "上下", "左右", "高低", "多少", "前后")


def main() -> None:
    model = tracer.load_model("smollm2-135m-instruct", device="cpu")
    found = {
        "frames": {one: [asked(model, one, *pair) for pair in PAIRS.items()] for one in FRAMES},
        "chinese": [chinese(model, *one) for one in CHINESE],
    }
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


def asked(model: Model, frame: str, word: str, opposite: str) -> dict[str, Any]:
    tokens = model.tokenizer.encode_prompt(frame.format(word))
    said = {name: model.tokenizer.single_token(name) for name in (opposite, word)}
    return {"word": word, "opposite": opposite, **looks(model, tokens, said[word], said)}


def chinese(model: Model, word: str, opposite: str) -> dict[str, Any]:
    """The opposite of the second word is asked for, behind that of the first; of either, its first
    token."""
    prompt = f'{word}的反义词是"{opposite}"，{opposite}的反义词是"'
    tokens = model.tokenizer.encode_prompt(prompt)
    said = {name: model.tokenizer.encode_text(name)[0] for name in (word, opposite)}
    return {"right": word, "repeated": opposite, **looks(model, tokens, said[word], said)}


def looks(model: Model, tokens: Sequence[int], at: int, said: dict[str, int]) -> dict[str, Any]:
    """Of the look from the last token at `at`, where it stands first: its weight, and what may be
    said, with nothing taken away, without it, and without that of each other head of the layer."""
    key, last = tokens.index(at), len(tokens) - 1
    heads = model.causal_lm.config.num_attention_heads
    order = [HEAD, *(one for one in range(heads) if one != HEAD)]
    variants = [[], *([KnockOut(LAYER, one, last, key)] for one in order)]
    with torch.no_grad(), knocked_out(model, variants):
        rows = torch.tensor([list(tokens)] * len(variants))
        out = model.causal_lm(rows, use_cache=False, output_attentions=True)
    odds = out.logits[:, -1].float().softmax(-1)  # (variant, word)
    weight = significant(float(out.attentions[LAYER][0, HEAD, last, key]), DIGITS)
    return {"weight": weight, "p": {name: sides(odds[:, token]) for name, token in said.items()}}


def sides(odds: Tensor) -> dict[str, Any]:
    before, after, *others = (significant(one, DIGITS) for one in odds.tolist())
    return {"before": before, "after": after, "others": [min(others), max(others)]}


def turns(row: dict[str, Any]) -> bool:
    """Whether the opposite loses and the word itself gains, each more than by any other head."""
    opposite, word = row["p"][row["opposite"]], row["p"][row["word"]]
    loses = opposite["after"] < min(opposite["before"], opposite["others"][0])
    return bool(loses and word["after"] > max(word["before"], word["others"][1]))


def mean(rows: list[dict[str, Any]], name: str, side: str) -> float:
    return float(sum(row["p"][row[name]][side] for row in rows) / len(rows))


def with_tables(page: str, found: dict[str, Any]) -> str:
    tables = iter((frames_table(found), words_table(found), chinese_table(found)))
    table = re.compile(r"^\|.*\n(?:\|.*\n)+", re.MULTILINE)
    return table.sub(lambda _: "\n".join(next(tables)) + "\n", page)


def frames_table(found: dict[str, Any]) -> list[str]:
    heads = ["sentence", "it looks there", "the opposite", "the word again", "both move"]
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- | --- |"]
    for frame, rows in found["frames"].items():
        cells = [
            moved({side: mean(rows, name, side) for side in ("before", "after")}, parted=True)
            for name in ("opposite", "word")
        ]
        count = f"{sum(map(turns, rows))} of {len(rows)}"
        weight = sum(row["weight"] for row in rows) / len(rows)
        sentence = frame.format("…").removesuffix(' "') + '\N{NO-BREAK SPACE}"'
        lines.append(f"| {sentence} | {shown(weight)} | {cells[0]} | {cells[1]} | {count} |")
    return lines


def words_table(found: dict[str, Any]) -> list[str]:
    lines = ["| word | its opposite | the word again | moves |", "| --- | --- | --- | --- |"]
    for row in found["frames"][FRAMES[0]]:
        opposite, word = (moved(row["p"][row[name]]) for name in ("opposite", "word"))
        both = "both" if turns(row) else ""
        lines.append(f"| {row['word']} | {row['opposite']} {opposite} | {word} | {both} |")
    return lines


def chinese_table(found: dict[str, Any]) -> list[str]:
    lines = ["| asked for | it looks there | right | again |", "| --- | --- | --- | --- |"]
    for row in found["chinese"]:
        right, again = (moved(row["p"][row[name]]) for name in ("right", "repeated"))
        pair, weight = f"{row['repeated']} → {row['right']}", shown(row["weight"])
        lines.append(f"| {pair} | {weight} | {right} | {again} |")
    return lines


def moved(one: dict[str, float], *, parted: bool = False) -> str:
    """In percent; a line may end in it where it may be `parted`."""
    before, after = (shown(one[side]) for side in ("before", "after"))
    space = " " if parted else "\N{NO-BREAK SPACE}"
    return f"{before.removesuffix(PERCENT)}\N{NO-BREAK SPACE}→{space}{after}"


def shown(share: float) -> str:
    """With tenths, where it is less than ten percent."""
    return percent(share, tenths=share < 0.0995)


if __name__ == "__main__":
    main()
