"""Try an intervention: what was measured when one thing was taken away, as a list and as data."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tests.heads_part import heads
from tests.site.graph.test_claims import ANNOTATIONS, evidence, page
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.evidence import Evidence
from tracer.documents.resolved_claims import find_in, resolve_claim
from tracer.site.graph.tried import Became, ShownTried, show_tried, steer_command

ALONE = "  lone: {name: Lone, nodes: [1_11_5]}\nclaims:"


def said_in(folder: Path) -> Annotations:
    file = folder / "one.yaml"
    file.write_text(ANNOTATIONS.replace("claims:", ALONE), "utf-8")
    return load_annotations(file)[0]


def became(said: Annotations, measured: Evidence) -> Became:
    resolved = resolve_claim(said.claims[0], make_graph(), said, find_in(Path()))
    return [(resolved, measured.claims[0])]


def shown(folder: Path) -> ShownTried:
    said, measured = said_in(folder), evidence()
    run = became(said, measured)
    steer = steer_command("france-paris", None)
    return show_tried(make_graph(), said, measured.faithfulness, run, heads(), steer)


def test_nodes_groups_and_heads_say_before_and_after(tmp_path: Path) -> None:
    found = shown(tmp_path)
    (group,) = found.groups
    assert (group.name, group.before, group.after) == ("“France”", "81\xa0%", "17\xa0%")
    assert group.change == "controls 70\xa0% to 80\xa0%" and "band" in group.picture
    first, second = found.nodes
    assert (first.before, first.after) == ("81\xa0%", "60\xa0%")
    assert first.change == "−0.50, predicted −0.60, control −0.10"
    assert second.change == "−1.10, predicted −0.90" and second.link["data-nodes"] == "1_3_4"
    look = found.heads[0]
    assert look.name == "0.1, from “is” (token 5) at “France” (token 4)"
    assert look.after == "25\xa0%" and look.link == {"href": "#head-0.1"}


def test_what_was_not_tried_has_its_command(tmp_path: Path) -> None:
    found = shown(tmp_path)
    assert found.untried == (("Lone", "tracer steer france-paris --ablate group:lone"),)
    assert ("a whole group", "tracer steer france-paris --ablate group:france") in found.commands
    assert steer_command("a", 2) == "tracer steer a --revision 2"


def test_nothing_tried_is_nothing_shown() -> None:
    assert not show_tried(make_graph(), Annotations(), None, [], None, "tracer steer x")


def test_it_stands_on_the_page_and_in_what_the_viewer_loads(gallery: GalleryFolder) -> None:
    gallery.write("site_src/annotations/france-paris.yaml", ANNOTATIONS)
    evidence().save(gallery.root / "graphs/france-paris/1.evidence.json")
    text = page(gallery)
    section = text[text.index('id="try"') : text.index('id="faithfulness"')]
    assert "nothing is computed here" in section and "<details" in section
    assert len(re.findall(r"<tr><th scope=\"row\">", section)) == 3
    (file,) = (gallery.root / "public/graphs/france-paris").glob("data.*.json")
    ((nodes, of, *numbers),) = json.loads(file.read_text())["tried"]
    assert [make_graph().node_ids[one] for one in nodes] == ["0_7_4", "1_3_4"]
    assert of == "probability of “Paris”"
    assert numbers == [0.81, 0.17, 0.7, 0.795, True]
