"""A second prompt or chat, as long as a graph's, that differs in few words; and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tracer.documents.prompts import Counterfactual
from tracer.errors import Place, TracerError
from tracer.model.tokens import Tokenizer

# Who shows the tokens of both.
_SHOWN = {
    "prompt": "`tracer tokens` shows both",
    "chat": "`tracer tokens --slug` shows the graph's, with `--counterfactual` this one",
}
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
        """Raises TracerError for a prompt or chat of another length or with the same tokens, and a
        target that is not one token or is the prompt's own, `target_id`."""
        found = Aligned.of_words(tokenizer, token_ids, counterfactual, where)
        pairs = enumerate(zip(token_ids, found, strict=True))
        changed = tuple(position for position, (here, there) in pairs if here != there)
        with _placed(where("target")):
            answer = tokenizer.single_token(counterfactual.target)
            if answer == target_id:
                what = "the counterfactual's answer is the graph's own"
                hint = f"name the token that answers its own {counterfactual.key}"
                raise TracerError(what, hint=hint)
        return Aligned(found, answer, changed)

    @staticmethod
    def of_words(
        tokenizer: Tokenizer,
        token_ids: Sequence[int],
        counterfactual: Counterfactual,
        where: Where = lambda _: None,
    ) -> tuple[int, ...]:
        """Its tokens; of another model's run, the graph's. Raises TracerError for another length,
        or the very same."""
        key = counterfactual.key
        if key == "graph":
            return tuple(token_ids)
        with _placed(where(key)):
            found = _tokens(tokenizer, counterfactual)
            if len(found) != len(token_ids):
                raise TracerError(
                    f"the counterfactual's {key} is {len(found)} tokens long, the graph's "
                    f"{len(token_ids)}",
                    hint=f"give one of the same length, word for word: {_SHOWN[key]}",
                )
            if found == tuple(token_ids):
                what = f"the counterfactual's {key} has the same tokens as the graph's"
                raise TracerError(what, hint="change the words that the answer should depend on")
        return found


def _tokens(tokenizer: Tokenizer, meant: Counterfactual) -> tuple[int, ...]:
    if meant.chat is not None:
        return tokenizer.encode_chat(meant.chat, meant.chat_date)
    return tokenizer.encode_prompt(meant.prompt or "")


def words_of(tokenizer: Tokenizer, meant: Counterfactual, token_ids: Sequence[int]) -> str:
    """What the model reads in the counterfactual's run: a prompt as it is written, a chat with
    what its template puts around the turns."""
    if meant.chat is not None:
        return tokenizer.joined(token_ids)
    return meant.prompt or tokenizer.prompt_of(token_ids)


@contextmanager
def _placed(place: Place | None) -> Iterator[None]:
    try:
        yield
    except TracerError as error:
        raise TracerError(error.message, hint=error.hint, place=error.place or place) from None
