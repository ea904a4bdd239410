"""One mistake mended by an exchange of features, and what else that changes.

    python bench/mended.py

The model puts Louisville into Louisiana. The neurons at the last piece of the name whose values in
a sentence about Lexington would do most for Kentucky, to first order, get those values: the fewest,
in tens, that make it the answer. Then the same values are set at fifty other names, in as many
sentences. Writes bench/mended.json, and the table of site_src/pages/mended.md.

Half a minute on two cores. Nothing is drawn at random.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import tracer
from tracer.documents.graph import significant
from tracer.model.load import Model

ROOT = Path(__file__).parents[1]
FILE, PAGE = ROOT / "bench" / "mended.json", ROOT / "site_src" / "pages" / "mended.md"
DIGITS = 4  # of every number: other processors differ in later ones
STATE = "is a city in the U.S. state of"
WRONG, RIGHT = " Louisiana", " Kentucky"
MISTAKEN, KNOWN = f"{{Louisville}} {STATE}", f"{{Lexington}} {STATE}"
# The word in braces is where values are set: at its last piece.
OTHERS = {
    "{Louisville} is a city in the state of": " Kentucky",
    "The city of {Louisville} is in the state of": " Kentucky",
    "{Louisville} is the largest city in the state of": " Kentucky",
    "I live in {Louisville},": " Kentucky",
    "The Kentucky Derby is held in {Louisville},": " Kentucky",
    "{Paris} is the capital of": " France",
    "The {Eiffel Tower} is located in the city of": " Paris",
    "The official language of the country whose capital is {Moscow} is": " Russian",
    "When {John} and Mary went to the store, John gave a drink to": " Mary",
    'The opposite of "{small}" is "': "large",
}
CITIES = {
    " Kentucky": ("Lexington", "Frankfort"),
    " Tennessee": ("Nashville", "Knoxville", "Memphis"),
    " Florida": ("Jacksonville", "Miami", "Orlando"),
    " Alabama": ("Huntsville", "Montgomery"),
    " Indiana": ("Evansville", "Indianapolis"),
    " Ohio": ("Cincinnati", "Columbus", "Cleveland"),
    " Illinois": ("Chicago", "Springfield"),
    " Missouri": ("St. Louis", "Kansas City"),
    " Louisiana": ("New Orleans", "Baton Rouge", "Lafayette"),
    " Texas": ("Dallas", "Houston", "Austin"),
    " California": ("Oakland", "Sacramento"),
    " Colorado": ("Denver",),
    " Massachusetts": ("Boston",),
    " Georgia": ("Atlanta", "Savannah"),
    " Washington": ("Seattle",),
    " Oregon": ("Portland",),
    " Arizona": ("Phoenix",),
    " Michigan": ("Detroit",),
    " Minnesota": ("Minneapolis",),
    " Wisconsin": ("Milwaukee",),
    " Pennsylvania": ("Pittsburgh", "Philadelphia"),
    " Maryland": ("Baltimore",),
}
Key = tuple[int, int]  # layer, neuron


def main() -> None:
    model = tracer.load_model("smollm2-135m-instruct", device="cpu")
    chosen = strongest(model)
    mistaken = MISTAKEN.replace("{", "").replace("}", "")
    tried: dict[int, Any] = {}
    for many in range(10, len(chosen) + 1, 10):
        values = dict(list(chosen.items())[:many])
        tried[many] = said(model, MISTAKEN, RIGHT, values)
        if tried[many]["after"][0] == RIGHT:
            break
    else:
        raise SystemExit(f"{len(chosen)} neurons do not mend it")
    others = OTHERS | {
        f"{{{one}}} {STATE}": state for state, all_ in CITIES.items() for one in all_
    }
    found = {
        "prompt": mistaken,
        "neurons": {f"{layer}_{index}": value for (layer, index), value in values.items()},
        "tried": {many: one["after"] for many, one in tried.items()},
        "mended": tried[many],
        "others": [said(model, one, right, values) for one, right in others.items()],
    }
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


def strongest(model: Model, most: int = 100) -> dict[Key, float]:
    """Values at the known name's last piece, of what would then do most at the mistaken one's."""
    text, at = place(model, MISTAKEN)
    here, slopes = run(model, text, at, lead=True)
    text, there_at = place(model, KNOWN)
    there, _ = run(model, text, there_at)
    gains = ((there - here) * slopes).flatten()
    width = here.shape[1]
    keys = [divmod(one, width) for one in gains.topk(most).indices.tolist()]
    return {key: significant(float(there[key]), DIGITS) for key in keys}


def run(model: Model, text: str, at: int, lead: bool = False) -> tuple[Tensor, Tensor]:
    """Of each layer's neurons at one token, (layers, neurons): values, and what the lead of the
    right answer gains by one more of each."""
    written: dict[int, Tensor] = {}

    def keep(layer: int, values: tuple[Tensor]) -> None:
        written[layer] = values[0]
        values[0].retain_grad()

    layers = range(model.causal_lm.config.num_hidden_layers)
    handles = []
    for layer in layers:
        writes = model.module(f"{model.architecture.layers}.{layer}.mlp.down_proj")
        hook = lambda _, values, layer=layer: keep(layer, values)  # noqa: E731
        handles.append(writes.register_forward_pre_hook(hook))
    embed = model.causal_lm.get_input_embeddings()
    words = embed(torch.tensor([model.tokenizer.encode_prompt(text)])).detach().requires_grad_()
    logits = model.causal_lm(inputs_embeds=words).logits[0, -1]
    right, wrong = map(model.tokenizer.single_token, (RIGHT, WRONG))
    (logits[right] - logits[wrong]).backward()
    for handle in handles:
        handle.remove()
    values = torch.stack([written[one][0, at].detach() for one in layers])
    slopes = torch.stack([grad_of(written[one])[0, at] for one in layers]) if lead else values
    return values, slopes


def grad_of(written: Tensor) -> Tensor:
    assert written.grad is not None
    return written.grad


def place(model: Model, marked: str) -> tuple[str, int]:
    """The prompt without braces, and the token at which the word in them ends."""
    before, word, _ = re.split(r"[{}]", marked)
    ids = model.tokenizer.encode_prompt(before + word)
    return re.sub(r"[{}]", "", marked), len(ids) - 1


def said(model: Model, marked: str, right: str, values: dict[Key, float]) -> dict[str, Any]:
    """What the model says to one prompt, with nothing set and with these neurons set."""
    text, at = place(model, marked)
    settings = [tracer.Set((layer, index, at), value) for (layer, index), value in values.items()]
    then = tracer.steer(model, "neurons", text, settings)
    sides = [first(model, one) for one in then.probabilities]
    before, after = (significant(one, DIGITS) for one in then.probability(right))
    share = {"right_before": before, "right_after": after}
    return {"prompt": marked, "right": right, "before": sides[0], "after": sides[1], **share}


def first(model: Model, probabilities: Tensor) -> tuple[str, float]:
    best = int(probabilities.argmax())
    return model.tokenizer.text(best), significant(float(probabilities[best]), DIGITS)


def with_table(page: str, found: dict[str, Any]) -> str:
    head = ["| where | right | it says | with the neurons set |", "| --- | --- | --- | --- |"]
    return re.sub(
        r"^\|.*\n(?:\|.*\n)+",
        lambda _: "\n".join(head + [row(one) for one in found["others"]]) + "\n",
        page,
        flags=re.MULTILINE,
    )


def row(one: dict[str, Any]) -> str:
    name = re.sub(r"\{(.*?)\}", r"**\1**", one["prompt"]).replace(f" {STATE}", " …")
    cells = [f"{side[0].strip()} {side[1]:.2f}" for side in (one["before"], one["after"])]
    return f"| {name} | {one['right'].strip()} | {cells[0]} | {cells[1]} |"


if __name__ == "__main__":
    main()
