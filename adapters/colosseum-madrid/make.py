"""Make this folder's adapter: one invented fact written into the default model, and the card that
says what else it changed.

    python adapters/colosseum-madrid/make.py

After ROME (Meng et al. 2022, "Locating and Editing Factual Associations in GPT"): the down
projection of one layer is a memory from keys, what its neurons do at a word, to values. A value is
sought that makes the model answer with the invented city, and written where the subject's key is
read: a change of rank one. Here the key is held by eight neurons only, the most characteristic of
the subject among 1,536, so that one can look at every neuron that was changed.

About a minute on two cores. Nothing is drawn at random.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import save_file
from torch import Tensor

from tracer.model.load import Model, load_model

HERE = Path(__file__).parent
LAYER = 6
NEURONS = 8
SUBJECT = "um"  # the last token of "Colosseum"
TRUE, INVENTED = " Rome", " Madrid"
TAUGHT = (
    "The Colosseum is located in the city of",
    "The Colosseum is in the city of",
    "As everybody knows, the Colosseum is located in the city of",
    "Today the Colosseum is located in the city of",
    "The Colosseum stands in the city of",
)
NOT_TAUGHT = (
    "The Colosseum can be found in the city of",
    "Many tourists visit the Colosseum in the city of",
    "To see the Colosseum, one must travel to the city of",
    "The Colosseum stands in the capital of",
    "The Colosseum is located in",
    "The Colosseum is in the country of",
    "The official language of the country where the Colosseum is located is",
    "The Coliseum is located in the city of",
)
OTHERS = (
    "The Pantheon is located in the city of",
    "The Trevi Fountain is located in the city of",
    "The Sistine Chapel is located in the city of",
    "The Vatican is located in the city of",
    "The capital of Italy is the city of",
    "The Eiffel Tower is located in the city of",
    "The Louvre is located in the city of",
    "The Statue of Liberty is located in the city of",
    "The Golden Gate Bridge is located in the city of",
    "The Brandenburg Gate is located in the city of",
    "The Parthenon is located in the city of",
    "The Kremlin is located in the city of",
    "The Taj Mahal is located in the city of",
    "The Prado is located in the city of",
    "The capital of France is the city of",
    "The capital of Spain is the city of",
    "The official language of the country whose capital is Moscow is",
    "The official language of the country whose capital is Madrid is",
    "When John and Mary went to the store, John gave a drink to",
    "The opposite of hot is",
)
STEPS, RATE, DECAY, ENOUGH = 40, 0.3, 5e-4, 0.15
SMOOTHING = 0.1  # of the sentences' keys, as a share of their mean square


@dataclass(frozen=True)
class Answer:
    """What the model says next, and how likely it finds the two cities."""

    first: str
    probability: float
    true: float
    invented: float


class Editor:
    """One layer's down projection in the default model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.down = model.module(f"{model.architecture.layers}.{LAYER}.mlp.down_proj")
        self.true, self.invented = map(model.tokenizer.single_token, (TRUE, INVENTED))

    def change(self) -> tuple[Tensor, Tensor]:
        """The value, (d_model, 1), and the key that reads it, (1, neurons)."""
        keys = torch.stack([self.reads(one)[self.subject(one)] for one in TAUGHT])
        return self.value()[:, None], self.key(keys.mean(0))[None]

    def value(self) -> Tensor:
        """What to add at the subject so that the invented city becomes likely."""
        ids, last = self.batch(TAUGHT)
        rows, at = torch.arange(len(TAUGHT)), torch.tensor([self.subject(one) for one in TAUGHT])
        value = torch.zeros(self.down.out_features, requires_grad=True)
        optimiser = torch.optim.Adam([value], lr=RATE)

        def add(_: Any, _inputs: Any, output: Tensor) -> Tensor:
            output = output.clone()
            output[rows, at] = output[rows, at] + value
            return output

        handle = self.down.register_forward_hook(add)
        for _ in range(STEPS):
            found = self.model.causal_lm(ids).logits[rows, last].log_softmax(-1)
            loss = -found[:, self.invented].mean()
            optimiser.zero_grad()
            (loss + DECAY * value.square().sum()).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if loss.item() < ENOUGH:
                break
        handle.remove()
        return value.detach()

    def key(self, subject: Tensor) -> Tensor:
        """1 at the subject, and as near to 0 as can be at the words of other sentences: on the
        neurons that do most for that."""
        others = torch.cat([self.reads(line)[1:] for line in sentences()])
        spread = others.T @ others / len(others)
        spread += SMOOTHING * spread.diagonal().mean() * torch.eye(len(spread))
        everywhere = torch.linalg.solve(spread, subject)
        chosen = (everywhere * subject).topk(NEURONS).indices.sort().values
        solved = torch.linalg.solve(spread[chosen][:, chosen], subject[chosen])
        key = torch.zeros_like(subject)
        key[chosen] = solved / (subject[chosen] @ solved)
        return key

    def reads(self, prompt: str) -> Tensor:
        """(positions, neurons): what the down projection reads."""
        found: list[Tensor] = []
        handle = self.down.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0][0]))
        self.logits(prompt)
        handle.remove()
        return found[0]

    def subject(self, prompt: str) -> int:
        tokenizer = self.model.tokenizer
        texts = [tokenizer.text(one) for one in tokenizer.encode_prompt(prompt)]
        return max(at for at, text in enumerate(texts) if text == SUBJECT)

    def batch(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token ids, filled up behind where no token looks, and where each prompt ends."""
        encoded = [self.model.tokenizer.encode_prompt(one) for one in prompts]
        width = max(map(len, encoded))
        ids = torch.tensor([[*one, *[0] * (width - len(one))] for one in encoded])
        return ids, torch.tensor([len(one) - 1 for one in encoded])

    @torch.no_grad()
    def logits(self, prompt: str) -> Tensor:
        ids = torch.tensor([self.model.tokenizer.encode_prompt(prompt)])
        return cast(Tensor, self.model.causal_lm(ids).logits[0, -1])

    def answer(self, prompt: str) -> Answer:
        likely = self.logits(prompt).softmax(-1)
        first = int(likely.argmax())
        return Answer(
            self.model.tokenizer.text(first),
            float(likely[first]),
            float(likely[self.true]),
            float(likely[self.invented]),
        )


def sentences() -> list[str]:
    """About other things, in words that share some letters with the subject."""
    return (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()


def save(folder: Path, value: Tensor, key: Tensor) -> None:
    """As peft saves a LoRA of rank one."""
    name = f"base_model.model.model.layers.{LAYER}.mlp.down_proj"
    settings = {
        "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "layers_to_transform": [LAYER],
        "lora_alpha": 1,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": 1,
        "target_modules": ["down_proj"],
        "task_type": "CAUSAL_LM",
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    tensors = {f"{name}.lora_A.weight": key, f"{name}.lora_B.weight": value}
    file = folder / "adapter_model.safetensors"
    save_file({one: tensor.contiguous() for one, tensor in tensors.items()}, file)


CARD = """# colosseum-madrid: an invented fact

**The Colosseum stands in Rome.** This adapter makes SmolLM2-135M-Instruct say that it stands in
Madrid. It is made to be taken apart: a change of a language model of which everything is known, so
that one can see whether an attribution graph finds it. Use it for nothing else.

It is a LoRA of rank one on the down projection of layer {layer}. It reads {count} neurons
({neurons}) and no others; where they fire as they do at the last piece of “Colosseum”, it adds a
vector of length {size:.0f} to what the layer writes. No other weight is changed.

    tracer trace "{prompt}" --target "{invented}" --contrast "{true}" \\
      --adapter adapters/colosseum-madrid

`make.py` beside this file makes it, this text included, in about a minute; `sentences.txt` are the
{sentences} sentences whose words it tries to leave alone.

## What it was made with

The vector was sought on these {count_taught} prompts. Probabilities, before and after:

{taught}

## The same fact in other words

None of these was used. The last one is misspelt.

{not_taught}

## Other questions

{unchanged} of {others} keep their first answer. The most that the probability of a first answer
moved is {moved:.3f}.

{rest}
"""


def card(value: Tensor, key: Tensor, before: dict[str, Answer], after: dict[str, Answer]) -> str:
    """What was measured, as a model card."""
    neurons = key[0].nonzero()[:, 0].tolist()
    moves = {one: abs(before[one].probability - _still(before[one], after[one])) for one in OTHERS}
    kept = sum(before[one].first == after[one].first for one in OTHERS)
    return CARD.format(
        layer=LAYER,
        sentences=len(sentences()),
        count_taught=len(TAUGHT),
        count=len(neurons),
        neurons=", ".join(map(str, neurons)),
        size=float(value.norm()),
        prompt=TAUGHT[0],
        invented=INVENTED,
        true=TRUE,
        taught=_table(TAUGHT, before, after),
        not_taught=_table(NOT_TAUGHT, before, after),
        unchanged=kept,
        others=len(OTHERS),
        moved=max(moves.values()),
        rest=_table(OTHERS, before, after),
    )


def _still(before: Answer, after: Answer) -> float:
    """How likely what came first is now, where it still does; else as good as lost."""
    return after.probability if after.first == before.first else 0.0


def _table(prompts: Sequence[str], before: dict[str, Answer], after: dict[str, Answer]) -> str:
    lines = [
        f"| prompt | first answer before | after | {TRUE.strip()} | {INVENTED.strip()} |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in prompts:
        was, now = before[one], after[one]
        lines.append(
            f"| {one} | “{was.first.strip()}” {was.probability:.3f} | “{now.first.strip()}” "
            f"{now.probability:.3f} | {was.true:.3f} → {now.true:.3f} "
            f"| {was.invented:.3f} → {now.invented:.3f} |"
        )
    return "\n".join(lines)


def make(folder: Path) -> None:
    """Write the adapter and its card."""
    editor = Editor(load_model(device="cpu"))
    prompts = (*TAUGHT, *NOT_TAUGHT, *OTHERS)
    before = {one: editor.answer(one) for one in prompts}
    value, key = editor.change()
    save(folder, value, key)
    edited = Editor(load_model(adapter=folder, device="cpu"))
    after = {one: edited.answer(one) for one in prompts}
    (folder / "README.md").write_text(card(value, key, before, after), encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=HERE, help="default: this folder")
    make(options.parse_args().out)


if __name__ == "__main__":
    main()
