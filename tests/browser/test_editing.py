"""Names, groups and pins changed in the viewer, kept in the browser, shared and proposed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_circuit import box, link, middle
from tests.galleries import make_gallery
from tracer.documents.annotations import Annotations, load_annotations
from tracer.site.build import build
from tracer.site.survey.survey import survey

WRITTEN = """labels:
  "1_3": {text: France, by: ann}  # sure
groups:
  early: {name: Early on, nodes: ["0_7_4"], by: ann}
  late: {name: Later, nodes: ["1_9_5", "1_11_5"]}
pins: ["1_9_5"]
"""
CLAIMS = """claims:
  - {id: late-matters, ablate: late, expect: {token: " Paris", p_falls_by: 0.1}}
"""
HOSTILE = '"><img src=x onerror="document.title=1"><script>document.title=1</script>'
OpenGraph = Callable[..., str]


@pytest.fixture
def site(tmp_path: Path, serve_folder: Callable[[Path], str]) -> OpenGraph:
    """Builds a gallery of one graph and gives its page's address."""

    def write(annotations: str | None = WRITTEN, config: str = "") -> str:
        gallery = make_gallery(tmp_path / "gallery")
        if annotations is not None:
            gallery.write("site_src/annotations/france-paris.yaml", annotations)
        gallery.write("site_src/site.yaml", config)
        build(gallery.root, tmp_path / "public")
        return serve_folder(tmp_path / "public") + "graphs/france-paris/"

    return write


def ready(page: Page, address: str) -> None:
    """Opens a page and the way into editing, which opens by itself where there are edits."""
    page.goto(address)
    bar = page.locator(".edit-bar")
    expect(bar).to_be_visible()
    begin = bar.get_by_role("button", name="Edit names and groups")
    begin.evaluate_all("buttons => buttons.forEach((button) => button.click())")
    expect(bar.get_by_role("button", name="Undo")).to_be_visible()


def heading(page: Page) -> Locator:
    return page.locator("#viewer .node-name")


def button(page: Page, name: str) -> Locator:
    return page.locator("#viewer").get_by_role("button", name=name, exact=True)


def choose(page: Page, node: str) -> None:
    page.locator("#viewer-search").fill(node)
    page.locator(f'#viewer .search-results [data-node="{node}"]').click()
    page.locator("#viewer-search").fill("")


def name_it(page: Page, name: str, **more: str) -> None:
    page.locator(".edit-form").get_by_label("Name", exact=True).fill(name)
    for label, text in more.items():
        page.locator(".edit-form").get_by_label(re.compile(label)).fill(text)
    button(page, "Keep").click()


def group_boxes(page: Page) -> list[str]:
    boxes = page.locator("#circuit svg.circuit:visible [data-box]:has(rect.group)").all()
    return sorted(str(one.get_attribute("data-box")) for one in boxes)


def unsent(page: Page) -> Locator:
    return page.locator(".edit-bar .edit-count")


def proposed(page: Page, folder: Path) -> Annotations:
    """What Python reads from the file that the dialog offers."""
    button(page, "Propose changes").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the file").click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    assert file.name == "france-paris.yaml"
    return load_annotations(file)[0]


def test_a_new_name_is_everywhere_at_once_and_can_be_undone(page: Page, site: OpenGraph) -> None:
    ready(page, site())
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, "the country", Note="seen in *texts*", Your="bo")
    expect(heading(page)).to_have_text("the country")
    expect(page.locator("#viewer .details")).to_contain_text("Named by bo")
    expect(page.locator("#viewer .details .note")).to_have_text("seen in *texts*")
    expect(page.locator("#viewer .graph-labels .chosen")).to_have_text("the country")
    expect(unsent(page)).to_have_text("1 unsent edit, in this browser only")
    button(page, "Undo").click()
    expect(heading(page)).to_have_text("France")
    expect(unsent(page)).to_contain_text("No edits yet")
    button(page, "Redo").click()
    expect(heading(page)).to_have_text("the country")
    page.keyboard.press("Control+z")
    expect(heading(page)).to_have_text("France")
    page.keyboard.press("Control+Shift+Z")
    expect(heading(page)).to_have_text("the country")
    button(page, "Take its name away").click()
    expect(heading(page)).to_have_text("Neuron 3")


def test_a_name_of_ones_own_stands_before_a_shared_one(
    page: Page, site: OpenGraph, tmp_path: Path
) -> None:
    shared = tmp_path / "gallery" / "site_src" / "labels" / "tiny.neurons.yaml"
    shared.parent.mkdir(parents=True)
    shared.write_text('labels:\n  "1_11": {text: shared by all}\n', "utf-8")
    ready(page, site())
    choose(page, "1_11_5")
    expect(heading(page)).to_have_text("shared by all")
    expect(button(page, "Take its name away")).to_have_count(0)
    button(page, "Name it").click()
    name_it(page, "here")
    expect(heading(page)).to_have_text("here")
    button(page, "Take its name away").click()
    expect(heading(page)).to_have_text("shared by all")
    button(page, "Undo").click()
    assert set(proposed(page, tmp_path).labels) == {"1_3", "1_11"}


def test_what_editing_needs_is_fetched_with_the_first_edit(page: Page, site: OpenGraph) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[1]))
    page.goto(site())
    expect(page.locator(".edit-bar")).to_be_visible()
    page.wait_for_timeout(100)
    assert not [name for name in fetched if name.startswith("edit.")]
    choose(page, "1_11_5")
    button(page, "Pin").click()
    expect(unsent(page)).to_have_text("1 unsent edit, in this browser only")
    assert [name for name in fetched if name.startswith("edit.")]
    button(page, "Undo").click()
    expect(button(page, "Pin")).to_be_visible()


def test_ctrl_z_in_a_field_is_the_fields_own(page: Page, site: OpenGraph) -> None:
    ready(page, site())
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, "one")
    button(page, "Name it").click()
    page.locator(".edit-form").get_by_label("Name", exact=True).focus()
    page.keyboard.press("Control+z")
    expect(unsent(page)).to_contain_text("1 unsent edit")


def test_a_new_group_becomes_a_box_and_ungroup_takes_it_away(page: Page, site: OpenGraph) -> None:
    ready(page, site())
    assert group_boxes(page) == ["early", "late"]
    places = {key: middle(link(page, key)) for key in ("early", "late", "answer")}
    choose(page, "1_3_4")
    button(page, "Group with 1 pinned node").click()
    name_it(page, "Country & more")
    expect(box(page, "country-more")).to_be_visible()
    expect(box(page, "country-more").locator(".detail")).to_have_text(
        re.compile("layer.1, 2.neurons")
    )
    expect(heading(page)).to_have_text("Country & more")
    expect(box(page, "country-more").locator("a.chosen")).to_have_count(1)
    assert page.locator('#circuit svg.circuit:visible path[data-source="country-more"]').count()
    assert {key: middle(link(page, key))[0] for key in places} == pytest.approx(
        {key: x for key, (x, _) in places.items()}, abs=0.5
    )
    assert not overlapping(page)
    expect(page.locator(".circuit-origin")).to_contain_text("follows your edits")
    button(page, "Rename the group").click()
    name_it(page, "The country")
    expect(box(page, "country-more").locator(".name")).to_have_text("The country")
    button(page, "Ungroup").click()
    expect(box(page, "country-more")).to_have_count(0)
    button(page, "Undo").click()
    expect(box(page, "country-more")).to_be_visible()


def test_edits_are_in_both_pictures(page: Page, site: OpenGraph) -> None:
    page.goto(site())
    expect(page.locator(".circuit-frame.taken-over svg.wide")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator("#circuit svg.narrow")).to_be_visible()
    button(page, "Edit names and groups").click()
    expect(button(page, "Undo")).to_be_visible()
    link(page, "late").click()
    button(page, "Rename the group").click()
    name_it(page, "Much later")
    for width, kind in ((390, "narrow"), (1440, "wide")):
        page.set_viewport_size({"width": width, "height": 900})
        name = page.locator(f'#circuit svg.{kind} [data-box="late"] .name')
        expect(name).to_have_text("Much later")


def overlapping(page: Page) -> list[tuple[int, int]]:
    rects = page.locator("#circuit svg.circuit:visible [data-box] rect.box").all()
    places = [one.bounding_box() for one in rects]
    return [
        (i, j)
        for i, a in enumerate(places)
        for j, b in enumerate(places[:i])
        if a
        and b
        and a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    ]


def test_members_come_and_go(page: Page, site: OpenGraph, tmp_path: Path) -> None:
    ready(page, site())
    choose(page, "1_3_4")
    page.get_by_label("Add to a group").select_option("early")
    expect(page.locator("#viewer .details .group")).to_have_text("Early on")
    expect(box(page, "early").locator(".detail")).to_have_text(re.compile("2.neurons"))
    button(page, "Take out of “Early on”").click()
    button(page, "Undo").click()
    link(page, "late").click()
    page.get_by_label("Take a member out").select_option("1_11_5")
    expect(box(page, "late").locator(".detail")).to_have_text(re.compile("1.neuron$"))
    choose(page, "1_9_5")
    button(page, "Ungroup “Later”").click()
    expect(box(page, "late")).to_have_count(0)
    groups = proposed(page, tmp_path).groups
    assert {key: one.nodes for key, one in groups.items()} == {"early": ("0_7_4", "1_3_4")}


def test_ungrouping_what_a_claim_names_is_warned_of_before_it_is_proposed(
    page: Page, site: OpenGraph, tmp_path: Path
) -> None:
    ready(page, site(WRITTEN + CLAIMS))
    folder = tmp_path / "gallery"
    warning = page.locator("dialog.proposal [role=alert]")

    def taken_back(text: str) -> None:
        expect(warning).to_contain_text(text)
        page.get_by_role("button", name="Close").click()
        button(page, "Undo").click()

    link(page, "late").click()
    button(page, "Rename the group").click()
    name_it(page, "Much later")
    assert proposed(page, tmp_path).groups["late"].name == "Much later"
    expect(warning).to_have_count(0)
    assert not survey(adopted(folder, tmp_path)).problems
    page.get_by_role("button", name="Close").click()
    page.get_by_label("Take a member out").select_option("1_11_5")
    proposed(page, tmp_path)
    assert not survey(adopted(folder, tmp_path)).problems
    taken_back("the claim late-matters was tested with: “tracer verify france-paris”")
    link(page, "late").click()
    button(page, "Ungroup").click()
    proposed(page, tmp_path)
    [problem] = survey(adopted(folder, tmp_path)).problems
    assert "there is no group `late`" in str(problem)
    taken_back("the claim late-matters names it: “tracer check” refuses")


def adopted(folder: Path, proposals: Path) -> Path:
    """The gallery with the proposed file in place."""
    proposal = (proposals / "france-paris.yaml").read_bytes()
    (folder / "site_src" / "annotations" / "france-paris.yaml").write_bytes(proposal)
    return folder


def test_a_group_replaces_the_automatic_picture_until_it_is_taken_back(
    page: Page, site: OpenGraph, tmp_path: Path
) -> None:
    ready(page, site(None))
    automatic = group_boxes(page)
    assert len(automatic) > 1
    choose(page, "1_3_4")
    button(page, "Make a group of it").click()
    name_it(page, "France")
    expect(box(page, "france")).to_be_visible()
    assert group_boxes(page) == ["france"]
    expect(page.locator(".circuit-origin")).to_contain_text("in place of the automatic picture")
    assert not overlapping(page)
    button(page, "Undo").click()
    expect(box(page, "france")).to_have_count(0)
    assert group_boxes(page) == automatic
    expect(page.locator(".circuit-origin")).to_contain_text("This picture is automatic")
    button(page, "Redo").click()
    assert proposed(page, tmp_path).groups["france"].nodes == ("1_3_4",)


def test_hidden_nodes_leave_both_pictures_and_are_counted(page: Page, site: OpenGraph) -> None:
    ready(page, site())
    link(page, "late").click()
    button(page, "Hide").click()
    expect(page.locator("#viewer .hidden-count")).to_have_text(
        "2 of 13 nodes hidden: 2 hidden by you"
    )
    expect(box(page, "late")).not_to_be_visible()
    expect(page).to_have_url(re.compile("hide=1_9_5%2C1_11_5"))
    button(page, "Show all 2 hidden nodes").click()
    expect(box(page, "late")).to_be_visible()
    expect(page.locator("#viewer .hidden-count")).to_have_text("All 13 nodes shown")


@pytest.mark.slow
def test_edits_outlast_a_reload_until_they_are_discarded(page: Page, site: OpenGraph) -> None:
    address = site()
    ready(page, address)
    choose(page, "1_11_5")
    button(page, "Pin").click()
    button(page, "Name it").click()
    name_it(page, "a brake")
    page.goto("about:blank")
    ready(page, address)
    expect(unsent(page)).to_have_text("2 unsent edits, in this browser only")
    choose(page, "1_11_5")
    expect(heading(page)).to_have_text("a brake")
    expect(button(page, "Unpin")).to_be_visible()
    button(page, "Discard edits").click()
    page.get_by_role("button", name="Keep them").click()
    expect(heading(page)).to_have_text("a brake")
    button(page, "Discard edits").click()
    page.get_by_role("button", name="Discard them").click()
    expect(heading(page)).to_have_text("Neuron 11")
    expect(unsent(page)).to_contain_text("No edits yet")
    page.goto("about:blank")
    ready(page, address)
    expect(unsent(page)).to_contain_text("No edits yet")
    expect(button(page, "Undo")).to_be_disabled()


@pytest.mark.slow
def test_what_was_accepted_is_no_edit_any_more(page: Page, site: OpenGraph, tmp_path: Path) -> None:
    address = site()
    ready(page, address)
    choose(page, "1_11_5")
    button(page, "Name it").click()
    name_it(page, "a brake")
    expect(unsent(page)).to_contain_text("1 unsent edit")
    file = tmp_path / "gallery" / "site_src" / "annotations" / "france-paris.yaml"
    file.write_text(WRITTEN.replace("groups:", '  "1_11": {text: a brake}\ngroups:'), "utf-8")
    build(tmp_path / "gallery", tmp_path / "public")
    ready(page, address)
    expect(unsent(page)).to_contain_text("No edits yet")
    choose(page, "1_11_5")
    expect(heading(page)).to_have_text("a brake")


def test_the_proposal_is_the_smallest_change(page: Page, site: OpenGraph, tmp_path: Path) -> None:
    ready(page, site())
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, HOSTILE, Note="first: line\n\nsecond # line")
    button(page, "Pin").click()
    found = proposed(page, tmp_path)
    assert found.labels["1_3"].text == HOSTILE
    assert found.labels["1_3"].note == "first: line\n\nsecond # line"
    assert found.labels["1_3"].by is None
    assert found.pins == ("1_9_5", "1_3_4")
    assert len(found.groups) == 2
    dialog = page.locator("dialog.proposal")
    expect(dialog.locator(".diff .removed")).to_have_count(2)
    expect(dialog.locator(".diff .added")).to_have_count(2)
    expect(dialog.locator(".diff .added").first).to_contain_text("# sure")
    expect(dialog).to_contain_text("does not say where its repository is")
    assert page.locator("dialog img, dialog script").count() == 0
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.fixture
def forge_context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.route("https://github.com/**", lambda route: route.fulfill(body="forge"))
    return context


REPOSITORY = "repository: https://github.com/someone/graphs\n"


@pytest.mark.slow
def test_the_forge_opens_with_the_whole_file_on_the_clipboard(
    forge_context: BrowserContext, site: OpenGraph
) -> None:
    page = forge_context.new_page()
    ready(page, site(config=REPOSITORY))
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, "the country")
    button(page, "Propose changes").click()
    with forge_context.expect_page() as opened:
        page.get_by_role("button", name="Copy the file and edit it on GitHub").click()
    assert opened.value.url == (
        "https://github.com/someone/graphs/edit/main/site_src/annotations/france-paris.yaml"
    )
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == WRITTEN.replace("{text: France, by: ann}", "{text: the country}")
    forge_context.close()


@pytest.mark.slow
def test_a_new_file_is_filled_in_on_the_forge(
    forge_context: BrowserContext, site: OpenGraph
) -> None:
    page = forge_context.new_page()
    ready(page, site(None, config=REPOSITORY + "branch: trunk\n"))
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, "50 % & more")
    button(page, "Propose changes").click()
    with forge_context.expect_page() as opened:
        page.get_by_role("button", name="Make the file on GitHub").click()
    address = urlsplit(opened.value.url)
    assert address.path == "/someone/graphs/new/trunk/site_src/annotations"
    given = parse_qs(address.query)
    assert given["filename"] == ["france-paris.yaml"]
    assert given["value"] == ['revision: 1\nlabels:\n  "1_3": {text: "50 % & more"}\n']
    forge_context.close()


def test_a_copied_link_brings_names_and_groups_along(
    forge_context: BrowserContext, browser: Browser, site: OpenGraph
) -> None:
    page = forge_context.new_page()
    ready(page, site())
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, "the country")
    link(page, "late").click()
    button(page, "Ungroup").click()
    choose(page, "1_11_5")
    button(page, "Make a group of it").click()
    name_it(page, "Brake")
    button(page, "Copy a link to this view").click()
    expect(page.locator(".edit-note")).to_contain_text("on your clipboard")
    shared = page.evaluate("navigator.clipboard.readText()")
    given = parse_qs(urlsplit(shared).query)
    assert given["v"] == ["1"]
    assert json.loads(given["supernodes"][0]) == [["Early on", "0_7_4"], ["Brake", "1_11_5"]]
    assert json.loads(given["clerps"][0]) == [["1_3", "the country"]]
    forge_context.close()
    other = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    ready(other, shared)
    expect(other.locator(".edit-note")).to_contain_text("The link brought names or groups along")
    assert group_boxes(other) == ["brake", "early"]
    expect(heading(other)).to_have_text("Neuron 11")
    choose(other, "1_3_4")
    expect(heading(other)).to_have_text("the country")
    other.context.close()


def test_a_saved_view_brings_the_groups_it_was_made_with(page: Page, site: OpenGraph) -> None:
    saved = [["A view", ["1_3_4", "9_9_9"], [["Mine", "1_3_4", "1_11_5"], ["Later", "1_9_5"]]]]
    page.goto(f"{site()}#saved={quote(json.dumps(saved))}")
    page.get_by_role("button", name="A view 1 node").click()
    expect(heading(page)).to_have_text("France")
    expect(page.locator("#circuit .group").filter(has_text="Mine")).to_have_count(1)
    expect(unsent(page)).to_be_visible()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#circuit .group").filter(has_text="Mine")).to_have_count(0)


def test_a_link_of_another_viewer_shows_its_senders_work(page: Page, site: OpenGraph) -> None:
    supernodes = json.dumps([["Early on", "0_7_4", "1_3_4"], ["Fresh", "1_11_5"]])
    clerps = json.dumps([["1-9", "by layer and index"], ["0_7_4", "by id"]])
    query = (
        f"?slug=x&pinnedIds=1_3_4,1_9_5&clickedId=0_7_4&pruningThreshold=0.9"
        f"&supernodes={quote(supernodes)}&clerps={quote(clerps)}"
    )
    ready(page, site() + query)
    assert group_boxes(page) == ["early", "fresh", "late"]
    expect(box(page, "early").locator(".detail")).to_have_text(re.compile("2.neurons"))
    expect(heading(page)).to_have_text("by id")
    expect(page.locator("#viewer-threshold")).to_have_value("0.7")
    choose(page, "1_9_5")
    expect(heading(page)).to_have_text("by layer and index")
    expect(page).to_have_url(re.compile("slug=x.*v=1"))
    page.go_back()
    expect(heading(page)).to_have_text("by id")
    assert group_boxes(page) == ["early", "fresh", "late"]


@pytest.mark.slow
def test_ones_own_edits_are_one_undo_behind_a_links(page: Page, site: OpenGraph) -> None:
    address = site()
    ready(page, address)
    choose(page, "1_3_4")
    button(page, "Name it").click()
    name_it(page, "mine")
    expect(heading(page)).to_have_text("mine")
    clerps = quote(json.dumps([["1_3_4", "theirs"]]))
    ready(page, f"{address}?clickedId=1_3_4&clerps={clerps}")
    expect(heading(page)).to_have_text("theirs")
    expect(page.locator(".edit-note")).to_contain_text("one Undo away")
    page.goto("about:blank")
    ready(page, f"{address}?clickedId=1_3_4")
    expect(heading(page)).to_have_text("mine")
    ready(page, f"{address}?clickedId=1_3_4&clerps={clerps}")
    expect(heading(page)).to_have_text("theirs")
    button(page, "Undo").click()
    expect(heading(page)).to_have_text("mine")


@pytest.mark.parametrize(
    "query",
    [
        "supernodes=[[[[",
        "supernodes={}&clerps=7&hide=,,,&pinnedIds=null&clickedId=null",
        f"supernodes={quote(json.dumps([[HOSTILE, '1_3_4', HOSTILE]]))}",
        f"clerps={quote(json.dumps([['1_3', HOSTILE], [HOSTILE, 'x'], ['__proto__', 'x']]))}",
        f"hide={quote(HOSTILE)}&pinnedIds={quote(HOSTILE)}&clickedId={quote(HOSTILE)}&v=1",
        f"supernodes={quote(json.dumps([None, 5, ['a'], [['b'], '1_3_4']]))}&clerps=[null,[1]]",
    ],
)
def test_hostile_links_do_no_harm(page: Page, site: OpenGraph, query: str) -> None:
    ready(page, site() + "?" + query)
    assert page.locator("main img, main script").count() == 0
    assert "Paris" in page.title()
    link(page, "answer").click()
    expect(heading(page)).to_contain_text("Paris")


def test_what_a_link_names_in_vain_is_told_in_one_line(page: Page, site: OpenGraph) -> None:
    clerps = quote(json.dumps([["9_9_9", "x"], ["8_8", "y"], ["7_7", "z"], ["6_6", "w"]]))
    ready(page, f"{site()}?clerps={clerps}&pinnedIds=1_3_4,5_5_5")
    note = page.locator(".edit-note")
    expect(note).to_contain_text("Left out of the link, as this graph has no such thing:")
    expect(note).to_contain_text("9_9_9, 8_8, 7_7 and 2 more.")


@pytest.mark.slow
def test_a_view_too_long_for_a_link_is_offered_as_a_file(page: Page, site: OpenGraph) -> None:
    ready(page, site())
    for node in ("0_7_4", "1_3_4", "1_9_5", "1_11_5"):
        choose(page, node)
        for at_this_token in (False, True):
            button(page, "Name it").click()
            page.locator(".edit-form").get_by_label(re.compile("Only at")).set_checked(
                at_this_token
            )
            name_it(page, "漢字" * 99)
    assert len(urlsplit(page.url).query) < 6000
    button(page, "Copy a link to this view").click()
    expect(page.locator(".edit-note")).to_contain_text("characters long")
    with page.expect_download() as started:
        button(page, "Download france-paris.yaml").click()
    assert started.value.suggested_filename == "france-paris.yaml"


def test_editing_works_on_a_phone(browser: Browser, site: OpenGraph) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    ready(page, site())
    link(page, "late").tap()
    button(page, "Rename the group").tap()
    name_it(page, "Late ones")
    expect(box(page, "late").locator(".name")).to_have_text("Late ones")
    button(page, "Propose changes").tap()
    expect(page.locator("dialog.proposal")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_a_broken_edit_file_costs_only_the_editing(
    browser: Browser, site: OpenGraph, tmp_path: Path
) -> None:
    address = site()
    [file] = (tmp_path / "public" / "graphs" / "france-paris").glob("edit.*.json")
    file.write_text("{", "utf-8")
    page = browser.new_page()
    page.goto(address)
    page.get_by_role("button", name="Edit names and groups").click()
    expect(page.locator(".edit-bar")).to_have_text(
        "Names and groups cannot be edited here: its data file is damaged."
    )
    link(page, "late").click()
    expect(heading(page)).to_have_text("Later")
    page.close()
