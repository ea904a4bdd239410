"""What a poke does: the answer before and after, as predicted, and how the model goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from torch import Tensor

from tracer.documents.graph import Graph
from tracer.documents.trace_info import Question
from tracer.errors import TracerError
from tracer.interventions.asked import Asked as Quantity
from tracer.interventions.controls import Controls, Member
from tracer.interventions.interventions import Ablate, Intervention, Scale, Set, settings_of
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steer import words_said
from tracer.interventions.steered_pass import Run, Setting, SteeredPrompt
from tracer.workbench.asked import Poke
from tracer.workbench.lane import Cancel
from tracer.workbench.predicted import change

SHOWN = 8
Tell = Callable[[str, str], None]  # `before` or `after`, and what was said so far


@dataclass
class Done:
    """Pokes as what they set and which looks they take away."""

    members: dict[tuple[int, int, int], Member] = field(default_factory=dict)
    looks: list[KnockOut] = field(default_factory=list)

    @property
    def settings(self) -> list[Setting]:
        return [one.setting for one in self.members.values()]

    def keys_of_looks(self) -> dict[tuple[int, int, int], list[int]]:
        """Layer, head, and the token that looks -> the tokens that it no longer looks at."""
        found: dict[tuple[int, int, int], list[int]] = {}
        for one in self.looks:
            keys = found.setdefault((one.layer, one.head, one.query), [])
            if one.key not in keys:
                keys.append(one.key)
        return found


class Poking:
    """One graph's prompt, poked. `there` is the counterfactual's run, where one is needed."""

    def __init__(self, prompt: SteeredPrompt, graph: Graph, there: SteeredPrompt | None) -> None:
        info = graph.metadata.tracer
        assert info is not None
        self.prompt, self.graph, self._there = prompt, graph, there
        self._question: Question = info.question
        self.asked = Quantity(prompt, info.question)
        self._said_before: dict[int, str] = {}

    def is_of(self, prompt: SteeredPrompt, graph: Graph, there: SteeredPrompt | None) -> bool:
        return self.prompt is prompt and self.graph is graph and self._there is there

    @cached_property
    def others(self) -> Controls:
        return Controls(self.prompt)

    def done(self, pokes: Sequence[Poke]) -> Done:
        """Of those that are on; of two that set one feature the later wins. Raises TracerError for
        what the model does not have."""
        found = Done()
        for poke in pokes:
            if not poke.on:
                continue
            if poke.kind == "head":
                found.looks += self._looks(poke)
            elif poke.kind == "exchange":
                self._exchange(poke, found)
            else:
                what, factor = _meant(poke)
                for setting in settings_of(self.prompt, [what]):
                    member = Member(setting, factor)
                    found.members[member.place] = member
        return found

    def result(self, done: Done) -> dict[str, Any]:
        """Bars of the likeliest words, and the question's value before, after and as predicted."""
        run = self.run(done)
        before, after = self.prompt.baseline.logits[0], run.logits[0]
        value = self.asked.values(run)[0]
        return {
            "bars": self._bars(before, after),
            "before": self.asked.before,
            "after": value,
            "change": value - self.asked.before,
            "predicted": self._predicted(done),
            "unit": "activation" if self._question.kind == "feature" else "logits",
            "set": len(done.members),
            "target": self._sides(before, after),
        }

    def said(self, done: Done, tokens: int, cancel: Cancel, tell: Tell) -> dict[str, str]:
        """How the model goes on, before and after; told word by word."""
        if tokens not in self._said_before:
            text = self._said(Done(), tokens, cancel, partial(tell, "before"))
            self._said_before[tokens] = text
        before = self._said_before[tokens]
        tell("before", before)
        return {"before": before, "after": self._said(done, tokens, cancel, partial(tell, "after"))}

    def _said(self, done: Done, tokens: int, cancel: Cancel, tell: Callable[[str], None]) -> str:
        """Word by word; others are let in between, and in the midst of one."""
        prompt = self.prompt.in_small_batches(cancel.check, 1, cancel.waits)
        words = words_said(prompt, done.settings, tokens, None, done.looks)
        said: list[int] = []
        text = ""
        while True:
            cancel.check()
            token = next(words, None)
            if token is None:
                return text
            said.append(token)
            text = self.prompt.model.tokenizer.joined(said)
            tell(text)

    def run(self, done: Done) -> Run:
        return self.prompt.run(done.settings, watch=self.asked.watch, looks=done.looks)

    def _looks(self, poke: Poke) -> list[KnockOut]:
        last = self.prompt.n_positions - 1
        sizes = {
            "layers": self.prompt.model.info.layers,
            "heads": self.prompt.model.config.num_attention_heads,
            "positions": self.prompt.n_positions,
        }
        found = []
        for one in poke.heads:
            query = last if one.query is None else one.query
            look = KnockOut(one.layer, one.head, query, one.key)
            look.check(**sizes)
            found.append(look)
        return found

    def _exchange(self, poke: Poke, found: Done) -> None:
        if self._there is None:
            raise TracerError("there is no counterfactual to take values from")
        for place in settings_of(self.prompt, [Ablate(list(poke.nodes))]):
            spot = (place.layer, place.index, place.position)
            found.members[spot] = Member(Setting(*spot, self._there.activation(*spot)))

    def _predicted(self, done: Done) -> float | None:
        """By the account; None without one, and where heads are taken away."""
        flows = self.graph.parts.flows
        if flows is None or done.looks:
            return None
        left, listed = {}, set(flows.features)
        for (layer, index, position), member in done.members.items():
            name = f"{layer}_{index}_{position}"
            now = self.prompt.activation(layer, index, position)
            if name in listed and now:
                left[name] = member.setting.value / now
        return change(flows, left)

    def _bars(self, before: Tensor, after: Tensor) -> list[dict[str, Any]]:
        sides = before.softmax(-1), after.softmax(-1)
        named = [self._question.target_id, *self._question.contrast_ids]
        ids = {one for one in named if one is not None}
        for side in sides:
            ids |= set(side.topk(SHOWN).indices.tolist())
        ranked = sorted(ids, key=lambda one: -max(float(side[one]) for side in sides))
        text = self.prompt.model.tokenizer.text
        return [
            {
                "id": one,
                "text": text(one),
                "before": float(sides[0][one]),
                "after": float(sides[1][one]),
            }
            for one in ranked
        ]

    def _sides(self, before: Tensor, after: Tensor) -> dict[str, Any] | None:
        if self._question.target_id is None:
            return None
        return {
            "text": self._question.target,
            "before": self.chance(before),
            "after": self.chance(after),
        }

    def chance(self, logits: Tensor) -> float:
        target = self._question.target_id
        return 0.0 if target is None else float(logits.softmax(-1)[target])


def _meant(poke: Poke) -> tuple[Intervention, float | None]:
    nodes = list(poke.nodes)
    if poke.kind == "ablate":
        return Ablate(nodes), 0.0
    if poke.kind == "scale":
        return Scale(nodes, poke.value), poke.value
    return Set(nodes, poke.value), None
