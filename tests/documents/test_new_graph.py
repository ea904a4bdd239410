from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.galleries import GalleryFolder, make_gallery
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.files import write_atomically
from tracer.documents.new_graph import new_graph
from tracer.documents.prompt_entry import with_entry
from tracer.documents.prompts import load_prompts
from tracer.documents.token_id import TokenId
from tracer.errors import TracerError
from tracer.site.content.texts import load_markdown
from tracer.site.survey.survey import survey

FILE = Path("prompts.yaml")
LISTED = """\
# What the gallery traces.
defaults: {model: m}   # the small one
graphs:
  # the first
  - slug: a
    prompt: >
      folded
      text   # no comment
  - slug: b   # the second
    prompt: x

# the end
"""


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return make_gallery(tmp_path / "gallery")


def test_answers_may_be_named_by_ids(gallery: GalleryFolder) -> None:
    new_graph(
        gallery.root,
        "byte",
        prompt="Bytes are",
        target=TokenId(id=236),
        contrast=[" Paris", TokenId(id=9)],
    )
    listed = load_prompts(gallery.root / "site_src" / "prompts.yaml").entry("byte")
    assert listed is not None
    assert (listed.target, listed.contrast) == (TokenId(id=236), (" Paris", TokenId(id=9)))


def contents(root: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_an_entry_is_put_behind_the_last_and_every_comment_stays() -> None:
    entry = {"slug": "c", "prompt": 'He said: "no"', "target": "b"}
    made = with_entry(LISTED, FILE, entry)
    new = '  - slug: c\n    prompt: "He said: \\"no\\""\n    target: b\n'
    assert made == LISTED.replace("prompt: x\n", "prompt: x\n" + new)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only this\n",
        "graphs:\n",
        "graphs: []  # none yet\n",
        "defaults: {model: m}\n",
        "graphs:\ndefaults: {model: m}\n",
        "graphs:\n- slug: a\n  prompt: x\ndefaults: {model: m}\n",
        "graphs:\n      -   slug: a\n          prompt: x",
        "graphs:\n  - {slug: a, prompt: x}\n# note\ndefaults: {model: m}\n",
    ],
)
def test_lists_of_every_shape_take_an_entry(text: str) -> None:
    made = with_entry(text, FILE, {"slug": "new", "prompt": "y"})
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(made)
    assert after["graphs"] == [*(before.get("graphs") or []), {"slug": "new", "prompt": "y"}]
    assert after.get("defaults") == before.get("defaults")
    assert [line for line in text.split("\n") if "#" in line and "[]" not in line] == [
        line for line in made.split("\n") if "#" in line and "none yet" not in line
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LISTED.replace("slug: b", "slug: c"), "prompts.yaml:9:11: the slug `c` is on the list"),
        ("graphs: [{slug: a, prompt: x}]", "prompts.yaml:1:9: this list is written on one line"),
        ("graphs: [\n]", "this list is written unusually"),
        ("graphs:\n  - slug: a\n", "prompts.yaml:2:5"),
        ("- a\n", "prompts.yaml"),
    ],
)
def test_a_list_that_cannot_take_it_is_left_alone(text: str, message: str) -> None:
    with pytest.raises(TracerError) as caught:
        with_entry(text, FILE, {"slug": "c", "prompt": "y"})
    assert message in str(caught.value)


@pytest.mark.parametrize("prompt", ["No", "1", " x ", "a: b # c", "täg\u2028\u0085x", "'", "- a"])
def test_any_prompt_means_the_same_when_read_back(prompt: str) -> None:
    try:
        made = with_entry("", FILE, {"slug": "c", "prompt": prompt})
    except TracerError as error:
        assert "without changing its meaning" in str(error)
        return
    assert yaml.safe_load(made)["graphs"][0]["prompt"] == prompt


def test_a_new_graph_is_on_the_list_with_files_to_write_in(gallery: GalleryFolder) -> None:
    gallery.write("site_src/prompts.yaml", LISTED)
    written = new_graph(
        gallery.root, "moon", prompt="The moon is", target=" round", contrast=[" flat"]
    )
    entry = load_prompts(gallery.root / "site_src/prompts.yaml").graphs[-1]
    assert (entry.slug, entry.target, entry.contrast) == ("moon", " round", (" flat",))
    text = load_markdown(gallery.root / "site_src/write-ups/moon.md")
    assert text.meta.title == "The moon is" and text.meta.draft
    annotations = gallery.root / "site_src/annotations/moon.yaml"
    assert load_annotations(annotations)[0] == Annotations()
    schema = annotations.read_text().split("\n")[0].partition("$schema=")[2]
    assert (annotations.parent / schema).resolve() in [file.resolve() for file in written]


def test_a_gallery_with_a_graph_that_is_not_traced_yet_has_no_mistakes(
    gallery: GalleryFolder,
) -> None:
    new_graph(gallery.root, "moon", prompt="The moon is", target=None, contrast=())
    assert [str(one) for one in survey(gallery.root).problems] == []


@pytest.mark.parametrize(
    ("slug", "there", "message"),
    [
        ("Moon", None, "try `moon`"),
        ("../moon", None, "try `moon`"),
        ("con", None, "try `graph-con`"),
        ("moon", "site_src/write-ups/moon.md", "there is something of that name already"),
        ("moon", "site_src/annotations/moon.yaml", "there is something of that name already"),
        ("france-paris", None, "there is something of that name already"),
    ],
)
def test_what_is_there_is_never_overwritten(
    gallery: GalleryFolder, slug: str, there: str | None, message: str
) -> None:
    if there:
        gallery.write(there, "mine")
    before = contents(gallery.root)
    with pytest.raises(TracerError, match=message):
        new_graph(gallery.root, slug, prompt="x", target=None, contrast=())
    assert contents(gallery.root) == before


def test_a_list_with_mistakes_stops_before_anything_is_written(gallery: GalleryFolder) -> None:
    gallery.write("site_src/prompts.yaml", "graphs:\n  - slug: a\n    promt: x\n")
    before = contents(gallery.root)
    with pytest.raises(TracerError, match="promt"):
        new_graph(gallery.root, "moon", prompt="x", target=None, contrast=())
    assert contents(gallery.root) == before


@pytest.mark.parametrize(
    ("prompt", "contrast", "message"),
    [(" ", (), "the prompt is empty"), ("x", (" b",), "`contrast` needs a `target`")],
)
def test_a_question_that_is_none_is_refused(
    gallery: GalleryFolder, prompt: str, contrast: tuple[str, ...], message: str
) -> None:
    before = contents(gallery.root)
    with pytest.raises(TracerError, match=message):
        new_graph(gallery.root, "moon", prompt=prompt, target=None, contrast=contrast)
    assert contents(gallery.root) == before


def test_half_a_graph_is_taken_back(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracer.documents import new_graph as module

    new_graph(gallery.root, "first", prompt="x", target=None, contrast=())
    before, write = contents(gallery.root), write_atomically

    def fails_at_the_list(path: Path, text: str) -> None:
        if path.name == "prompts.yaml":
            raise TracerError("cannot be written")
        write(path, text)

    monkeypatch.setattr(module, "write_atomically", fails_at_the_list)
    with pytest.raises(TracerError, match="cannot be written"):
        new_graph(gallery.root, "moon", prompt="x", target=None, contrast=())
    assert contents(gallery.root) == before
