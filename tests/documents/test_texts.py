"""Which files are texts, and what sort of text each is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.corpus_recipe import corpus_page, load_corpus
from tracer.documents.texts import LIST, Sort, find_texts, sort_of
from tracer.errors import TracerError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "language", "kind"),
    [
        ("novel.fr.txt", "fr", "prose"),
        ("Novel.FR.TXT", "fr", "prose"),
        ("novel.txt", None, "prose"),
        ("novel.2.txt", None, "prose"),
        ("version.final.txt", None, "prose"),
        ("main.py", "Python", "code"),
        ("jquery.min.js", "JavaScript", "code"),
        ("README", None, "prose"),
    ],
)
def test_a_name_says_what_sort_of_text_it_is(name: str, language: str | None, kind: str) -> None:
    assert sort_of(name) == Sort(language=language, kind=kind)


def test_of_a_folder_texts_and_sources_are_read_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.py", ".git/d.txt", "e.png", "f.txt~", "a/.g.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("text")
    found = find_texts([tmp_path, tmp_path / "e.png"])
    assert [one.name for one in found] == ["a/c.py", "b.txt", "e.png"]  # a file named is meant


def test_a_list_says_what_is_read_and_in_which_order(tmp_path: Path) -> None:
    texts = [{"file": "2.txt", "language": "es"}, {"file": "1.txt", "kind": "code"}]
    (tmp_path / LIST).write_text(json.dumps({"texts": texts}))
    found = find_texts([tmp_path])
    assert [one.file for one in found] == [tmp_path / "2.txt", tmp_path / "1.txt"]
    assert [one.sort for one in found] == [Sort(language="es"), Sort(kind="code")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "cut short"),
        ('{"texts": [{}]}', "not a list of texts: texts.0.file"),
        ('{"texts": [{"file": "../x.txt"}]}', "outside of the folder"),
        ('{"texts": [{"file": "/etc/hosts"}]}', "outside of the folder"),
        ('{"texts": []}', "there are no texts in"),
    ],
)
def test_a_list_that_is_none_is_told_with_its_place(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / LIST).write_text(text)
    with pytest.raises(TracerError, match=what):
        find_texts([tmp_path])


def test_the_page_about_texts_says_what_the_recipe_says() -> None:
    corpus = load_corpus(ROOT / "bench" / "corpus.yaml")
    page = (ROOT / "site_src" / "pages" / "texts.md").read_text(encoding="utf-8")
    assert page == corpus_page(corpus), "make it again: python bench/corpus.py --page"
    assert all(one.package in corpus.packages for one in corpus.texts.values())
    assert {one.kind for one in corpus.texts.values()} == {"prose", "code"}
    assert len({one.language for one in corpus.texts.values()}) > 10
