"""The account of a set as a file, and in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.builders import make_set, over_two_words
from tracer.cli.sets import command
from tracer.documents.set_account import load_set
from tracer.documents.set_folder import SetFolder
from tracer.errors import TracerError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    SetFolder(tmp_path / "sets").write(make_set())
    return tmp_path


def said(root: Path, *arguments: str) -> str:
    found = CliRunner().invoke(
        command, [*arguments, "--root", str(root)], catch_exceptions=False, standalone_mode=False
    )
    return found.output


def test_a_set_is_read_as_it_was_written(root: Path) -> None:
    file = root / "sets" / "capitals" / "1.json"
    assert load_set(file) == make_set()
    assert load_set(file).to_json() == file.read_text()


def test_where_features_fire_is_kept_a_feature_a_line(tmp_path: Path) -> None:
    account = over_two_words(make_set())
    SetFolder(tmp_path).write(account)
    text = (tmp_path / "capitals" / "1.json").read_text()
    assert load_set(tmp_path / "capitals" / "1.json") == account
    assert '\n{"node": "9_5@is", "values": [1, 2, 2, -1, 0]}' in text
    assert '"fires"' not in make_set().to_json()  # files of other sets stay as they are


def test_a_cut_file_is_told_with_what_to_do(root: Path) -> None:
    file = root / "sets" / "capitals" / "1.json"
    file.write_text(file.read_text()[:-40])
    with pytest.raises(TracerError, match="run `tracer build-graphs` again"):
        load_set(file)


def test_neurons_are_core_by_how_many_rows_list_them() -> None:
    found = make_set()
    kinds = {one.id: found.kind_of(one) for one in found.neurons}
    assert kinds == {"9_5@is": "core", "2_7@{city}": "sometimes"}


def test_words_name_what_holds_and_what_does_not(root: Path) -> None:
    text = said(root, "capitals")
    assert "4 of 5 rows count" in text
    assert "9_5@is" in text and "4 of 4" in text
    assert "rome" in text.split("rows set apart")[1]
    assert "kyiv cannot be asked" in text


def test_programs_read_all_of_it(root: Path) -> None:
    found = json.loads(said(root, "capitals", "--json"))
    assert set(found) == {
        *("slug", "title", "template", "model", "rows", "counted", "apart", "core", "core_share"),
        *("quantity", "neurons", "boxes", "flows", "row_list", "refused", "fires"),
    }
    assert found["neurons"][0]["kind"] == "core"
    (listed,) = json.loads(said(root, "--json"))
    assert listed["slug"] == "capitals" and listed["counted"] == 4


def test_an_unknown_set_is_told_with_the_nearest(root: Path) -> None:
    with pytest.raises(TracerError, match="did you mean `capitals`"):
        said(root, "capitols")
