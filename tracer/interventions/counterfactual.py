"""A second prompt that differs from a graph's in few words and is as long, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tracer.documents.prompts import Counterfactual
from tracer.errors import Place, TracerError
from tracer.model.tokens import Tokenizer

Where = Callable[[str], Place | None]  # of one of the counterfactual's keys


@dataclass(frozen=True)
class Aligned:
    """The counterfactual in tokens, as many as the prompt has."""

    token_ids: tuple[int, ...]
    target_id: int
    changed: tuple[int, ...]  # positions whose token is another than the prompt's

    @staticmethod
    def of(
        tokenizer: Tokenizer,
        token_ids: Sequence[int],
        counterfactual: Counterfactual,
        *,
        target_id: int | None = None,
        where: Where = lambda _: None,
    ) -> Aligned:
        """Raises TracerError for a prompt of another length or with the same tokens, and a target
        that is not one token or is the prompt's own, `target_id`."""
        found = tuple(token_ids)  # of another model, the same
        if counterfactual.prompt is not None:
            found = Aligned.of_prompt(tokenizer, token_ids, counterfactual.prompt, where)
        pairs = enumerate(zip(token_ids, found, strict=True))
        changed = tuple(position for position, (here, there) in pairs if here != there)
        with _placed(where("target")):
            answer = tokenizer.single_token(counterfactual.target)
            if answer == target_id:
                what = "the counterfactual's answer is the graph's own"
                raise TracerError(what, hint="name the token that answers its own prompt")
        return Aligned(found, answer, changed)

    @staticmethod
    def of_prompt(
        tokenizer: Tokenizer,
        token_ids: Sequence[int],
        prompt: str,
        where: Where = lambda _: None,
    ) -> tuple[int, ...]:
        """Its tokens. Raises TracerError for another length, or the very same."""
        with _placed(where("prompt")):
            found = tokenizer.encode_prompt(prompt)
            if len(found) != len(token_ids):
                raise TracerError(
                    f"the counterfactual's prompt is {len(found)} tokens long, the graph's "
                    f"{len(token_ids)}",
                    hint="give one of the same length, word for word: `tracer tokens` shows both",
                )
            if found == tuple(token_ids):
                what = "the counterfactual's prompt has the same tokens as the graph's"
                raise TracerError(what, hint="change the words that the answer should depend on")
        return found


@contextmanager
def _placed(place: Place | None) -> Iterator[None]:
    try:
        yield
    except TracerError as error:
        raise TracerError(error.message, hint=error.hint, place=error.place or place) from None
