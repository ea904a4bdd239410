"""Every feature has a page, which says what is known of it in all graphs and nothing older."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, cast

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.account_graphs import account_graph, save_account
from tests.builders import make_graph
from tests.documents.test_feature_examples import feature_file
from tests.galleries import GalleryFolder
from tests.site.test_build import contents
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.graph import Graph
from tracer.site.build import build
from tracer.site.features.feature_page import FeaturePage
from tracer.site.features.general import GeneralFeature

SOURCE = "features/tiny.neurons"


def another(gallery: GalleryFolder, slug: str, **changes: Any) -> None:
    """The same graph under another name, or with its first feature renamed by `index`."""
    fields = json.loads(make_graph(slug=slug).to_json())
    if index := changes.get("index"):
        fields = json.loads(json.dumps(fields).replace("0_7_4", f"0_{index}_4"))
    Graph.model_validate(fields).save(gallery.root / "graphs" / slug / "1.json")


def record(**changes: Any) -> str:
    return json.dumps(feature_file(7, **changes))


def page(out: Path, key: str) -> LexborHTMLParser:
    file = out / SOURCE / key.replace("_", "/", 1) / "index.html"
    return LexborHTMLParser(file.read_text("utf-8"))


def text(out: Path, key: str, selector: str = "article") -> str:
    found = page(out, key).css_first(selector)
    assert found is not None
    return " ".join(found.text().split())


@pytest.fixture
def three(gallery: GalleryFolder) -> GalleryFolder:
    """Three graphs of the same features, and one more that lacks one of them."""
    gallery.write("site_src/site.yaml", "search: false\n")
    another(gallery, "b")
    another(gallery, "c")
    another(gallery, "d", index=8)
    return gallery


def test_every_feature_has_a_page_with_texts_or_without(three: GalleryFolder) -> None:
    three.write(f"{SOURCE}/0_7.json", record())
    out = three.root / "public"
    build(three.root, out)
    keys = {"0_7", "0_8", "1_3", "1_9", "1_11"}
    assert {f"{SOURCE}/{key.replace('_', '/')}/index.html" for key in keys} == {
        path
        for path in contents(out)
        if path.count("/") == 4
        and path.startswith(f"{SOURCE}/")
        and path.endswith("index.html")
        and path.split("/")[2].isdecimal()
    }
    told = text(out, "0_7")
    assert "Neuron 7 of layer 0" in told
    assert "It stands in 3 of 4 graphs" in told
    assert "general" in told
    assert "Active on 2 % of tokens" in told.replace("\xa0", " ")
    marks = [(one.text(), one.attributes["class"]) for one in page(out, "0_7").css("mark")]
    assert marks[:2] == [(" <b>Rome</b>", "act-5 strongest"), ("↵", "act-1")]
    assert "There are no texts here" in text(out, "1_3")


def test_names_say_by_whom_and_where(three: GalleryFolder) -> None:
    three.write("site_src/annotations/b.yaml", 'labels: {"1_3": {text: France, by: ann}}\n')
    three.write(
        f"{SOURCE}/1_9.json", record(suggestion={"name": "cities", "from": "texts", "auroc": 0.91})
    )
    out = three.root / "public"
    build(three.root, out)
    assert text(out, "1_3", "h1") == "France"
    assert "A person gave this name: ann." in text(out, "1_3")
    assert page(out, "1_3").css_first("h1.automatic") is None
    assert page(out, "1_9").css_first("h1.automatic") is not None
    assert text(out, "1_9", "h1") == "cities"
    assert "AUROC of 0.91" in text(out, "1_9")
    listed = LexborHTMLParser((out / SOURCE / "by-name" / "index.html").read_text("utf-8"))
    rows = [" ".join(one.text().split()) for one in listed.css("tbody tr")]
    assert rows[0].startswith("1 / 3 France general 4")
    assert rows[1].startswith("1 / 9 cities suggested")
    three.write("site_src/labels/tiny.neurons.yaml", 'labels: {"1_9": {text: rivers, by: bo}}\n')
    build(three.root, out)
    assert text(out, "1_9", "h1") == "rivers"  # a person's name wins


def test_links_are_counted_over_graphs(three: GalleryFolder) -> None:
    out = three.root / "public"
    build(three.root, out)
    found = page(out, "1_3").css_first("table.features tbody")
    assert found is not None
    rows = [[one.text().strip() for one in row.css("th, td")] for row in found.css("tr")]
    # 0.9 is the link's weight, 0.9 / 2 the effect over the activation of what it leads to.
    assert rows[0] == ["0 / 7", "no name yet", "3", f"+{3 * 0.9 * 0.9 / 2:.2f}"]
    assert rows[1][2] == "1"


def test_accounts_are_told_graph_by_graph(gallery: GalleryFolder) -> None:
    graph, parts = account_graph()
    fields = json.loads(graph.to_json())
    node = next(one for one in fields["nodes"] if one["node_id"] == "1_3_5")
    node |= {"reads": [{"word": "France", "share": 0.4}], "pushes": ["Paris"], "opposes": ["the"]}
    save_account(
        Graph.model_validate(fields), parts, gallery.root / "graphs" / "account" / "1.json"
    )
    out = gallery.root / "public"
    gallery.write("site_src/site.yaml", "search: false\n")
    build(gallery.root, out)
    told = text(out, "1_3", ".standings")
    assert "PushesParis" in told
    assert "France 40 %" in told
    also = json.loads((out / SOURCE / "1" / "3" / "also.json").read_text())
    assert {one[0] for one in also["graphs"]} == {"account", "france-paris"}


def test_no_other_program_s_graph_has_pages_unless_it_names_its_set(
    gallery: GalleryFolder,
) -> None:
    fields = json.loads(make_graph(slug="foreign").to_json())
    del fields["metadata"]["tracer"]
    file = gallery.root / "graphs" / "foreign" / "1.json"
    Graph.model_validate(fields).save(file)
    gallery.write("site_src/site.yaml", "search: false\n")
    out = gallery.root / "public"
    build(gallery.root, out)
    assert not (out / "graphs" / "foreign" / "features.json").exists()
    fields["metadata"] |= {"scan": "gemma-2-2b"}
    fields["metadata"]["feature_details"] = {"neuronpedia_source_set": "clt-hp"}
    Graph.model_validate(fields).save(file)
    build(gallery.root, out)
    (own,) = (out / "features").glob("gemma*/1/3/index.html")
    assert "https://www.neuronpedia.org/gemma-2-2b/1-clt-hp/3" in own.read_text("utf-8")


def test_one_graph_remakes_only_what_depends_on_it(three: GalleryFolder) -> None:
    three.write(f"{SOURCE}/0_7.json", record())
    out = three.root / "public"
    build(three.root, out)
    before = contents(out)
    three.write("site_src/annotations/d.yaml", 'labels: {"0_8": {text: eight}}\n')
    build(three.root, out)
    changed = {path for path, data in contents(out).items() if before.get(path) != data}
    assert f"{SOURCE}/0/8/index.html" in changed
    assert f"{SOURCE}/1/3/index.html" in changed  # what it feeds tells its name
    others = {f"{SOURCE}/{key}/index.html" for key in ("0/7", "1/9", "1/11")}
    assert changed & others == set()


def made_afresh(out: Path, earlier: dict[str, int]) -> set[str]:
    return {path for path, number in numbers(out).items() if earlier.get(path) != number}


def numbers(out: Path) -> dict[str, int]:
    """What tells whether a file was written anew."""
    files = (file for file in out.rglob("*") if file.is_file())
    return {file.relative_to(out).as_posix(): file.stat().st_mtime_ns for file in files}


def test_one_record_remakes_its_own_page(three: GalleryFolder) -> None:
    three.write(f"{SOURCE}/0_7.json", record())
    three.write(f"{SOURCE}/1_9.json", record())
    out = three.root / "public"
    build(three.root, out)
    before = numbers(out)
    three.write(f"{SOURCE}/1_9.json", record(activation_frequency=0.5))
    build(three.root, out)
    made = made_afresh(out, before)
    assert f"{SOURCE}/1/9/index.html" in made
    assert not made & {f"{SOURCE}/0/7/index.html", f"{SOURCE}/1/3/index.html"}
    assert "Active on 50" in text(out, "1_9")


def test_what_is_gone_leaves_no_page_behind(three: GalleryFolder, tmp_path: Path) -> None:
    out = three.root / "public"
    three.write(f"{SOURCE}/0_8.json", record())
    build(three.root, out)
    shutil.rmtree(three.root / "graphs" / "d")
    (three.root / f"{SOURCE}/0_8.json").unlink()
    build(three.root, out)
    assert not (out / SOURCE / "0" / "8").exists()
    build(three.root, tmp_path / "cold")
    assert contents(out) == contents(tmp_path / "cold")


def test_a_draft_stands_on_no_feature_s_page(three: GalleryFolder) -> None:
    three.write("site_src/write-ups/d.md", "---\ntitle: Secret\ndraft: true\n---\nx\n")
    out = three.root / "public"
    build(three.root, out)
    assert not (out / SOURCE / "0" / "8").exists()
    assert not [path for path, data in contents(out).items() if b"Secret" in data]


def test_a_graph_without_features_is_in_no_list(gallery: GalleryFolder) -> None:
    fields = json.loads(make_graph(slug="bare").to_json())
    fields["metadata"]["tracer"]["features"]["source"] = "bare.neurons"
    fields["nodes"] = [one for one in fields["nodes"] if one["feature_type"] != "neuron"]
    ids = {one["node_id"] for one in fields["nodes"]}
    fields["links"] = [one for one in fields["links"] if {one["source"], one["target"]} <= ids]
    Graph.model_validate(fields).save(gallery.root / "graphs" / "bare" / "1.json")
    out = gallery.root / "public"
    gallery.write("site_src/site.yaml", "search: false\n")
    build(gallery.root, out)
    assert not (out / "features" / "bare.neurons").exists()
    assert "bare.neurons" not in (out / "features" / "index.html").read_text("utf-8")


@pytest.mark.parametrize(("below", "first"), [(True, "Lowest"), (None, "Strongest")])
def test_texts_of_the_side_that_the_name_is_about_come_first(
    below: bool | None, first: str
) -> None:
    examples = [{"tokens": ["a", "b"], "tokens_acts_list": [2.0, -3.0]}]
    quantiles = [
        {"quantile_name": "Strongest", "examples": examples},
        {"quantile_name": "Lowest", "below": True, "examples": examples},
    ]
    suggestion = {"name": "b", "from": "texts", "below": below}
    fields = feature_file(examples_quantiles=quantiles, suggestion=suggestion)
    record = FeatureExamples.model_validate(fields)
    ranges = FeaturePage(cast(GeneralFeature, None), record).ranges  # which they do not ask
    assert ranges[0].name == first
