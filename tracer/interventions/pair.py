"""Two prompts of one length, and the lead of the first one's answer over the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from tracer.documents.prompts import Counterfactual
from tracer.errors import Place, TracerError
from tracer.interventions.counterfactual import Aligned, Where
from tracer.interventions.differences import Differing
from tracer.interventions.held import Held
from tracer.interventions.other_model import Other
from tracer.interventions.steered_pass import SteeredPrompt, Variant

LEAST = 0.1  # logits: shares of less are noise


@dataclass(frozen=True)
class Pair:
    """A prompt, its counterfactual, and their answers."""

    here: SteeredPrompt
    there: SteeredPrompt
    answer: int
    other: int

    @staticmethod
    def of(
        here: SteeredPrompt,
        meant: Counterfactual,
        *,
        target_id: int,
        where: Where = lambda _: None,
        held: Held | None = None,
        other: Other | None = None,
    ) -> Pair:
        """`held` is what the counterfactual's run keeps as it was when features are set in it;
        `other` another model's run of the same prompt, which then is the counterfactual.

        Raises TracerError where the counterfactual does not fit, or does not take the lead away.
        """
        model = here.model
        ids = here.token_ids
        aligned = Aligned.of(model.tokenizer, ids, meant, target_id=target_id, where=where)
        if other is not None:
            here, there = other.exchanged_with(here)
        else:
            there = SteeredPrompt(model, here.targets, aligned.token_ids, held)
        found = Pair(here, there, target_id, aligned.target_id)
        found.refuse_still(where(meant.key))
        return found

    @property
    def changed(self) -> tuple[int, ...]:
        """Positions whose token is another."""
        pairs = enumerate(zip(self.here.token_ids, self.there.token_ids, strict=True))
        return tuple(position for position, (here, there) in pairs if here != there)

    @property
    def direction(self) -> Tensor:
        """(d_model,): what the lead reads of the normalised final residual stream."""
        model = self.here.model
        return (model.unembedding[self.answer] - model.unembedding[self.other]) * model.logit_scale

    @property
    def lead_here(self) -> float:
        return self.leads(self.here.baseline.raw_logits)[0]

    @property
    def lead_there(self) -> float:
        return self.leads(self.there.baseline.raw_logits)[0]

    def refuse_still(self, place: Place | None) -> None:
        """Raises TracerError where there is no move to have a share of."""
        if self.lead_here - self.lead_there >= LEAST:
            return
        text = self.here.model.tokenizer.text
        raise TracerError(
            f"the counterfactual does not take the lead away: {text(self.answer)!r} is ahead of "
            f"{text(self.other)!r} by {self.lead_here:.2f} logits here, by {self.lead_there:.2f} "
            "there",
            hint="choose words that change the answer more",
            place=place,
        )

    def enough(self, features: Sequence[Differing]) -> list[float]:
        """The lead in the counterfactual's run, with each of these sets at its values here."""
        return self._run(self.there, [one.from_here() for one in features])

    def needed(self, features: Sequence[Differing]) -> list[float]:
        """The lead here, with each of these sets at its values there."""
        return self._run(self.here, [one.from_there() for one in features])

    def _run(self, prompt: SteeredPrompt, variants: Sequence[Variant]) -> list[float]:
        return [lead for run in prompt.runs(variants) for lead in self.leads(run.raw_logits)]

    def leads(self, logits: Tensor) -> list[float]:
        """Of each row of logits, (variants, vocabulary)."""
        found: list[float] = (logits[:, self.answer] - logits[:, self.other]).tolist()
        return found
