"""Front matter, Markdown and YAML with payloads in them, a block each, so that what `check`
refuses can be taken out alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Payload = tuple[int, str]  # its number, what it says
Block = tuple[str, Payload | None, str]  # its field, what is in it, as the file has it
MARKDOWN = {
    "text": "a {} b",
    "paragraph": "{}",
    "heading": "## {}",
    "emphasis": "*a {} b*",
    "link text": "[{}](https://example.org/)",
    "link target": "[x]({})",
    "bracketed target": "[x](<{}>)",
    "link title": '[x](https://example.org/ "{}")',
    "autolink": "<{}>",
    "picture's words": "![{}](../files/a.png)",
    "picture": "![x]({})",
    "reference": "[x][r]\n\n[r]: {}",
    "list": "- {}",
    "quotation": "> {}",
    "table": "| a | {} |\n|---|---|\n| {} | b |",
    "footnote": "x[^1]\n\n[^1]: {}",
    "code": "`` {} ``",
    "indented code": "    {}",
    "fence": "~~~\n{}\n~~~",
    "fence's language": "~~~{}\nx\n~~~",
    "highlighted": "~~~html\n{}\n~~~",
    "formula": "$ {} $",
    "formula's text": "$\\text{{{}}}$",
    "block formula": "$$\n{}\n$$",
    "circuit's caption": "::: circuit g-000\n{}",
    "comparison's caption": "::: compare g-000 fg-000\n{}",
    "reference's name": "[{}]\n\n[{}]: https://example.org/",
    "footnote's name": "x[^{}]\n\n[^{}]: https://example.org/",
    "table's head": "| {} | a |\n|---|---|\n| b | c |",
    "linked picture": "[![{}](../files/a.png)](https://example.org/)",
}
# In the words about a graph alone.
OF_A_GRAPH = {"node link": "[{}](node:1_3_4)", "group link": "[{}](group:base)"}


def kept(blocks: Sequence[Block]) -> list[str]:
    """Their texts. A key of whose list or mapping nothing is left goes with it; its empty line
    stays."""
    texts = [text for _, _, text in blocks]
    below = -1  # how far the next line that stays is indented
    for index in reversed(range(len(blocks))):
        _, payload, text = blocks[index]
        indent = len(text) - len(text.lstrip())
        if payload is None and text.endswith(":") and below <= indent:
            texts[index] = ""
        elif text.strip():
            below = indent
    return texts


def quoted(text: str) -> str:
    """YAML in double quotes, in which everything can be said."""
    return json.dumps(text)


def front(payload: Payload) -> list[Block]:
    said = payload[1]
    return [
        ("", None, "---"),
        ("title", payload, f"title: {quoted(said[:300])}"),
        ("summary", payload, f"summary: {quoted(said)}"),
        ("author", payload, f"authors: [{quoted(said)}]"),
        ("tag", payload, f"tags: [{quoted(said[:60])}]"),
        ("", None, "---"),
    ]


def body(payload: Payload, forms: Mapping[str, str] = MARKDOWN) -> list[Block]:
    """A payload in one block after the other, in each of these forms."""
    blocks: list[Block] = []
    for name, form in forms.items():
        if name in ("picture's words", "linked picture") and "[^" in payload[1]:
            continue  # a footnote's mark in there is text, to which its note leads back in vain
        text = form.replace("{{", "\0").replace("}}", "\1").replace("{}", payload[1])
        blocks.append((name, payload, text.replace("\0", "{").replace("\1", "}") + "\n"))
    return blocks


def annotated(chunk: Sequence[Payload]) -> list[Block]:
    """What people say about a graph, of one payload after the other."""
    features = ["0_7", "1_3", "1_9", "1_11", "0_7_4", "1_3_4", "1_9_5", "1_11_5"]
    lines: list[Block] = [("", None, "labels:")]
    for key, payload in zip(features, chunk, strict=False):
        said = quoted(payload[1][:200])
        note = quoted(payload[1])
        lines.append(("label", payload, f'  "{key}": {{text: {said}, by: {said}}}'))
        lines[-1] = ("label", payload, f"{lines[-1][2][:-1]}, note: {note}}}")
    lines.append(("", None, 'groups:\n  base: {name: base, nodes: ["1_3_4"]}'))
    for rank, payload in enumerate(chunk):
        said, note = quoted(payload[1][:200]), quoted(payload[1])
        node = features[4 + rank % 4]
        text = f'name: {said}, nodes: ["{node}"], by: {said}, note: {note}'
        lines.append(("group", payload, f"  g{rank}: {{{text}}}"))
    lines.append(("", None, "claims:"))
    for rank, payload in enumerate(chunk):
        said, note = quoted(payload[1][:200]), quoted(payload[1])
        bound = f"expect: {{token: {said}, p_falls_by: 0.5}}"
        text = f"id: c-{rank}, ablate: base, {bound}, by: {said}, note: {note}"
        lines.append(("claim", payload, f"  - {{{text}}}"))
    lines.append(("", None, "counterpoints:"))
    for payload in chunk:
        said, note = quoted(payload[1][:200]), quoted(payload[1])
        text = f"name: {said}, date: 2026-01-01, text: {note}"
        lines.append(("counterpoint", payload, f"  - {{{text}}}"))
    return lines


def tested(payload: Payload) -> list[Block]:
    """Claims of every kind that names a token, and groups that they are about."""
    said, note = quoted(payload[1][:200]), quoted(payload[1])
    other = quoted(f"{payload[1][:190]} x")
    fields = [("group", f'  base: {{name: {said}, nodes: ["1_3_4"]}}')]
    fields += [("noted group", f'  noted: {{name: {said}, nodes: ["1_9_5"], note: {note}}}')]
    expected = {
        "falls": f"token: {said}, p_falls_by: 0.5",
        "lead": f"token: {said}, versus: {other}, lead_falls_by: 1",
        "says": f"continuation_contains: {said}",
        "lacks": f"continuation_lacks: {said}",
    }
    claims = [
        ("claim", f"  - {{id: {name}, ablate: base, expect: {{{bound}}}, by: {said}}}")
        for name, bound in expected.items()
    ]
    return [
        ("", None, "groups:"),
        *((name, payload, text) for name, text in fields),
        ("", None, "claims:"),
        *((name, payload, text) for name, text in claims),
    ]


def shared_labels(payload: Payload) -> list[Block]:
    """Names of features in every graph of a source."""
    said, note = quoted(payload[1][:200]), quoted(payload[1])
    return [
        ("", None, "labels:"),
        ("name", payload, f'  "1_3": {{text: {said}, by: {said}}}'),
        ("note", payload, f'  "1_9": {{text: noted, note: {note}}}'),
    ]


def planned(slug: str, chunk: Sequence[Payload]) -> list[Block]:
    """What the list of prompts says of a graph that is there, and of some that are not."""
    tags = [("tag", one, f"      - {quoted(one[1][:60])}") for one in chunk]
    others = [
        (
            "entry",
            (number, text),
            f"  - {{slug: p-{number:03}, prompt: {quoted(text)}, target: {quoted(text)}, "
            f"contrast: [{quoted(text + ' x')}], tags: [{quoted(text[:60])}]}}",
        )
        for number, text in chunk
    ]
    entry = [("", None, f"  - slug: {slug}\n    prompt: x"), ("", None, "    tags:")]
    return [*entry, *tags, *others]
