from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracer.documents.site_config import SiteConfig, load_site_config
from tracer.documents.theme import Palette
from tracer.errors import Problems

TOKENS = Path(__file__).parents[2] / "assets" / "styles" / "tokens.css"


def loaded(folder: Path, text: str) -> SiteConfig:
    file = folder / "site.yaml"
    file.write_text(text)
    return load_site_config(file)[0]


def test_everything_has_a_default(tmp_path: Path) -> None:
    assert load_site_config(tmp_path / "site.yaml") == (SiteConfig(), None)
    assert loaded(tmp_path, "# nothing yet\n") == SiteConfig()
    assert SiteConfig().theme.stylesheet() == ""


def test_all_that_can_be_said(tmp_path: Path) -> None:
    text = (
        "title: T\nbase_url: https://example.org/sub/path/\n"
        "repository: https://example.org/a/b\nlicence: MIT\n"
        "authors:\n  - {name: Ann, url: 'https://example.org/~ann'}\n  - {name: Bo}\n"
        "navigation:\n  - {title: How, to: how-to-read/}\n"
        "  - {title: Paper, to: 'https://example.org/p?q=1'}\n"
    )
    config = loaded(tmp_path, text)
    assert config.url_of("Ann") == "https://example.org/~ann"
    assert config.url_of("Bo") is None and config.url_of("Eve") is None
    assert [one.to for one in config.navigation or ()] == [
        "how-to-read/",
        "https://example.org/p?q=1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: x", ":1:1: unknown key `titel`; did you mean `title`?"),
        ("base_url: example.org", ":1:11: `base_url`: write a whole address"),
        ("base_url: 'javascript:alert(1)'", ":1:11: `base_url`: write a whole address"),
        ("base_url: 'https://x/?q=1'", ":1:11: `base_url`: leave out what follows `?` or `#`"),
        ("navigation: [{title: A, to: 'https://x/\"><b>'}]", "write a whole address"),
        ("base_url: 'https://u@example.org'", "leave out what follows `?` or `#`, and any user"),
        ("repository: 'https://x/\"><script>'", ":1:13: `repository`: write a whole address"),
        ("authors: [{nmae: A}]", ":1:12: unknown key `nmae`; did you mean `name`?"),
        ("navigation: [{title: A, to: ../x/}]", ":1:29: `navigation[0].to`: write an address"),
        ("navigation: [{title: A, to: how}]", "that ends in a slash"),
        ("theme: {light: {acent: '#fff'}}", ":1:17: unknown key `acent`; did you mean `accent`?"),
        ("theme: {light: {accent: red}}", ":1:25: `theme.light.accent`: write a colour as"),
        ("theme: {dark: {bg: '#fff;} body{'}}", ":1:20: `theme.dark.bg`: write a colour as"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Problems, match=re.escape(message)):
        loaded(tmp_path, text)


def test_colours_become_custom_properties_each_in_its_own_light(tmp_path: Path) -> None:
    config = loaded(tmp_path, "theme: {light: {accent: '#123456'}, dark: {bg: '#000'}}")
    assert config.theme.stylesheet() == (
        "@media print, (prefers-color-scheme: light) {\n  :root {\n    --accent: #123456;\n  }\n}\n"
        "@media screen and (prefers-color-scheme: dark) {\n  :root {\n    --bg: #000;\n  }\n}\n"
    )


def test_every_colour_of_the_style_sheet_can_be_set_and_no_other() -> None:
    found = re.findall(r"--([a-z]+): #[0-9a-f]{6};", TOKENS.read_text())
    assert list(Palette.model_fields) == list(dict.fromkeys(found))
