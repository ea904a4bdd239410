from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.everyday import everyday
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import load_prompts
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.starter import EXAMPLE, start_gallery


def test_a_new_gallery_has_no_mistakes_and_builds(tmp_path: Path) -> None:
    names = start_gallery(tmp_path / "mine", title='"So": we go')
    assert {".gitignore", "netlify.toml", "README.md", "requirements.txt"} < set(names)
    assert check(tmp_path / "mine") == []
    build(tmp_path / "mine", tmp_path / "mine" / "public")
    front = (tmp_path / "mine" / "public" / "index.html").read_text()
    assert "&#34;So&#34;: we go" in front
    for path in (f"graphs/{EXAMPLE}", "how-to-read", "contribute"):
        assert (tmp_path / "mine" / "public" / path / "index.html").exists()


def test_its_prompt_is_the_one_its_graph_was_made_from(tmp_path: Path) -> None:
    start_gallery(tmp_path / "mine")
    (entry,) = load_prompts(tmp_path / "mine" / "site_src" / "prompts.yaml").graphs
    graph = GraphFolder(tmp_path / "mine" / "graphs").load(entry.slug, 2)
    info = graph.metadata.tracer
    assert info is not None
    assert (graph.metadata.prompt, info.question.target) == (entry.prompt, entry.target)
    assert info.question.contrast == entry.contrast


ABOUT = [
    f"graphs/{EXAMPLE}",
    f"site_src/write-ups/{EXAMPLE}.md",
    f"site_src/annotations/{EXAMPLE}.yaml",
    "site_src/prompts.yaml",
    "site_src/pages",
]
EMPTY_LISTS = [
    "",
    "# nothing yet\n",
    "graphs:\n",
    "graphs: []\n",
    "defaults: {model: o/r}\ngraphs:\n",
]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun") / "mine"
    start_gallery(folder)
    return folder


@pytest.mark.parametrize("kept", everyday(range(2 ** len(ABOUT)), (0, 5, 22, 30)))
def test_the_example_may_be_taken_away_in_any_part(begun: Path, tmp_path: Path, kept: int) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(begun, mine)
    gone = [one for bit, one in enumerate(ABOUT) if not kept >> bit & 1]
    for one in gone:
        file = mine / one
        shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
    found = check(mine)
    assert [str(one.problem) for one in found if one.level == "error"] == []
    left = [one for one in ABOUT[1:3] if one not in gone]
    unseen = [one.problem for one in found if "nobody sees this" in one.problem.message]
    orphaned = not kept & 1 and ABOUT[3] in gone
    assert len(unseen) == (len(left) if orphaned else 0)
    if kept in (0, 1, 3, 6):
        build(mine, mine / "public")
        assert (mine / "public" / "index.html").exists()


@pytest.mark.parametrize("text", EMPTY_LISTS)
def test_a_list_may_be_empty_where_nothing_is_traced(
    begun: Path, tmp_path: Path, text: str
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(begun, mine)
    (mine / "site_src" / "prompts.yaml").write_text(text)
    found = check(mine)
    assert [one.problem.message for one in found] == ["this graph is not on the prompt list"]
    with pytest.raises(TracerError, match="there are no prompts in this file"):
        load_prompts(mine / "site_src" / "prompts.yaml")


def test_links_to_groups_that_nobody_named_are_words(begun: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(begun, mine)
    (mine / ABOUT[2]).unlink()
    (mine / ABOUT[1]).write_text("An [**Italian**](group:language) word, [x](node:29_555_14).\n")
    told = [str(one.problem).replace(f"{mine}/", "") for one in check(mine)]
    assert [one.partition(";")[0] for one in told if "nobody has named" in one] == [
        f"{ABOUT[1]}:1:18: this leads nowhere: nobody has named the group `language`"
    ]
    build(mine, mine / "public")
    page = (mine / "public" / "graphs" / EXAMPLE / "index.html").read_text()
    assert "An <strong>Italian</strong> word, <a class=" in page


def test_an_empty_folder_will_do_and_any_other_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    start_gallery(tmp_path / "empty")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for there in (tmp_path / "full", tmp_path / "full" / "thesis.txt", tmp_path / "empty"):
        with pytest.raises(TracerError, match="there is something here already"):
            start_gallery(there)
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["thesis.txt"]


def test_nothing_is_left_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TracerError, match="nothing can be written here"):
        start_gallery(tmp_path / "file" / "mine")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_template_may_build_on_the_packaged_one_of_its_name(tmp_path: Path) -> None:
    start_gallery(tmp_path / "mine")
    own = tmp_path / "mine" / "templates" / "404.html"
    own.parent.mkdir()
    own.write_text('{% extends "tracer/404.html" %}{% block title %}Lost{% endblock %}')
    build(tmp_path / "mine", tmp_path / "mine" / "public")
    page = (tmp_path / "mine" / "public" / "404.html").read_text()
    assert "<title>Lost</title>" in page and "There is no such page" in page
