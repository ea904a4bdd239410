from __future__ import annotations

from pathlib import Path

import pytest

from tracer.site.content import resources
from tracer.site.content.resources import resource_files, resource_folders


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery, a checkout and an installed package, each with a style of its own."""
    for folder in ("gallery/assets", "checkout/assets", "checkout/tracer/_assets"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.css").write_text(folder)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "checkout" / "tracer")
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path / "checkout")
    return tmp_path


def test_a_gallerys_own_file_wins_over_the_checkout_and_the_package(places: Path) -> None:
    (places / "checkout" / "pyproject.toml").touch()
    gallery = places / "gallery"
    assert resource_files("assets", gallery)["a.css"].read_text() == "gallery/assets"
    (gallery / "assets" / "a.css").unlink()
    assert resource_files("assets", gallery)["a.css"].read_text() == "checkout/assets"
    (places / "checkout" / "assets" / "a.css").unlink()
    assert resource_files("assets", gallery)["a.css"].read_text() == "checkout/tracer/_assets"


def test_beside_an_installed_package_nothing_is_taken_for_a_checkout(places: Path) -> None:
    folders = resource_folders("assets", places / "gallery")
    assert places / "checkout" / "assets" not in folders
    assert places / "checkout" / "tracer" / "_assets" in folders


def test_hidden_files_are_no_resources(places: Path) -> None:
    (places / "gallery" / "assets" / ".DS_Store").touch()
    assert ".DS_Store" not in resource_files("assets", places / "gallery")
