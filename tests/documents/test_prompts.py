"""Prompt lists: defaults, and every mistake with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tracer.documents.prompts import PromptList, load_prompts
from tracer.errors import Problems, TracerError


def read(tmp_path: Path, text: str) -> PromptList:
    file = tmp_path / "prompts.yaml"
    file.write_text(text)
    return load_prompts(file)


def test_defaults_apply_and_an_entry_wins(tmp_path: Path) -> None:
    prompts = read(
        tmp_path,
        """
defaults: {candidates: 50, tags: [all], coverage: 0.5}
graphs:
  - {slug: one, prompt: a}
  - {slug: two, prompt: b, candidates: 70, tags: []}
""",
    )
    one, two = prompts.graphs
    assert (one.candidates, one.tags, one.coverage) == (50, ("all",), 0.5)
    assert (two.candidates, two.tags, two.coverage) == (70, (), 0.5)
    assert one.settings.candidates == 50
    assert one.settings.node_threshold == 0.8


def test_a_day_for_chats_is_none_of_prompts(tmp_path: Path) -> None:
    text = """
defaults: {chat_date: 2026-01-31}
graphs:
  - {slug: one, chat: [{role: user, content: Hello}]}
  - {slug: two, prompt: b}
"""
    one, two = read(tmp_path, text).graphs
    assert (one.chat_date, two.chat_date) == (date(2026, 1, 31), None)


def test_chat_in_place_of_a_prompt(tmp_path: Path) -> None:
    prompts = read(tmp_path, "graphs: [{slug: a, chat: [{role: user, content: Hello}]}]")
    assert prompts.graphs[0].chat is not None
    assert prompts.graphs[0].chat[0].content == "Hello"


def test_a_chat_stands_against_a_chat_or_its_own_in_another_model(tmp_path: Path) -> None:
    prompts = read(
        tmp_path,
        """
defaults: {chat_date: 2026-01-31}
graphs:
  - slug: one
    chat: [{role: user, content: Hello}]
    counterfactual: {chat: [{role: user, content: Goodbye}], target: b}
  - slug: two
    chat: [{role: user, content: Hello}]
    counterfactual: {chat: [{role: user, content: Hello}], chat_date: 2026-02-01, target: b}
  - slug: three
    chat: [{role: user, content: Hello}]
    counterfactual: {graph: one, target: b}
  - {slug: four, prompt: x, counterfactual: {prompt: y, target: b}}
""",
    )
    one, two, three, four = (entry.other_run for entry in prompts.graphs)
    assert one and one.chat and one.key == "chat" and one.chat[0].content == "Goodbye"
    assert one.chat_date == date(2026, 1, 31)  # the entry's
    assert two and two.chat_date == date(2026, 2, 1)
    assert three and three.key == "graph" and four and four.key == "prompt"
    assert three.chat_date is None and four.chat_date is None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{slug: a, promt: x}", "2:15: unknown key `promt`; did you mean `prompt`?"),
        ("{slug: a, prompt: ''}", "the prompt is empty"),
        ("{slug: a, prompt: '  '}", "the prompt is empty"),
        ("{slug: a}", "give either `prompt` or `chat`"),
        ("{slug: a, prompt: x, chat: [{role: user, content: x}]}", "either `prompt` or `chat`"),
        ("{slug: ../../etc/passwd, prompt: x}", "2:12: `graphs[0].slug`: a slug is lower-case"),
        ("{slug: Colosseum, prompt: x}", "a slug is lower-case"),
        ("{slug: con, prompt: x}", "a slug is lower-case"),
        ("{slug: 'a/b', prompt: x}", "a slug is lower-case"),
        ("{slug: a, prompt: x, contrast: [b]}", "`contrast` needs a `target`"),
        ("{slug: a, prompt: x, target: b, contrast: [b]}", "`contrast` names the target itself"),
        ("{slug: a, prompt: x, target: {id: 3}, contrast: [{id: 3}]}", "names the target itself"),
        ("{slug: a, prompt: x, target: {ids: 3}}", "2:35: unknown key `ids`; did you mean `id`"),
        ("{slug: a, prompt: x, target: {id: -3}}", "greater than or equal to 0"),
        ("{slug: a, prompt: x, target: {id: '3'}}", "valid integer"),
        (
            "{slug: a, chat: [{role: user, content: x}], counterfactual: {prompt: y, target: b}}",
            "2:65: `graphs[0].counterfactual`: it has a `prompt`, and this entry a `chat`: give a "
            "`chat` of the same length",
        ),
        (
            "{slug: a, prompt: x, counterfactual: {chat: [{role: user, content: y}], target: b}}",
            "2:42: `graphs[0].counterfactual`: it has a `chat`, and this entry a `prompt`: give a "
            "`prompt` of the same length",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {chat: [{role: user, content: x}], target: b}}",
            "its chat is the entry's own; change some words",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], chat_date: 2026-01-31, counterfactual: "
            "{chat: [{role: user, content: x}], chat_date: 2026-01-31, target: b}}",
            "its chat is the entry's own; change some words",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], target: b, "
            "counterfactual: {chat: [{role: user, content: y}], target: b}}",
            "answer is the entry's own `target`",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], counterfactual: {chat: [], target: b}}",
            "`chat` needs a user or assistant turn at its end",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {chat: [{role: system, content: y}], target: b}}",
            "`chat` needs a user or assistant turn at its end",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {chat: [{role: me, content: y}], target: b}}",
            "2:80: `graphs[0].counterfactual.chat[0].role`",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {chat: [{role: user, content: y}]}}",
            "`target` is missing",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {chat: [{role: user, content: y}], prompt: y, target: b}}",
            "give one of `prompt`, `chat` and `graph`",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {chat: [{role: user, content: y}], graph: b, target: b}}",
            "give one of `prompt`, `chat` and `graph`",
        ),
        (
            "{slug: a, chat: [{role: user, content: x}], "
            "counterfactual: {graph: b, chat_date: 2026-01-31, target: b}}",
            "`chat_date` belongs to a `chat`",
        ),
        ("{slug: a, prompt: x, counterfactual: {prompt: x, target: b}}", "is the entry's own"),
        (
            "{slug: a, prompt: x, target: b, counterfactual: {prompt: y, target: b}}",
            "answer is the entry's own `target`",
        ),
        (
            "{slug: a, prompt: x, position: 2, counterfactual: {prompt: y, target: b}}",
            "leave `position` out",
        ),
        ("{slug: a, prompt: x, counterfactual: {prompt: y}}", "`target` is missing"),
        (
            "{slug: a, prompt: x, counterfactual: {target: b}}",
            "one of `prompt`, `chat` and `graph`",
        ),
        (
            "{slug: a, prompt: x, counterfactual: {graph: a, target: b}}",
            "`graph` names the entry itself",
        ),
        ("{slug: a, prompt: x, adapter: [b, b]}", "an adapter is named twice"),
        ("{slug: a, prompt: x, adapter: ['']}", "adapter"),
        ("{slug: a, prompt: x, counterfactual: {prompt: ' ', target: b}}", "the prompt is empty"),
        ("{slug: a, prompt: x, chat_date: 2026-01-31}", "`chat_date` belongs to a `chat`"),
        ("{slug: a, chat: [{role: user, content: x}], chat_date: soon}", "valid date"),
        (
            "{slug: a, prompt: x, target: b, target_feature: 1_2_3}",
            "either `target` or",
        ),
        ("{slug: a, prompt: x, target_feature: 1_2_3, position: 2}", "leave `position` out"),
        ("{slug: a, prompt: x, position: 0}", "`graphs[0].position`"),
        ("{slug: a, prompt: x, candidates: 0}", "`graphs[0].candidates`: input should be"),
        ("{slug: a, prompt: x, coverage: 1.5}", "(found 1.5)"),
        ("{slug: a, prompt: x, precision: flaot32}", "did you mean `float32`?"),
        ("{slug: a, prompt: 5}", "should be text, in quotes if need be (found 5)"),
    ],
)
def test_a_mistake_in_an_entry(tmp_path: Path, entry: str, message: str) -> None:
    with pytest.raises(TracerError) as caught:
        read(tmp_path, f"graphs:\n  - {entry}\n")
    assert message in str(caught.value)
    assert "prompts.yaml:2:" in str(caught.value)


def test_duplicate_slugs_name_both_lines(tmp_path: Path) -> None:
    text = "graphs:\n  - {slug: a, prompt: x}\n  - {slug: b, prompt: x}\n  - {slug: a, prompt: y}\n"
    with pytest.raises(Problems, match=r"prompts.yaml:4:12: .*used twice, first on line 2"):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["", "graphs: []", "- a", "just words"])
def test_a_list_without_prompts_says_how_to_write_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(TracerError, match="list them under `graphs:`"):
        read(tmp_path, text)


def test_adapters_are_found_beside_the_list(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "defaults: {adapter: ../edits/one}",
            "graphs:",
            "  - {slug: a, prompt: x}",
            "  - {slug: b, prompt: x, adapter: [two, /three, ~nobody-at-all/four]}",
            "  - {slug: c, prompt: x, adapter: []}",
        ]
    )
    file = tmp_path / "site_src" / "prompts.yaml"
    file.parent.mkdir()
    file.write_text(text)
    found = load_prompts(file)
    beside = file.parent
    assert [found.adapters(one) for one in found.graphs] == [
        (beside / "../edits/one",),
        (beside / "two", Path("/three"), beside / "~nobody-at-all/four"),
        (),
    ]
