"""`tracer check`: what it finds, how it says so, and with which status it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.builders import make_graph
from tests.galleries import GalleryFolder, make_gallery
from tracer.cli import tracer

WRITE_UP = "site_src/write-ups/france-paris.md"
STRONGEST = "The strongest: 1_3_4, 1_9_5, 0_7_4."
ANNOTATIONS = "site_src/annotations/france-paris.yaml"


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GalleryFolder:
    """A gallery without anything to find, and the working folder."""
    found = make_gallery(tmp_path / "gallery")
    found.write(WRITE_UP, STRONGEST)
    monkeypatch.chdir(found.root)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tracer, ["check", *arguments])


def told(*arguments: str) -> list[str]:
    return run(*arguments).output.splitlines()[:-1]


def test_nothing_to_find(gallery: GalleryFolder) -> None:
    done = run("--strict")
    assert (done.exit_code, done.output) == (0, "No mistakes found.\n")


def test_each_mistake_is_told_at_its_place_and_all_at_once(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "titel: x\n")
    gallery.write("site_src/write-ups/france-pari.md", "x\n")
    gallery.write(WRITE_UP, f"[x](node:9_9_9) {STRONGEST}\n")
    done = run()
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "error: site_src/site.yaml:1:1: unknown key `titel`; did you mean `title`?",
        "error: site_src/write-ups/france-pari.md: there is no graph `france-pari`; did you mean "
        "`france-paris`?",
        f"error: {WRITE_UP}:1:5: the graph has no node `9_9_9`; did you mean `1_9_5`?",
        "3 errors.",
    ]


BY_IDS = (
    "{slug: france-paris, prompt: The capital of France is, target: {id: 42}, contrast: [{id: 41}]}"
)
WARNINGS: list[tuple[dict[str, str], str]] = [
    ({"site_src/pages/p.md": "a ![](../files/a.png)\n", "site_src/files/a.png": ""}, ":1:7: this "
     "picture has no text in its place"),
    ({WRITE_UP: f"---\ntitle: x\ndate: 2099-05-05\n---\n{STRONGEST}"},
     f"{WRITE_UP}:3:7: the date 2099-05-05 has not come yet"),
    ({"site_src/files/a.txt": "x"}, "site_src/files/a.txt: nothing reads this"),
    ({"site_src/writeups/x.md": "x"}, "site_src/writeups: nothing reads this; did you mean "
     "`write-ups`?"),
    ({"site_src/prompt.yaml": "x"}, "nothing reads this; did you mean `prompts.yaml`?"),
    ({"site_src/pages/more/x.md": "x"}, "site_src/pages/more: nothing reads this"),
    ({"graphs/france-paris/one.json": "x"}, "graphs/france-paris/one.json: nothing reads this"),
    ({"graphs/france-paris/7.stability.bin": "x"},
     "7.stability.bin: there is no graph beside this"),
    ({"site_src/labels/tiny.neuron.yaml": ""}, "no graph is made of `tiny.neuron`; did you mean "
     "`tiny.neurons`?"),
    ({"templates/grpah.html": "x"}, "templates/grpah.html: nothing reads this; did you mean "
     "`graph.html`?"),
    ({"assets/styles/sit.css": "x"}, "assets/styles/sit.css: nothing reads this; did you mean "
     "`styles/site.css`?"),
    ({"assets/styles/viewer/edits.css": "x"}, "assets/styles/viewer/edits.css: nothing reads this"),
    ({"assets/styles/viewer/dialog.css": "x", "assets/styles/viewer.css": "x"},
     "dialog.css: nothing reads this; `assets/styles/viewer.css` does not import it"),
    ({"assets/styles/site/prose.css": "x", "assets/styles/site.css": "x"},
     "prose.css: nothing reads this; `assets/styles/site.css` does not import it"),
    ({"site_src/site.yaml": "authors: [{name: Ann Lee}]",
      WRITE_UP: f"---\nauthors: [An Lee]\n---\n{STRONGEST}"},
     f"{WRITE_UP}:2:11: `An Lee` is not among the authors of site.yaml; did you mean `Ann Lee`?"),
    ({"site_src/prompts.yaml": "graphs:\n  - {slug: france-paris, prompt: Another}\n"},
     "prompts.yaml:2:5: the newest graph answers another question than the list asks"),
    ({"site_src/prompts.yaml": "graphs:\n  - {slug: france-paris, prompt: The capital of France "
      "is, target: ' Paris', contrast: [' Rome']}\n"}, "answers another question"),
    ({"site_src/prompts.yaml": f"graphs:\n  - {BY_IDS}\n"}, "answers another question"),
]  # fmt: skip


def test_a_part_of_the_viewers_sheet_is_read_where_it_is_imported(gallery: GalleryFolder) -> None:
    gallery.write("assets/styles/viewer/editing.css", "x")
    assert told() == []
    gallery.write("assets/styles/viewer.css", '@import "viewer/mine.css";\n')
    gallery.write("assets/styles/viewer/mine.css", "x")
    (line,) = told()
    assert "editing.css: nothing reads this" in line


@pytest.mark.parametrize(("files", "message"), WARNINGS, ids=[one[1][:60] for one in WARNINGS])
def test_a_warning_fails_only_when_asked_to(
    gallery: GalleryFolder, files: dict[str, str], message: str
) -> None:
    for path, text in files.items():
        gallery.write(path, text)
    (line,) = told()
    assert line.startswith("warning: ") and message in line
    assert run().output.endswith("1 warning.\n")
    assert run().exit_code == 0
    assert run("--strict").exit_code == 1


ENTRY = """graphs:
  - slug: france-paris
    prompt: The capital of France is
    target: " Paris"
    contrast: [" Berlin"]
"""


@pytest.mark.parametrize(
    ("defaults", "message"),
    [
        ("model: smollm2-135m-instrukt", "1:19: there is no model `smollm2-135m-instrukt`; did"),
        ("model: o/tiny, features: nuerons", "1:37: unknown features `nuerons`; did you mean"),
        ("model: o/tyni", "1:19: the newest graph is of the model `o/tiny`, not of `o/tyni`; did"),
        (
            "model: o/tiny, features: 'hf:o/r'",
            "1:37: the newest graph is of the features `o.tiny.neurons`, not of `hf:o/r`; run",
        ),
        ("model: o/tiny", None),
        ("model: o/tiny, features: neurons", None),
    ],
)
def test_the_list_names_models_and_features_that_there_may_be(
    gallery: GalleryFolder, defaults: str, message: str | None
) -> None:
    info = make_graph().metadata.tracer
    assert info is not None
    model = info.model.model_copy(update={"name": "o/tiny"})
    features = info.features.model_copy(update={"source": "o.tiny.neurons"})
    theirs = info.model_copy(update={"model": model, "features": features})
    graph = make_graph(tracer=theirs.model_dump())
    graph.save(gallery.root / "graphs" / "france-paris" / "1.json")
    gallery.write("site_src/prompts.yaml", f"defaults: {{{defaults}}}\n{ENTRY}")
    found = told()
    if message is None:
        assert found == []
    else:
        assert [one.startswith(f"warning: site_src/prompts.yaml:{message}") for one in found] == [
            True
        ]


def test_a_folder_that_only_the_tracing_machine_has_is_a_note(gallery: GalleryFolder) -> None:
    entry = ENTRY.replace("    prompt", "    model: /srv/nowhere\n    prompt")
    gallery.write("site_src/prompts.yaml", entry)
    (line,) = told("--strict")
    assert line.startswith("note: site_src/prompts.yaml:3:12: there is no folder `/srv/nowhere`")


@pytest.mark.parametrize(
    "files",
    [
        {"site_src/pages/p.md": "![a](../files/a.png)\n", "site_src/files/a.png": ""},
        {WRITE_UP: f"[a](../files/data.csv) {STRONGEST}\n", "site_src/files/data.csv": ""},
        {WRITE_UP: f"---\ndate: 2099-05-05\ndraft: true\n---\n{STRONGEST}"},
        {
            ANNOTATIONS: "groups: {g: {name: g, nodes: ['1_3'], note: '[a](../files/a.csv)'}}",
            "site_src/files/a.csv": "",
        },
        {"templates/404.html": "{% include 'mine.html' %}", "templates/mine.html": "x"},
        {"assets/styles/tokens.css": ":root {}"},
        {"site_src/labels/tiny.neurons.yaml": ""},
        {"site_src/.DS_Store": ""},
    ],
)
def test_what_is_used_is_no_warning(gallery: GalleryFolder, files: dict[str, str]) -> None:
    for path, text in files.items():
        gallery.write(path, text)
    assert told() == []


def test_a_question_asked_by_ids_is_the_graphs_own(gallery: GalleryFolder) -> None:
    gallery.write("site_src/prompts.yaml", f"graphs:\n  - {BY_IDS.replace('41', '43')}\n")
    assert not any("another question" in line for line in told())


def test_a_graph_without_a_write_up(gallery: GalleryFolder) -> None:
    (gallery.root / WRITE_UP).unlink()
    assert told() == [
        "warning: graphs/france-paris/1.json: this graph has no write-up; tell what it shows in "
        f"{WRITE_UP}"
    ]


def test_annotations_that_fit_a_newer_revision_still(gallery: GalleryFolder) -> None:
    make_graph().save(gallery.root / "graphs" / "france-paris" / "2.json")
    gallery.write(ANNOTATIONS, 'revision: 1\npins: ["1_3_4"]\n')
    (line,) = told()
    assert line == (
        f"warning: {ANNOTATIONS}:1:11: written for revision 1, and there is 2 now; "
        "every node is still there: read it again, then write `revision: 2`"
    )


def test_annotations_that_do_not_fit_a_newer_revision_are_not_said_to(
    gallery: GalleryFolder,
) -> None:
    make_graph().save(gallery.root / "graphs" / "france-paris" / "2.json")
    gallery.write(ANNOTATIONS, 'revision: 1\npins: ["1_3_4", "8_8_8"]\n')
    error, line = told()
    assert error.startswith(f"error: {ANNOTATIONS}:2:17: no node matches `8_8_8`")
    assert "every node" not in line
    assert line.endswith("mend what it names that is gone: read it again, then write `revision: 2`")


def test_a_prompt_taken_off_the_list_and_one_not_traced_are_notes(gallery: GalleryFolder) -> None:
    gallery.write("site_src/prompts.yaml", "graphs:\n  - {slug: other, prompt: x}\n")
    assert told("--strict") == [
        "note: graphs/france-paris: this graph is not on the prompt list; it stays as it is",
        "note: site_src/prompts.yaml:2:5: `other` has no graph yet; run `tracer build-graphs`",
    ]
    assert run("--strict").exit_code == 0


def test_a_link_to_a_draft_breaks_the_build_without_drafts(gallery: GalleryFolder) -> None:
    gallery.write("site_src/pages/about.md", "[x](plan.md)\n")
    gallery.write("site_src/pages/plan.md", "---\ndraft: true\n---\nx\n")
    (line,) = told()
    assert line.startswith("error: site_src/pages/about.md:1:5: the link")
    assert "in a build without drafts" in line


def test_schemas_of_another_version_are_a_note(gallery: GalleryFolder) -> None:
    gallery.write("site_src/schemas/site.json", "{}")
    (line,) = told()
    assert line.startswith("note: site_src/schemas/site.json: ")
    CliRunner().invoke(tracer, ["schema", "--write"])
    assert told() == []


def test_for_programs(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "titel: x\n")
    gallery.write("site_src/files/a.png", "")
    found: dict[str, Any] = json.loads(run("--format", "json").output)
    assert (found["errors"], found["warnings"], found["notes"]) == (1, 1, 0)
    assert found["findings"][0] == {
        "level": "error",
        "file": "site_src/site.yaml",
        "line": 1,
        "column": 1,
        "message": "unknown key `titel`",
        "hint": "did you mean `title`?",
    }
    assert found["findings"][1]["line"] is None


def test_for_github(gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery.write("site_src/site.yaml", "title: 'x\n")
    gallery.write("site_src/files/100%,a:b.png", "")
    lines = told("--format", "github", "--root", str(gallery.root))
    assert re.match(r"::error file=site_src/site\.yaml,line=\d+,col=\d+::not valid YAML", lines[0])
    assert lines[1].startswith("::warning file=site_src/files/100%25%2Ca%3Ab.png::nothing reads")
    monkeypatch.chdir(gallery.root.parent)
    assert "file=gallery/site_src/site.yaml," in told("--format", "github", "--root", "gallery")[0]


def test_what_stops_everything_is_told_with_the_rest(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "titel: x\n")
    gallery.write("templates/404.html", "").write_bytes(b"caf\xe9")
    lines = told()
    assert len(lines) == 2
    assert "unknown key `titel`" in lines[0]
    assert re.search(r"templates/404\.html:1: byte 0xe9 is not UTF-8", lines[1])


def test_checking_writes_nothing(gallery: GalleryFolder) -> None:
    before = sorted(gallery.root.rglob("*"))
    run()
    assert sorted(gallery.root.rglob("*")) == before
