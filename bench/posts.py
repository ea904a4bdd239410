"""The same thousand posts for tracer, Eleventy and Hugo: each has a table, a footnote and code.

Each side makes a page for each post, lists by 20 tags, an index and a feed, from one plain layout;
tracer keeps its own templates, which are larger.
"""

from __future__ import annotations

import random
from pathlib import Path

POSTS, TAGS, WORDS = 1000, 20, 435
SIDES = ("tracer", "eleventy", "hugo")
_SYLLABLES = ("ka", "lo", "mi", "ren", "su", "ta", "vel", "no", "pri", "da", "es", "tor", "un")
_CODE = """```python
def total(values: list[int]) -> int:
    \"\"\"The sum of the even ones.\"\"\"
    result = 0
    for value in values:
        if value % 2 == 0:
            result += value * {number}
    return result
```"""

_LAYOUT = "<!doctype html><html lang=en><title>{title}</title><main><h1>{title}</h1>{body}</main>"


def write_sites(folder: Path) -> None:
    """One folder for each side."""
    for number in range(POSTS):
        text = post(number)
        for side, place in (
            ("tracer", "site_src/pages"),
            ("eleventy", "posts"),
            ("hugo", "content/posts"),
        ):
            _write(folder / side / place / f"post-{number}.md", text)
    _tracer(folder / "tracer")
    _eleventy(folder / "eleventy")
    _hugo(folder / "hugo")


def post(number: int, *, edited: str = "") -> str:
    """Front matter and 435 words of Markdown."""
    chance = random.Random(number)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 3))) for _ in range(WORDS)]
    paragraphs = [" ".join(words[start : start + 87]) for start in range(0, WORDS, 87)]
    head = (
        f"---\ntitle: Post {number}\ndate: 2026-01-{number % 28 + 1:02d}\n"
        f"tags: [tag-{number % TAGS}]\n---\n"
    )
    table = "| a | b | c |\n|:--|--:|:-:|\n" + "\n".join(f"| {n} | *x{n}* | y |" for n in range(5))
    middle = [paragraphs[0] + "[^1]", "## Numbers", table, *paragraphs[1:3], "## Code"]
    tail = [_CODE.format(number=number), *paragraphs[3:], "[^1]: A note.", edited]
    return head + "\n\n".join([*middle, *tail]) + "\n"


def _tracer(folder: Path) -> None:
    settings = "title: Posts\nbase_url: https://example.org/\nsearch: false\nnavigation: []\n"
    _write(folder / "site_src" / "site.yaml", settings)


def _eleventy(folder: Path) -> None:
    _write(folder / "package.json", '{"type": "module"}')
    _write(
        folder / "eleventy.config.js",
        'import footnote from "markdown-it-footnote";\n'
        'import highlight from "@11ty/eleventy-plugin-syntaxhighlight";\n'
        'import { feedPlugin } from "@11ty/eleventy-plugin-rss";\n'
        "export default function (config) {\n"
        "  config.addPlugin(highlight);\n"
        "  config.amendLibrary('md', (md) => md.use(footnote));\n"
        "  config.addPlugin(feedPlugin, { type: 'atom', outputPath: '/feed.xml',\n"
        "    collection: { name: 'post', limit: 50 },\n"
        "    metadata: { language: 'en', title: 'Posts', base: 'https://example.org/',\n"
        "      author: { name: 'x' } } });\n"
        "  config.addCollection('post', (api) => api.getFilteredByGlob('posts/*.md'));\n"
        "}\n",
    )
    body = _LAYOUT.format(title="{{ title }}", body="{{ content }}")
    _write(folder / "_includes" / "post.liquid", body)
    _write(folder / "posts" / "posts.json", '{"layout": "post.liquid"}')
    links = "{% for one in items %}<li><a href='{{ one.url }}'>{{ one.data.title }}</a>{% endfor %}"
    listed = links.replace("items", "collections.post")
    _write(folder / "index.liquid", f"---\ntitle: All\nlayout: post.liquid\n---\n{listed}\n")
    pages = (
        "---\npagination: {data: collections, size: 1, alias: tag, filter: [all, post]}\n"
        "permalink: /tags/{{ tag }}/\nlayout: post.liquid\ntitle: Tag\n---\n"
        "{% assign items = collections[tag] %}" + links
    )
    _write(folder / "tags.liquid", pages)


def _hugo(folder: Path) -> None:
    _write(
        folder / "hugo.toml",
        'baseURL = "https://example.org/"\ntitle = "Posts"\n[taxonomies]\ntag = "tags"\n'
        "[markup.highlight]\nnoClasses = false\n",
    )
    page = _LAYOUT.format(title="{{ .Title }}", body="{{ .Content }}")
    links = "{{ range .Pages }}<li><a href='{{ .RelPermalink }}'>{{ .Title }}</a>{{ end }}"
    _write(folder / "layouts" / "single.html", page)
    for name in ("list", "home", "taxonomy", "term"):
        body = links.replace(".Pages", ".Site.RegularPages") if name == "home" else links
        _write(folder / "layouts" / f"{name}.html", _LAYOUT.format(title="{{ .Title }}", body=body))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
