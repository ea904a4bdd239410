"""Terms of the glossary, explained where they first stand in a text."""

from __future__ import annotations

from pathlib import Path

from tracer.site.content.glossary import definitions
from tracer.site.prose.markdown import render
from tracer.site.prose.terms import explained

GLOSSARY = definitions("""\
Words.

## Logit

The *model’s* <own>
[points](x.md).

More.

## Attention head

It looks.
""")


def html(text: str) -> str:
    return str(render(text, Path("a.md"), glossary=GLOSSARY))


def test_a_glossary_is_headings_with_a_first_paragraph_each() -> None:
    assert GLOSSARY == {"logit": "The model’s <own> points.", "attention head": "It looks."}


def test_the_first_of_each_term_is_a_button_that_its_meaning_describes() -> None:
    made = html("Two *Logits*, and logits again. Attention heads look; an attention head too.")
    assert made.count("<button") == 2 and made.count('role="tooltip"') == 2
    assert '<em><span class="term"><button type="button" aria-describedby="term-logits">' in made
    assert 'id="term-logits">The model’s &lt;own&gt; points.</span>' in made
    assert ">Attention heads</button>" in made and "an attention head too" in made


def test_links_headings_code_and_longer_words_are_left_alone() -> None:
    text = "# The logit\n\n[logit](#a) `logit` logitech\n\n```\nlogit\n```\n"
    assert "<button" not in html(text)
    assert "<button" not in str(render("A logit.", Path("a.md")))


def test_a_sentence_of_a_template_is_explained_and_escaped() -> None:
    made = str(explained("<b> +6 logits, logits", GLOSSARY, "sum-"))
    assert made.startswith("&lt;b&gt; +6 <span") and 'aria-describedby="sum-term-logits"' in made
    assert made.count("<button") == 1
