"""The same done to others: features that are as loud, or heads of the same layers that look as
much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor

from tracer.documents.prompt_words import spans
from tracer.errors import TracerError
from tracer.interventions.other_looks import Seen, controls_of, seen
from tracer.interventions.steered_pass import Run
from tracer.model.frozen_pass import freeze
from tracer.workbench.lane import Cancel
from tracer.workbench.poking import Done, Poking

AT_ONCE = 64  # tokens between two looks at whether controls are still wanted


class Controlled:
    """Controls of what is done on one prompt."""

    def __init__(self, pokes: Poking) -> None:
        self._pokes, self._asked = pokes, pokes.asked

    def drawn(
        self, done: Done, draws: int, cancel: Cancel, tell: Callable[[int, int], None]
    ) -> dict[str, Any]:
        """What `draws` of them did, or as many as there are. Raises TracerError where there is
        none, and for features and heads together."""
        sides = [self._pokes.prompt.baseline, self._pokes.run(done)]
        for run in self._runs(done, draws, cancel):
            sides.append(run)
            tell(sum(len(one.logits) for one in sides) - 2, draws)
        before, mine, *others = (value for one in sides for value in self._asked.values(one))
        change, changes = mine - before, [one - before for one in others]
        logits = [row for one in sides for row in one.logits]
        chances = [self._pokes.chance(row) for row in logits]
        return {
            "changes": changes,
            "chances": chances[2:],
            "change": change,
            "chance": chances[1],
            "chance_before": chances[0],
            "leads": self._leads(logits),
            "beaten": sum(abs(one) < abs(change) or one * change < 0 for one in changes),
        }

    def _runs(self, done: Done, draws: int, cancel: Cancel) -> Iterator[Run]:
        if bool(done.members) == bool(done.looks):
            what = "controls are drawn for features or for heads" if done.looks else _NOTHING
            raise TracerError(what, hint="switch on what they are to be drawn for, the rest off")
        prompt = self._pokes.prompt.in_small_batches(cancel.check, AT_ONCE, cancel.waits)
        if done.members:
            members = list(done.members.values())
            drawn = self._pokes.others.draw(members, seed=draws, draws=draws)
            return prompt.runs(drawn, watch=self._asked.watch)
        looks = [
            [cut for one in each for cut in one.knock_outs] for each in self._looks(done, draws)
        ]
        return prompt.runs_without(looks, watch=self._asked.watch)

    def _looks(self, done: Done, draws: int) -> list[list[Seen]]:
        prompt = self._pokes.prompt
        frozen = freeze(prompt.model, prompt.token_ids)
        own = [
            seen(frozen, layer, head, query, keys)
            for (layer, head, query), keys in done.keys_of_looks().items()
        ]
        tokens = [prompt.model.tokenizer.text(one) for one in prompt.token_ids]
        found = controls_of(frozen, own, spans(tokens), seed=draws, draws=draws)
        if not found:
            what = "no control can be drawn: no other head of this layer looks anywhere from there"
            raise TracerError(what, hint="knock out less")
        return found

    def _leads(self, logits: Sequence[Tensor]) -> list[float] | None:
        """Of the target over the first word it is asked against: before, after, each control."""
        question = self._asked.question
        target, others = question.target_id, question.contrast_ids
        if target is None or not others:
            return None
        return [float(row[target] - row[others[0]]) for row in logits]


_NOTHING = "nothing is poked"
