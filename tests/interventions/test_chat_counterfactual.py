"""A chat stands against a chat: both through the model's own template, on the same day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.tokenizers import make_tokenizer
from tracer.documents.prompts import ChatTurn, PromptEntry
from tracer.errors import Place, TracerError
from tracer.interventions.counterfactual import Aligned
from tracer.model.tokens import Tokenizer

# As Llama 3's: the day first, then turns, then the beginning of an answer.
TEMPLATE = (
    "<s>Today is {{ strftime_now('%d %B %Y') }}.\n"
    "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
HERE = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a red fox"}]


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    return make_tokenizer(tmp_path, "byte-level", chat_template=TEMPLATE)


def turns(*said: str) -> list[dict[str, str]]:
    roles = ("system", "user") if len(said) == 2 else ("user",)
    return [{"role": role, "content": one} for role, one in zip(roles, said, strict=True)]


def aligned(tokenizer: Tokenizer, meant: dict[str, Any], **entry: Any) -> Aligned:
    listed = PromptEntry.model_validate(
        {"slug": "a", "chat": HERE, "counterfactual": meant, **entry}
    )
    assert listed.chat is not None and listed.other_run is not None
    ids = tokenizer.encode_chat(listed.chat, listed.chat_date)
    return Aligned.of(tokenizer, ids, listed.other_run, where=lambda key: Place(Path(key)))


def test_its_turns_go_through_the_template_as_the_graphs_do(tokenizer: Tokenizer) -> None:
    found = aligned(tokenizer, {"chat": turns("Be brief.", "a rod fox"), "target": "b"})
    chat = [ChatTurn.model_validate(one) for one in turns("Be brief.", "a rod fox")]
    assert found.token_ids == tokenizer.encode_chat(chat)
    text = tokenizer.joined(found.token_ids)
    assert "Today is 26 July 2024." in text and text.endswith("a rod fox</s><s>assistant\n")
    changed = tokenizer.joined([found.token_ids[at] for at in found.changed])
    assert changed == "o"


def test_it_is_read_on_the_entrys_day(tokenizer: Tokenizer) -> None:
    other = {"chat": turns("Be brief.", "a rod fox"), "target": "b"}
    found = aligned(tokenizer, other, chat_date=date(2026, 1, 31))
    assert "Today is 31 January 2026." in tokenizer.joined(found.token_ids)
    undated = aligned(tokenizer, other)
    assert found.changed == tuple(
        at + len(found.token_ids) - len(undated.token_ids) for at in undated.changed
    )


def test_the_day_alone_may_be_another(tokenizer: Tokenizer) -> None:
    found = aligned(tokenizer, {"chat": HERE, "chat_date": date(2024, 7, 27), "target": "b"})
    assert "Today is 27 July 2024." in tokenizer.joined(found.token_ids)
    assert len(found.changed) == 1


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            turns("Be brief.", "a red fox indeed"),
            r"chat is \d+ tokens long, the graph's \d+; give one of the same length, word for "
            r"word: `tracer tokens --slug` shows the graph's, with `--counterfactual` this one",
        ),
        (turns("a red fox"), r"chat is \d+ tokens long, the graph's"),
    ],
)
def test_what_does_not_stand_beside_the_chat(
    tokenizer: Tokenizer, other: list[dict[str, str]], message: str
) -> None:
    with pytest.raises(TracerError, match=message) as caught:
        aligned(tokenizer, {"chat": other, "target": "b"})
    assert caught.value.place == Place(Path("chat"))


def test_turns_that_the_template_makes_the_same_are_no_counterfactual(tmp_path: Path) -> None:
    template = TEMPLATE.replace("m.content", "m.content | trim")
    trims = make_tokenizer(tmp_path, "byte-level", chat_template=template)
    with pytest.raises(TracerError, match="chat has the same tokens as the graph's"):
        aligned(trims, {"chat": turns("Be brief.", "a red fox "), "target": "b"})


def test_its_answer_is_another_than_the_graphs(tokenizer: Tokenizer) -> None:
    listed = PromptEntry.model_validate(
        {
            "slug": "a",
            "chat": HERE,
            "counterfactual": {"chat": turns("Be brief.", "a rod fox"), "target": "b"},
        }
    )
    assert listed.chat is not None and listed.other_run is not None
    ids = tokenizer.encode_chat(listed.chat)
    with pytest.raises(TracerError, match="name the token that answers its own chat"):
        Aligned.of(tokenizer, ids, listed.other_run, target_id=tokenizer.single_token("b"))
