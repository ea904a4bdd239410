"""A language model behind an address is asked; the key goes there, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chat_server import chat_server
from tracer.documents.exchange import chat_endpoint
from tracer.documents.exchange.chat_endpoint import KEY, ChatEndpoint
from tracer.errors import TracerError

SECRET = "sk-not-to-be-read-anywhere"


def test_it_asks_as_openai_s_clients_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    with chat_server(lambda prompt: f"<{prompt}>") as server:
        assert ChatEndpoint.at(f"{server.address}/", "m").answer("why?", 7) == "<why?>"
    ((path, headers, body),) = server.seen
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert body == {
        "model": "m",
        "messages": [{"role": "user", "content": "why?"}],
        "temperature": 0,
        "max_tokens": 7,
    }


def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)  # is for another program
    with chat_server(str.upper) as server:
        assert ChatEndpoint.at(server.address, "m").answer("a", 1) == "A"
    assert "Authorization" not in server.seen[0][1]


def test_a_model_that_takes_no_settings_is_asked_without() -> None:
    refused = (400, '{"error": {"message": "no `max_tokens` here"}}')
    answers: Iterator[str | tuple[int, str]] = iter([refused, "yes"])
    with chat_server(lambda _: next(answers)) as server:
        assert ChatEndpoint.at(server.address, "m").answer("a", 1) == "yes"
    assert server.seen[1][2].keys() == {"model", "messages"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            (401, f'{{"error": {{"message": "no such key: {SECRET}"}}}}'),
            r"401 no such key: \[k",
        ),
        ((500, f"<h1>{SECRET}</h1>\nmore"), r"500 <h1>\[key\]</h1>"),
        ((200, "<!doctype html>"), "something else than a chat's answer"),
        ((200, '{"choices": []}'), "something else than a chat's answer"),
        ((200, '{"choices": [{"message": {"content": [1]}}]}'), "something else"),
        ((200, " " * (chat_endpoint.MAX_BYTES + 1)), "larger than the 1,000,000 bytes"),
        ((307, "http://127.0.0.1:1/v1/chat/completions"), "answers 307"),
    ],
)
def test_what_goes_wrong_is_one_line_without_the_key(
    said: tuple[int, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, SECRET)
    with chat_server(lambda _: said) as server, pytest.raises(TracerError, match=words) as caught:
        ChatEndpoint.at(server.address, "m").answer("a", 1)
    assert SECRET not in str(caught.value) and "\n" not in str(caught.value)


def test_a_key_that_a_model_repeats_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    with chat_server(lambda _: f"I was told {SECRET}") as server:
        assert ChatEndpoint.at(server.address, "m").answer("a", 1) == "I was told [key]"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://example.org/v1", "is not https, so the key"),
        ("ftp://example.org/v1", "it is not https"),
        (f"https://me:{SECRET}@example.org/v1", "give a key in the environment"),
        (f"https://example.org/v1?key={SECRET}", "give a key in the environment"),
        ("api.openai.com/v1", "names no host"),
    ],
)
def test_addresses_that_are_not_to_be_trusted_are_refused_unasked(
    address: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "k")
    with pytest.raises(TracerError, match=words) as caught:
        ChatEndpoint.at(address, "m")
    assert SECRET not in str(caught.value)


def test_nobody_there_is_one_clear_line() -> None:
    with pytest.raises(TracerError, match=r"cannot be asked: .*; check the address"):
        ChatEndpoint.at("http://127.0.0.1:1/v1", "m").answer("a", 1)
