"""Words of scripts without spaces, cut up for the search index, and put together again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracer.site.pages.unspaced import JOINT, SCRIPTS, cut_up, is_unspaced

SEARCH = Path(__file__).parents[3] / "assets" / "site" / "search.js"


@pytest.mark.parametrize(
    ("html", "cut"),
    [
        ("<p>首都は</p>", "<p>首|都|は</p>"),
        ("<p>東<b>京</b></p><p>都</p>", "<p>東<b>|京</b></p><p>都</p>"),
        ("<p>A東京B 一</p>", "<p>A|東|京|B 一</p>"),
        ("<p>「東。京」</p>", "<p>「東。|京」</p>"),
        ("<p>เมือง</p>", "<p>เ|มื|อ|ง</p>"),
        ("<p>한국 a</p>", "<p>한|국 a</p>"),
        ("<p>\u1112\u1161\u11ab글</p>", "<p>한|글</p>"),  # as macOS writes Hangul
        ("<p>か\u3099く</p>", "<p>が|く</p>"),
        ("<p>𠮷野</p>", "<p>𠮷|野</p>"),
        ('<a title="東京" href="東京">x</a>', '<a title="東京" href="東京">x</a>'),
        ("<p>東&amp;京</p>", "<p>東&amp;|京</p>"),
        ("<p>東&#39;s</p>", "<p>東&#39;|s</p>"),
    ],
)
def test_each_sign_is_a_word_and_each_other_word_stays_one(html: str, cut: str) -> None:
    assert cut_up(html) == cut.replace("|", JOINT)


@pytest.mark.parametrize("html", ["<p>An English text, naïve, 12 Привет مرحبا</p>", "<p>🎉</p>"])
def test_texts_with_spaces_are_left_alone(html: str) -> None:
    assert not is_unspaced(html)
    assert cut_up(html) == html


def test_what_is_put_in_can_be_taken_out() -> None:
    html = "<p>首都は東京である。这是一段<b>简单</b>的 测试文本。 In Tokyo東京 people</p>"
    assert cut_up(html) != html
    assert cut_up(html).replace(JOINT, "") == html
    assert cut_up(html.replace("都", "都\u2060")).replace(JOINT, "") == html


def test_the_page_that_searches_cuts_up_the_same_scripts() -> None:
    written = re.search(r"const SCRIPTS =(.*?);", SEARCH.read_text(), re.DOTALL)
    assert written is not None
    codes = re.findall(r"u(?:\{([0-9a-f]+)\}|([0-9a-f]{4}))(-?)", written[1])
    theirs = "".join(chr(int(long or short, 16)) + dash for long, short, dash in codes)
    assert theirs == SCRIPTS
