"""A gallery with every payload in every field that people or foreign programs fill."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.builders import make_graph
from tests.foreign_graphs import error, foreign_graph, foreign_node
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check

Payload = tuple[int, str]  # its number, what it says
Block = tuple[str, Payload | None, str]  # its field, what is in it, as the file has it
CHUNK = 8  # payloads on one graph's page
_MARKDOWN = {
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
}
# Where an address of nowhere in particular is a mistake.
_LEADING = ("link target", "bracketed target", "picture", "reference", "autolink", "text")
_SAID = ("label", "group", "claim", "counterpoint")
_CODE = ("code", "indented code", "fence", "highlighted")
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "60606000000005000170a5e9c50000000049454e44ae426082"
)


@dataclass
class Placed:
    """Which payloads stand in which field; those that `check` refused there are not among them."""

    pairs: set[tuple[int, str]] = field(default_factory=set)
    refused: set[tuple[int, str]] = field(default_factory=set)

    def add(self, name: str, payloads: Iterable[Payload]) -> None:
        self.pairs |= {(number, name) for number, _ in payloads}


class HostileGallery:
    """Writes the files below `root`; `settle` takes out what no gallery may say."""

    def __init__(self, root: Path, payloads: Sequence[Payload]):
        self.root = root
        self.placed = Placed()
        self.texts: list[str] = []
        self._payloads = payloads
        self._blocks: dict[Path, list[Block]] = {}
        self.graphs = [f"g-{one:03}" for one in range(0, len(payloads), CHUNK)]

    def write(self) -> None:
        (self.root / "site_src" / "files").mkdir(parents=True)
        (self.root / "site_src" / "files" / "a.png").write_bytes(_PNG)
        for slug, start in zip(self.graphs, range(0, len(self._payloads), CHUNK), strict=True):
            chunk = self._payloads[start : start + CHUNK]
            self._graph(slug, chunk)
            self._foreign(f"f{slug}", chunk)
            self._annotations(slug, chunk)
        for payload in self._payloads:
            self._text(payload)
        self._site()
        self._settle()

    def _graph(self, slug: str, chunk: Sequence[Payload]) -> None:
        """A graph of ours: what models and their tokens are called, and what they say."""
        all_of_it = " ".join(text for _, text in chunk)
        info = json.loads(make_graph().to_json())["metadata"]["tracer"]
        info["model"]["name"] = all_of_it
        info["model"]["family"] = all_of_it
        info["features"]["source"] = slug
        info["question"] |= {"target": all_of_it, "contrast": [text for _, text in chunk]}
        info["question"]["contrast_ids"] = list(range(50, 50 + len(chunk)))
        info["answers"] = [
            {"token": text, "token_id": 42 + rank, "probability": 0.5 / (rank + 1), "logit": 9.0}
            for rank, (_, text) in enumerate(chunk)
        ]
        tokens = ["<|endoftext|>", *(text for _, text in chunk), " of", " is", "x", "y", "z"]
        info["token_ids"] = list(range(len(tokens)))
        fields = json.loads(
            make_graph(
                slug=slug, scan=all_of_it, prompt=all_of_it, prompt_tokens=tokens, tracer=info
            ).to_json()
        )
        for node, (_, text) in zip(_features(fields), _around(chunk), strict=False):
            node["clerp"] = text
        Graph.model_validate(fields).save(self.root / "graphs" / slug / "1.json")
        for name in ("model", "family", "target", "contrast", "answer", "token", "scan", "prompt"):
            self.placed.add(f"graph: {name}", chunk)
        self._examples(slug, "1_3", chunk)

    def _foreign(self, slug: str, chunk: Sequence[Payload]) -> None:
        """Another program's: ids, kinds and names of nodes, supernodes, metadata."""
        fields = foreign_graph()
        all_of_it = " ".join(text for _, text in chunk)
        tokens = [text for _, text in chunk]
        fields["metadata"] |= {
            "slug": all_of_it,
            "scan": all_of_it,
            "prompt": all_of_it,
            "prompt_tokens": tokens,
            "title_prefix": all_of_it,
            "info": dict.fromkeys(("creator_name", "creator_url", "source_urls"), all_of_it),
            "generator": dict.fromkeys(("name", "version", "url", "git_hash"), all_of_it),
            "feature_details": dict.fromkeys(("neuronpedia_source_set",), all_of_it),
        }
        named = [
            foreign_node(f"2_{rank}_0", clerp=text, node_id=f"2_{text}_0", jsNodeId=text)
            | {"ppClerp": text, "localClerp": text, "remoteClerp": text, "feature_type": kind}
            for rank, (_, text) in enumerate(chunk)
            for kind in ["cross layer transcoder" if rank % 2 else f"cross layer transcoder {text}"]
        ]
        answers = [
            foreign_node(f"6_{50 + rank}_0", "logit", clerp=text, token_prob=0.1)
            for rank, (_, text) in enumerate(chunk)
        ]
        empty = [
            foreign_node(f"E_{rank}_{rank}", "embedding", clerp=text)
            for rank, (_, text) in enumerate(chunk)
        ]
        fields["nodes"] = [*named, *answers, *empty, error("0_2_0", "2", clerp=all_of_it)]
        ids = [node["node_id"] for node in fields["nodes"]]
        fields["qParams"] = {
            "linkType": all_of_it,
            "pinnedIds": [*ids, *tokens],
            "clickedId": ids[0],
            "supernodes": [[text, one] for text, one in zip(tokens, ids, strict=False)],
            "clerps": [[one, text] for text, one in zip(tokens, ids, strict=False)],
            "sg_pos": all_of_it,
        }
        fields["links"] = [
            {"source": empty[0]["node_id"], "target": one["node_id"], "weight": 1.0}
            for one in [*named, *answers]
        ]
        Graph.model_validate(fields).save(self.root / "graphs" / slug / "1.json")
        names = "slug scan prompt token title generator creator node-id kind name answer embedding"
        for name in f"{names} supernode clerp pinned".split():
            self.placed.add(f"foreign: {name}", chunk)

    def _examples(self, source: str, key: str, chunk: Sequence[Payload]) -> None:
        texts = [text for _, text in chunk]
        document = {
            "index": 3,
            "top_logits": texts,
            "bottom_logits": texts,
            "examples_quantiles": [
                {
                    "quantile_name": text,
                    "examples": [{"tokens": texts, "tokens_acts_list": [1.0] * len(texts)}],
                }
                for text in texts
            ],
        }
        file = self.root / "features" / source / f"{key}.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(document), encoding="utf-8")
        for name in ("token", "logit", "quantile"):
            self.placed.add(f"example: {name}", chunk)

    def _annotations(self, slug: str, chunk: Sequence[Payload]) -> None:
        """One line a payload, so that what is refused can be taken out."""
        features = ["0_7", "1_3", "1_9", "1_11", "0_7_4", "1_3_4", "1_9_5", "1_11_5"]
        lines: list[Block] = [("", None, "labels:")]
        for key, payload in zip(features, chunk, strict=False):
            said = _quoted(payload[1][:200])
            note = _quoted(payload[1])
            lines.append(("label", payload, f'  "{key}": {{text: {said}, by: {said}}}'))
            lines[-1] = ("label", payload, f"{lines[-1][2][:-1]}, note: {note}}}")
        lines.append(("", None, 'groups:\n  base: {name: base, nodes: ["1_3_4"]}'))
        for rank, payload in enumerate(chunk):
            said, note = _quoted(payload[1][:200]), _quoted(payload[1])
            node = features[4 + rank % 4]
            text = f'name: {said}, nodes: ["{node}"], by: {said}, note: {note}'
            lines.append(("group", payload, f"  g{rank}: {{{text}}}"))
        lines.append(("", None, "claims:"))
        for rank, payload in enumerate(chunk):
            said, note = _quoted(payload[1][:200]), _quoted(payload[1])
            bound = f"expect: {{token: {said}, p_falls_by: 0.5}}"
            text = f"id: c-{rank}, ablate: base, {bound}, by: {said}, note: {note}"
            lines.append(("claim", payload, f"  - {{{text}}}"))
        lines.append(("", None, "counterpoints:"))
        for payload in chunk:
            said, note = _quoted(payload[1][:200]), _quoted(payload[1])
            text = f"name: {said}, date: 2026-01-01, text: {note}"
            lines.append(("counterpoint", payload, f"  - {{{text}}}"))
        self._blocks[self._source("annotations", f"{slug}.yaml")] = lines

    def _text(self, payload: Payload) -> None:
        """A page and, for the first of a chunk, a write-up: one payload in all their fields."""
        number, _ = payload
        name = f"t-{number:03}"
        self.texts.append(name)
        self._blocks[self._source("pages", f"{name}.md")] = [*_front(payload), *_body(payload)]
        rank = [one for one, _ in self._payloads].index(number)
        for slug in self.graphs[rank : rank + 1]:
            self._blocks[self._source("write-ups", f"{slug}.md")] = [
                *_front(payload),
                *_body(payload),
            ]

    def _site(self) -> None:
        """Lists of the site's settings; what it has but once, each payload in turn has it."""
        lines: list[Block] = [("", None, "authors:")]
        for payload in self._payloads:
            said = _quoted(payload[1][:120])
            where = "url: 'https://example.org/'"
            lines.append(("site: author", payload, f"  - {{name: {said}, {where}}}"))
        lines.append(("", None, "navigation:"))
        for payload in self._payloads:
            said = _quoted(payload[1][:120])
            lines.append(("site: navigation", payload, f"  - {{title: {said}, to: t-000/}}"))
        self._blocks[self._source("", "site.yaml")] = lines

    def _source(self, folder: str, name: str) -> Path:
        return self.root / "site_src" / folder / name

    def _settle(self) -> None:
        """Write the files; take out block after block that `check` does not take."""
        for _ in range(60):  # a page tells its mistakes one after the other
            for file, blocks in self._blocks.items():
                file.parent.mkdir(parents=True, exist_ok=True)
                content = "".join(f"{block}\n" for _, _, block in blocks).encode()
                if not file.exists() or file.read_bytes() != content:
                    file.write_bytes(content)
            places = [one.problem for one in check(self.root) if one.level == "error"]
            if not places:
                break
            for problem in places:
                assert problem.place is not None and problem.place.file in self._blocks, problem
                self._drop(self._blocks[problem.place.file], problem.place.line or 1, str(problem))
        else:
            raise AssertionError(places)
        for blocks in self._blocks.values():
            for name, payload, _ in blocks:
                if payload is not None:
                    self.placed.add(name, [payload])
        self.placed.refused -= self.placed.pairs

    def _drop(self, blocks: list[Block], line: int, problem: str) -> None:
        start = 1
        for index, (name, payload, text) in enumerate(blocks):
            end = start + len(re.split("\r\n|\r|\n", text))
            if start <= line < end:
                assert payload is not None or not text.strip(), (problem, text)
                related: tuple[str, ...] = next(
                    (one for one in (_LEADING, _SAID) if name in one), (name,)
                )
                if any(said == "" and not lines.strip() for said, _, lines in blocks):
                    # The text itself is a link to nowhere, wherever it is not code.
                    related = tuple({said for said, _, _ in blocks} - {*_CODE, "title", "tag"})
                for other, (said, whose, lines) in enumerate(blocks):
                    if other == index or (said in related and whose == payload):
                        if whose is not None:
                            self.placed.refused.add((whose[0], said))
                        empty = "\n" * (len(re.split("\r\n|\r|\n", lines)) - 1)
                        blocks[other] = ("", None, empty)
                return
            start = end


def _features(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in fields["nodes"] if node["feature_type"] == "neuron"]


def _around(chunk: Sequence[Payload]) -> Iterator[Payload]:
    while True:
        yield from chunk


def _quoted(text: str) -> str:
    """YAML in double quotes, in which everything can be said."""
    return json.dumps(text)


def _front(payload: Payload) -> list[Block]:
    said = payload[1]
    return [
        ("", None, "---"),
        ("title", payload, f"title: {_quoted(said[:300])}"),
        ("summary", payload, f"summary: {_quoted(said)}"),
        ("author", payload, f"authors: [{_quoted(said)}]"),
        ("tag", payload, f"tags: [{_quoted(said[:60])}]"),
        ("", None, "---"),
    ]


def _body(payload: Payload) -> list[Block]:
    blocks: list[Block] = []
    for name, form in _MARKDOWN.items():
        if name == "picture's words" and "[^" in payload[1]:
            continue  # a footnote's mark in there is text, to which its note leads back in vain
        text = form.replace("{{", "\0").replace("}}", "\1").replace("{}", payload[1])
        blocks.append((name, payload, text.replace("\0", "{").replace("\1", "}") + "\n"))
    return blocks


def write_settings(folder: Path, out: Path, payloads: Sequence[Payload], placed: Placed) -> None:
    """A small site for each payload, which is in all that a gallery has but once."""
    for payload in payloads:
        number, said = payload
        root = folder / str(number)
        front = "".join(f"{text}\n" for _, _, text in _front(payload))
        words = f"title: {_quoted(said[:120])}\ndescription: {_quoted(said)}\n"
        words += f"licence: {_quoted(said)}\nsearch: false\nbase_url: https://example.org/\n"
        for name, text in {"site.yaml": words, "pages/t.md": front}.items():
            file = root / "site_src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        try:
            build(root, out / "settings" / f"s-{number}")
        except TracerError:
            placed.refused.add((number, "site"))
        else:
            for name in ("title", "description", "licence"):
                placed.add(f"site: {name}", [payload])
