from __future__ import annotations

import pytest

from tracer.site.building.links import link_problems, read_links


def problems(base_path: str = "/", **pages: str) -> list[str]:
    read = {
        path: read_links(path, html.encode(), base_path)
        for name, html in pages.items()
        for path in [f"{name.replace('__', '/')}.html"]
    }
    return [str(problem) for problem in link_problems(read, [*read, "assets/a.css"])]


@pytest.mark.parametrize(
    "link",
    ["a/", "./", "a/#here", "#top", "assets/a.css", "?q=1#top", "https://example.org/x", "/a/"],
)
def test_links_that_lead_somewhere(link: str) -> None:
    page = f'<p id="top"><a href="{link}">x</a>'
    assert problems(index=page, a__index='<p id="here">') == []


def test_a_link_that_leads_nowhere_names_page_and_target() -> None:
    (message,) = problems(index='<a href="b/">x</a>', a__index="")
    assert message == "index.html: the link `b/` leads nowhere; did you mean `a/index.html`?"


def test_an_anchor_that_is_not_there() -> None:
    (message,) = problems(index='<a href="a/#hear">x</a>', a__index='<p id="here">')
    assert "`a/#hear` names a place that the page `a/index.html` has not" in message
    assert "did you mean `here`?" in message


def test_images_scripts_and_viewer_data_are_checked_too() -> None:
    page = '<img src="x.png"><script src="y.js"></script><section data-graph="z.json">'
    assert len(problems(index=page)) == 3


def test_a_page_below_the_root_links_upwards() -> None:
    page = '<a href="../../">x</a><a href="../../assets/a.css">y</a>'
    assert problems(index="", graphs__a__index=page) == []


def test_absolute_links_are_taken_below_the_base_path() -> None:
    assert problems("/sub/", index='<a href="/sub/assets/a.css">x</a>') == []
    assert len(problems("/sub/", index='<a href="/sub/none">x</a>')) == 1


def test_an_id_used_twice_is_an_error() -> None:
    (message,) = problems(index='<p id="a"><p id="a">')
    assert "two elements have the id `a`" in message
