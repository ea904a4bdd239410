"""What ever made a reader fail is read again; a few more hostile documents each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.fuzz import kept_cases
from tests.hostile import HOSTILE, mutated, outcome
from tests.readers import BY_NAME, READERS, Reader

WORDS: dict[str, str | None] = json.loads((HOSTILE / "words.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(WORDS))
def test_what_once_made_a_reader_fail_is_answered(name: str) -> None:
    found = outcome(BY_NAME[Path(name).parent.name], (HOSTILE / name).read_bytes())
    assert found.fault is None
    words = WORDS[name]
    assert found.said is None if words is None else words in (found.said or "")


def test_of_every_kept_document_the_answer_is_written_down() -> None:
    assert {file.relative_to(HOSTILE).as_posix() for file in kept_cases()} == WORDS.keys()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_reader_takes_what_it_should(reader: Reader) -> None:
    for seed in reader.seeds:
        found = outcome(reader, seed)
        assert (found.fault, found.said) == (None, None)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_sample_of_the_fuzzing(reader: Reader) -> None:
    """`make fuzz` takes ten minutes for this."""

    @settings(
        max_examples=40,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(reader))
    def sample(case: bytes) -> None:
        assert outcome(reader, case).fault is None

    sample()


def test_a_reader_that_fails_is_told() -> None:
    def fails(case: bytes) -> None:
        int(case)

    assert "ValueError" in (outcome(Reader("digits", fails, ()), b"a").fault or "")
    assert outcome(Reader("digits", fails, ()), b"1").fault is None
    some = mutated(Reader("digits", fails, (b"1",)))
    assert isinstance(some, st.SearchStrategy)
