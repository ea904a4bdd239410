"""A sample of the corpus of hostile texts; `make xss` puts all of it everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.everyday import everyday
from tests.xss.browse import browse_corpus, runs_as_it_is
from tests.xss.payloads import payloads

CORPUS = list(enumerate(payloads()))


@pytest.mark.parametrize("policy", everyday([False, True], [False]), ids=["without", "with"])
def test_of_a_sample_nothing_runs_with_the_policy_or_without(
    browser: Browser, tmp_path: Path, serve_folder: Callable[[Path], str], policy: bool
) -> None:
    found = browse_corpus(browser, serve_folder, tmp_path, CORPUS[3::237], [policy])
    assert found["placed"] > 160 * found["payloads"]
    seen = found["with_policy" if policy else "without_policy"]
    assert seen["pages"] > 20
    assert seen["ran"] == seen["could_run"] == []


def test_most_of_the_corpus_runs_where_it_is_taken_for_markup(browser: Browser) -> None:
    """Otherwise it would show nothing that nothing runs."""
    some = CORPUS[::40]
    assert len(runs_as_it_is(browser, some)) > len(some) / 2


def test_the_corpus_is_large_and_each_of_its_texts_is_another() -> None:
    assert len(CORPUS) == len(set(payloads())) >= 150
