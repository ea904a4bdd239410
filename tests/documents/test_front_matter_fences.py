"""What looks like front matter is read as such or is a mistake; none of it becomes text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.errors import TracerError
from tracer.site.content.texts import load_markdown

FRONT = "---\ntitle: Hush\ndraft: true\n---\nwords\n"
READ = {
    "as it should be": FRONT,
    "an empty line first": f"\n{FRONT}",
    "several, with blanks": f" \n\t\n\n{FRONT}",
    "a byte order mark": f"\ufeff{FRONT}",
    "two of them": f"\ufeff\ufeff{FRONT}",
    "a mark behind an empty line": f"\n\ufeff{FRONT}",
    "a space of no width": f"\u200b{FRONT}",
    "a comment": f"<!-- vim: tw=80 -->\n{FRONT}",
    "a comment of several lines": f"<!-- one\n\n---\ntwo\n-->\n\n{FRONT}",
    "Windows line ends": FRONT.replace("\n", "\r\n"),
    "line ends of old": FRONT.replace("\n", "\r"),
    "blanks behind the fences": FRONT.replace("---", "--- \t"),
    "blanks before the first": f"  {FRONT}",
    "closed by dots": "---\ntitle: Hush\ndraft: true\n...\nwords\n",
    "a fence inside a value": (
        "---\ntitle: Hush\nsummary: |\n  a\n  ---\n  b\ndraft: true\n---\nwords\n"
    ),
}
REFUSED = {
    "no end": ("---\ntitle: Hush\ndraft: true\n\nwords\n", "1:1: the front matter has no end"),
    "no end, after a blank line": ("\n ---\ndraft: true\n", "2:2: the front matter has no end"),
    "TOML": ('+++\ntitle = "Hush"\n+++\nwords\n', "1:1: front matter cannot begin with `+++`"),
    "TOML of unknown keys": ("\n+++\nx = 1\n+++\n", "2:1: front matter cannot begin with `+++`"),
    "JSON": ('{\n  "draft": true\n}\nwords\n', "1:1: front matter cannot begin with `{`"),
    "JSON on one line": ('{"title": "x", "draft": true}\n\nwords\n', "1:1: front matter cannot"),
    "JSON between semicolons": (";;;\n{}\n;;;\n", "1:1: front matter cannot begin with `;;;`"),
    "four": ("----\ndraft: true\n----\n", "1:1: front matter cannot begin with `----`"),
    "two": ("--\ntitle: x\n--\n", "1:1: front matter cannot begin with `--`"),
    "its language": ("---yaml\ndraft: true\n---\n", "1:1: front matter cannot begin with"),
    "a dash put in by an editor": ("—\ntitle: x\n—\n", "1:1: front matter cannot begin with `—`"),
    "on one line": ("--- title: Hush\ndraft: true\n---\n", "1:1: front matter cannot begin"),
    "no beginning": ("title: Hush\ndraft: true\n---\nwords\n", "1:1: this looks like front"),
    "no fence": ("\nTitle: Hush\nDate: 2026-01-02\n\nwords\n", "2:1: this looks like front"),
    "nothing but draft": ("draft: true\n\nwords\n", "1:1: this looks like front matter"),
    "below a heading": (f"# Hush\n\n{FRONT}", "3:1: front matter cannot stand here"),
    "below a YAML comment": (f"# draft\n{FRONT}", "2:1: front matter cannot stand here"),
    "a second one": (f"---\ntitle: x\n---\n{FRONT}", "4:1: front matter cannot stand here"),
    "TOML below text": ("x\n\n+++\ndraft = true\n+++\n", "3:1: front matter cannot stand here"),
    "capitals": ("---\nDraft: true\n---\n", "2:1: unknown key `Draft`; did you mean `draft`?"),
    "another program's key": ("---\npublished: false\n---\n", "2:1: unknown key `published`"),
    "not true or false": ("---\ndraft: almost\n---\n", "2:8: `draft`: "),
    "nothing said": ("---\ndraft:\n---\n", "2:7: `draft`: should be true or false"),
}
TEXTS = [
    "",
    "\n\n",
    "# A heading\n\nwords\n",
    "Summary: what we found.\n\nMore.\n",
    "Title\n---\n\nwords\n",
    "words\n\n---\n\nmore words\n\n---\n",
    "words\n\n---\nmore: words\n---\n",
    "In a file:\n\n```\n---\ntitle: x\n---\n```\n",
    "~~~~\n```\n---\ndraft: true\n---\n~~~~\n",
    "<!-- only a comment -->\n\nwords\n",
    "- date: today\n- title: a list\n",
    "*draft: true*\n\nwords\n",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.md"


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_it_is_read_whatever_stands_around_it(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    page = load_markdown(file)
    assert (page.meta.title, page.meta.draft) == ("Hush", True)
    assert page.body.strip() == "words"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert page.body.split("\n").index("words") == lines.index("words")
    assert page.front is not None
    line = page.front.place(("draft",)).line
    assert line is not None
    assert lines[line - 1] == "draft: true"


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_only_looks_like_it_is_a_mistake_with_its_place(
    file: Path, text: str, message: str
) -> None:
    file.write_text(text)
    with pytest.raises(TracerError) as caught:
        load_markdown(file)
    assert str(caught.value).startswith(f"{file}:{message}")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_without_any_is_left_alone(file: Path, text: str) -> None:
    file.write_text(text)
    page = load_markdown(file)
    assert (page.front, page.body) == (None, text)
