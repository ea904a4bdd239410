"""Whatever the viewer proposes, Python reads back as exactly the edits that were made."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tracer.documents.annotation_text import yaml_scalar
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.yaml_spans import spans

ROOT = Path(__file__).parents[2]
PROPOSE = """async ({written, work, pins}) => {
  const {proposedText} = await import("./assets/viewer/editing/proposal.js");
  const {combined} = await import("./assets/viewer/editing/annotations.js");
  const {NO_WORK} = await import("./assets/viewer/state/work.js");
  const graph = {indexOf: new Map(), ids: [], pins: [], size: 0};
  const wanted = combined(graph, written.annotations, {...NO_WORK, ...work});
  return proposedText(written, {...wanted, pins: pins ?? wanted.pins});
}"""
PATCH = """async ([file, before, after]) => {
  const {patchOf, patchText} = await import("./assets/viewer/editing/diff.js");
  return patchText(patchOf(file, before, after));
}"""


@pytest.fixture
def modules(page: Page, tmp_path: Path, serve_folder: Callable[[Path], str]) -> Page:
    """A page beside the viewer's modules."""
    shutil.copytree(ROOT / "assets", tmp_path / "site" / "assets")
    head = '<!doctype html><title>Modules</title><link rel="icon" href="data:,">'
    (tmp_path / "site" / "index.html").write_text(head, "utf-8")
    page.goto(serve_folder(tmp_path / "site"))
    return page


def propose(page: Page, file: Path, **work: Any) -> str:
    """The file's text as the viewer would propose it."""
    there = file.exists()
    text = file.read_bytes().decode("utf-8") if there else None
    annotations = load_annotations(file)[0] if there else Annotations()
    written = {
        "text": text,
        "tree": None if text is None else spans(text, depth=5),
        "revision": 3,
        "annotations": as_sent(annotations),
    }
    pins = work.pop("pins", None)
    proposed: str = page.evaluate(PROPOSE, {"written": written, "work": work, "pins": pins})
    return proposed


def as_sent(annotations: Annotations) -> dict[str, Any]:
    kept = {"labels", "groups", "pins"}
    return annotations.model_dump(mode="json", exclude_none=True, include=kept)


def read(text: str, folder: Path) -> Annotations:
    file = folder / "proposed.yaml"
    file.write_bytes(text.encode("utf-8"))
    return load_annotations(file)[0]


def merged(before: Annotations, **work: Any) -> dict[str, Any]:
    """What the annotations should be with the edits."""
    wanted = as_sent(before)
    for section in ("labels", "groups"):
        entries = wanted[section] | work.get(section, {})
        wanted[section] = {key: entry for key, entry in entries.items() if entry is not None}
    if "pins" in work:
        wanted["pins"] = work["pins"]
    return wanted


def changed_lines(before: str, after: str) -> list[str]:
    rows = ndiff(before.splitlines(), after.splitlines())
    return [row for row in rows if row.startswith(("+ ", "- "))]


WRITTEN = """# who named what
revision: 1   # the first
labels:
  "22_580":   {text: languages, by: ann, confidence: high}   # sure
  # about the next one
  "25_567":   {text: say a language, by: ann, note: "Pushes up *language*."}
groups:
  italy: {name: Italy, nodes: ["22_580_14", "25_567"], by: ann}
pins: ["22_580_14"]
counterpoints:
  - {name: Ann, date: 2026-01-01, text: "Not so."}
"""
IN_BLOCKS = """---
labels:
  22_580:
    text: languages   # of Europe
    by: ann
    note: |
      One line,
      another.
    # after the note
  "25_567":
    text: say a language
groups:
  italy:
    name: Italy
    nodes:
    - "22_580_14"  # late
    - 25_567
pins:
  - 22_580_14
...
"""
IN_BRACKETS = '{"labels": {"22_580": {"text": "languages"}, "25_567": {"text": "say"}}, "pins": []}'


@pytest.mark.parametrize("text", [WRITTEN, IN_BLOCKS, IN_BRACKETS])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_new_name_touches_one_entry(modules: Page, tmp_path: Path, text: str, end: str) -> None:
    file = tmp_path / "graph.yaml"
    file.write_bytes(text.replace("\n", end).encode())
    before, _ = load_annotations(file)
    work = {"labels": {"22_580": {"text": "dialects", "by": "bo: the second"}}}
    after = propose(modules, file, **work)
    assert as_sent(read(after, tmp_path)) == merged(before, **work)
    assert read(after, tmp_path).counterpoints == before.counterpoints
    assert all(comment in after for comment in re.findall("#.*", text))
    assert ("\r\n" in after) == ("\r\n" in text.replace("\n", end))
    assert "\r\r" not in after
    if text == WRITTEN:
        assert changed_lines(text, after) == [
            '-   "22_580":   {text: languages, by: ann, confidence: high}   # sure',
            '+   "22_580":   {text: dialects, by: "bo: the second"}   # sure',
        ]


@pytest.mark.parametrize(
    "text", [WRITTEN, IN_BLOCKS, IN_BRACKETS, "", "# nothing yet\n", "{}", "---\n"]
)
def test_entries_come_and_go(modules: Page, tmp_path: Path, text: str) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text(text, "utf-8")
    before, _ = load_annotations(file)
    work: dict[str, Any] = {
        "labels": {"22_580": None, "25_567": None, "3_4_5": {"text": "new", "note": "a\n\nb"}},
        "groups": {"italy": None, "on": {"name": "on", "nodes": ["3_4_5"]}},
        "pins": ["3_4_5"],
    }
    after = propose(modules, file, **work)
    assert as_sent(read(after, tmp_path)) == merged(before, **work)
    comments = [
        c
        for c in re.findall("# .*", text)
        if c not in ("# sure", "# of Europe", "# after the note", "# late")
    ]
    assert all(comment in after for comment in comments)


def test_taking_all_away_leaves_a_file_that_says_nothing(modules: Page, tmp_path: Path) -> None:
    for text in (WRITTEN, IN_BLOCKS, IN_BRACKETS):
        file = tmp_path / "graph.yaml"
        file.write_text(text, "utf-8")
        before, _ = load_annotations(file)
        work = {
            "labels": dict.fromkeys(before.labels),
            "groups": dict.fromkeys(before.groups),
            "pins": [],
        }
        after = read(propose(modules, file, **work), tmp_path)
        assert after == Annotations(revision=before.revision, counterpoints=before.counterpoints)


def test_a_graph_without_annotations_gets_a_file(modules: Page, tmp_path: Path) -> None:
    work: dict[str, Any] = {
        "labels": {"1_2": {"text": "it: is", "by": "ann"}},
        "groups": {"a": {"name": "A", "nodes": ["1_2_3", "4_5"]}},
        "pins": ["1_2_3"],
    }
    after = propose(modules, tmp_path / "none.yaml", **work)
    assert after == (
        "revision: 3\n"
        "labels:\n"
        '  "1_2": {text: "it: is", by: ann}\n'
        "groups:\n"
        '  a: {name: A, nodes: ["1_2_3", "4_5"]}\n'
        'pins: ["1_2_3"]\n'
    )
    assert as_sent(read(after, tmp_path)) == merged(Annotations(), **work)


def test_what_no_file_may_hold_is_replaced(modules: Page, tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    after = propose(modules, file, labels={"1_2": {"text": "a\0b", "note": "\ud800"}})
    assert read(after, tmp_path).labels["1_2"].text == "a\ufffdb"


HOSTILE = [
    "'\"`",
    "a: b",
    "- x",
    "# no comment",
    "{not: a, map}",
    "[1]",
    "&anchor *alias !tag",
    "yes",
    "null",
    "~",
    "12",
    "1e3",
    "\\n\\",
    "%YAML",
    "@at",
    "|",
    "> folded",
    "?",
    "<img src=x onerror=alert(1)>",
    "日本語 العربية 🙂",
    "a\u2028b",
    "a\u0085b",
    "\u200fabc",
    "a\ufeffb",
    "x" * 200,
]
WRITE = """async (texts) => {
  const {scalar} = await import("./assets/viewer/editing/yaml_text.js");
  return texts.map(scalar);
}"""


def test_both_languages_write_a_text_alike(modules: Page) -> None:
    texts = [*HOSTILE, "plain", "a b ", "it's (so)", "9a", "é", "", "\0", "\n\t\b\x1f\x7f\uffff"]
    assert modules.evaluate(WRITE, texts) == [yaml_scalar(text) for text in texts]


TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30),
).filter(lambda text: text == text.strip() and text.strip("\ufeff\u0085 ") == text)
NOTE = st.one_of(
    st.none(),
    TEXT,
    st.lists(TEXT, min_size=1, max_size=4).map("\n".join),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
    ),
)
BY = st.one_of(st.none(), TEXT)
NODES = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 2000), st.integers(0, 9)).map(
        lambda one: "_".join(map(str, one))
    ),
    min_size=1,
    max_size=5,
    unique=True,
)


def without_nothing(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value is not None}


LABEL = st.builds(
    lambda text, by, confidence, note: without_nothing(
        {"text": text, "by": by, "confidence": confidence, "note": note}
    ),
    TEXT,
    BY,
    st.sampled_from([None, "low", "medium", "high"]),
    NOTE,
)
GROUP = st.builds(
    lambda name, nodes, by, note: without_nothing(
        {"name": name, "nodes": nodes, "by": by, "note": note}
    ),
    TEXT,
    NODES,
    BY,
    NOTE,
)
LABEL_KEY = st.one_of(
    st.tuples(st.integers(0, 29), st.integers(0, 99)).map(lambda one: f"{one[0]}_{one[1]}"),
    st.sampled_from(["1_2_3", "weird id", 'quo"te', "E_1_2", "ключ"]),
)
GROUP_KEY = st.sampled_from(["italy", "on", "null", "12", "a-b", "yes", "say-a-language"])
LABELS = st.dictionaries(LABEL_KEY, LABEL, max_size=4)
GROUPS = st.dictionaries(GROUP_KEY, GROUP, max_size=3)


def dump(value: Any, **how: Any) -> str:
    """JSON that YAML reads too: no line breaks of other kinds, no halves of characters."""
    text = json.dumps(value, ensure_ascii=False, **how)
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda m: f"\\u{ord(m[0]):04x}", text
    )


def lines_of(document: dict[str, Any], style: str, rest: random.Random) -> str:
    """A file that holds the document, written the way some person or program would."""
    if style == "json":
        return dump(document) + rest.choice(["", "\n"])
    if style == "pretty json":
        return dump(document, indent=2)
    lines = [rest.choice(["# head", "---", "revision: 1"])]
    for name, value in document.items():
        if rest.random() < 0.3:
            lines.append(f"# about {name}")
        if not value or (name == "pins" and rest.random() < 0.5):
            lines.append(f"{name}: {dump(value)}  # all")
        elif name == "pins":
            lines += [f"{name}:", *(f"- {dump(one)} # {one}" for one in value)]
        else:
            lines.append(f"{name}:  # {name}")
            for key, entry in value.items():
                lines += entry_lines(dump(key), entry, style, rest)
    return "\n".join(lines) + rest.choice(["", "\n", "\n\n# end\n"])


def entry_lines(key: str, entry: dict[str, Any], style: str, rest: random.Random) -> list[str]:
    if style == "lines":
        fields = ", ".join(f"{name}: {dump(value)}" for name, value in entry.items())
        return [f"  {key}:   {{{fields}}}  # {rest.random()}"]
    lines = [f"    {key}:"]
    for name, value in entry.items():
        if isinstance(value, list):
            lines += [f"      {name}:", *(f"        - {dump(one)}" for one in value)]
        else:
            lines.append(f"      {name}: {dump(value)}" + rest.choice(["", "  # why"]))
    return lines


def examples(most: int) -> settings:
    known = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=most, deadline=None, suppress_health_check=known)


@examples(50)
@given(data=st.data())
def test_any_edit_of_any_file_is_read_back(modules: Page, tmp_path: Path, data: Any) -> None:
    check_edit(modules, tmp_path, data)


@pytest.mark.slow
@examples(400)
@given(data=st.data())
def test_any_of_many_edits_is_read_back(modules: Page, tmp_path: Path, data: Any) -> None:
    check_edit(modules, tmp_path, data)


def check_edit(modules: Page, tmp_path: Path, data: Any) -> None:
    document = {
        "labels": data.draw(LABELS),
        "groups": data.draw(GROUPS),
        "pins": data.draw(st.one_of(st.just([]), NODES)),
    }
    for name in list(document):
        if not document[name] and data.draw(st.booleans()):
            del document[name]
    style = data.draw(st.sampled_from(["lines", "blocks", "json", "pretty json"]))
    text = lines_of(document, style, random.Random(data.draw(st.integers(0, 99))))
    text = text.replace("\n", data.draw(st.sampled_from(["\n", "\r\n"])))
    text = data.draw(st.sampled_from(["", "\ufeff"])) + text
    file = tmp_path / "graph.yaml"
    file.write_bytes(text.encode("utf-8"))
    before, _ = load_annotations(file)
    work: dict[str, Any] = {
        "labels": data.draw(edits_of(before.labels, LABEL_KEY, LABEL)),
        "groups": data.draw(edits_of(before.groups, GROUP_KEY, GROUP)),
    }
    if data.draw(st.booleans()):
        work["pins"] = data.draw(st.one_of(st.just([]), NODES))
    after = propose(modules, file, **work)
    found = read(after, tmp_path)
    wanted = merged(before, **work)
    assert as_sent(found)["labels"] == wanted["labels"]
    assert sets(as_sent(found)["groups"]) == sets(wanted["groups"])
    assert set(found.pins) == set(wanted["pins"])
    assert found.revision == before.revision
    if wanted == as_sent(before):
        assert after == text
    patch = modules.evaluate(PATCH, ["graph.yaml", text, after])
    assert applied(patch, tmp_path / "repository", text) == after


def edits_of(before: Any, keys: Any, entries: Any) -> Any:
    """Some entries taken away, some changed, some new; or the same again."""
    known = st.sampled_from(sorted(before)) if before else keys
    return st.dictionaries(st.one_of(known, keys), st.one_of(st.none(), entries), max_size=3)


def sets(groups: dict[str, Any]) -> dict[str, Any]:
    """Members have no order."""
    return {key: one | {"nodes": sorted(one["nodes"])} for key, one in groups.items()}


def applied(patch: str, folder: Path, before: str) -> str:
    """The file after `git apply`."""
    folder.mkdir(exist_ok=True)
    file = folder / "graph.yaml"
    file.write_bytes(before.encode("utf-8"))
    if "@@" in patch:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(command, cwd=folder, input=patch.encode(), check=True, capture_output=True)
    return file.read_bytes().decode("utf-8")
