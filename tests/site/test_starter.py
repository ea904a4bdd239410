from __future__ import annotations

from pathlib import Path

import pytest

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
    graph = GraphFolder(tmp_path / "mine" / "graphs").load(entry.slug, 1)
    info = graph.metadata.tracer
    assert info is not None
    assert (graph.metadata.prompt, info.question.target) == (entry.prompt, entry.target)
    assert info.question.contrast == entry.contrast


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
