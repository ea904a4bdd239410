"""BibTeX that a LaTeX run takes as it is."""

from __future__ import annotations

import datetime

from tracer.site.graph.citation import bibtex


def test_an_entry_holds_what_is_known() -> None:
    text = bibtex(
        "moscow-2",
        title="Which language? 50 % {so}",
        authors=("Ann Bo", "The R&D group"),
        date=datetime.date(2026, 3, 4),
        url="https://x.org/graphs/moscow/?revision=2",
    )
    assert text == (
        "@misc{moscow-2,\n"
        r"  title = {{Which language? 50 \% \{so\}}}," + "\n"
        r"  author = {{Ann Bo} and {The R\&D group}}," + "\n"
        "  year = {2026},\n"
        "  month = {3},\n"
        "  url = {https://x.org/graphs/moscow/?revision=2},\n"
        "}"
    )


def test_what_is_not_known_is_left_out() -> None:
    text = bibtex("a-1", title="a", authors=("b",), date=None, url=None)
    assert text == "@misc{a-1,\n  title = {{a}},\n  author = {{b}},\n}"
