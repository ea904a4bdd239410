"""Chat templates: the date is fixed, and what they change is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.tokenizers import make_tokenizer
from tracer.documents.prompts import ChatTurn
from tracer.errors import TracerError
from tracer.model.tokens import Tokenizer

TURNS = "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>{% endfor %}"
GO_ON = "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
DATED = "<s>Today is {{ strftime_now('%d %B %Y') }}.\n" + TURNS + GO_ON
LLAMA = (
    "{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}"
    "<s>{{ date_string }}" + TURNS + GO_ON
)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    def make(template: str, **options: Any) -> Tokenizer:
        return make_tokenizer(tmp_path, "byte-level", chat_template=template, **options)

    return make


def user(content: str = "The capital of France?") -> list[ChatTurn]:
    return [ChatTurn(role="user", content=content)]


def test_a_template_that_only_marks_turns_changes_nothing(make: Any) -> None:
    found = make(TURNS + GO_ON, frame=None).read_chat(user())
    assert found.notices == ()


def test_a_template_that_reads_the_clock_reads_the_same_day_always(make: Any) -> None:
    tokenizer = make(DATED)
    found = tokenizer.read_chat(user())
    assert "Today is 26 July 2024." in tokenizer.joined(found.ids)
    assert (
        "writes the date: 2024-07-26 is taken, on whatever day; `chat_date` sets another"
        in (found.notices[0])
    )
    dated = tokenizer.read_chat(user(), date(2026, 1, 31))
    assert "Today is 31 January 2026." in tokenizer.joined(dated.ids)
    assert not any("clock" in one or "chat_date" in one for one in dated.notices)


def test_the_clock_of_everything_else_goes_on(make: Any) -> None:
    from transformers.utils import chat_template_utils

    before = chat_template_utils.datetime
    make(DATED).read_chat(user())
    assert chat_template_utils.datetime is before


def test_a_template_that_takes_a_date_is_given_it(make: Any) -> None:
    tokenizer = make(LLAMA)
    assert "26 Jul 2024" in tokenizer.joined(tokenizer.encode_chat(user()))
    dated = tokenizer.encode_chat(user(), date(2026, 1, 31))
    assert "31 Jan 2026" in tokenizer.joined(dated)


@pytest.mark.parametrize(
    ("template", "content", "notices"),
    [
        (
            TURNS.replace("m.content", "m.content | trim"),
            " The capital ",
            ["the chat template trims the space around turn 1 (user)"],
        ),
        (
            TURNS.replace("m.content", "m.content | upper"),
            "Paris",
            ["the chat template rewrites turn 1 (user): the model reads 'PARIS'"],
        ),
        (
            "<s>system\nYou are Tiny, made in a test.</s>" + TURNS,
            "Paris",
            ["the chat template adds 'You are Tiny, made in a test.'"],
        ),
        (
            "{% if messages[0].content == 'Paris' %}odd{% endif %}" + TURNS,
            "Paris",
            ["the chat template rewrites the turns; `tracer tokens` shows what the model reads"],
        ),
        (TURNS.replace("<s>{{ m.role }}", "<s>[INST]"), "Paris", []),
    ],
)
def test_what_a_template_changes_is_told(
    make: Any, template: str, content: str, notices: list[str]
) -> None:
    assert list(make(template).read_chat(user(content)).notices) == notices


def test_an_inserted_think_block_is_told(make: Any) -> None:
    template = TURNS.replace(
        "{{ m.content }}",
        "{% if m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}",
    )
    turns = [*user(), ChatTurn(role="assistant", content="It is")]
    tokenizer = make(template)
    found = tokenizer.read_chat(turns)
    assert tokenizer.joined(found.ids).endswith("</think>\n\nIt is")
    assert found.notices == ("the chat template adds '<think>\\n</think>'",)


def test_a_template_that_writes_the_start_token_gets_no_second_one(make: Any) -> None:
    found = make("{{ bos_token }}<s>" + TURNS).read_chat(user())
    assert found.ids[:2].count(1) == 1
    assert "of two start tokens '<s>' one was left out" in found.notices


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{{ messages[7].content.nothing }}", "refuses these turns"),
        ("{% for %}", "refuses these turns"),
        ("{{ messages | nothing }}", "No filter named 'nothing'"),
    ],
)
def test_what_a_template_raises_is_one_error(make: Any, template: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        make(template).read_chat(user())
