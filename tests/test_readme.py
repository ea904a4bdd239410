"""README tells the truth about this repository."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.readme import TABLES, with_tables
from tests.everyday import everyday
from tracer.cli import tracer
from tracer.documents.annotations import load_annotations
from tracer.documents.prompts import load_prompts
from tracer.documents.trace_settings import TraceSettings
from tracer.documents.yaml_source import parse_yaml

REPOSITORY = Path(__file__).parents[1]
TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_generated_tables_agree_with_the_measurements() -> None:
    assert with_tables(TEXT) == TEXT, "run `python bench/readme.py`"


def test_prettier_leaves_generated_tables_alone() -> None:
    kept = re.findall(
        r"^<!-- (\w+): from bench/ -->\n<!-- prettier-ignore-start -->\n"
        r"(?:(?!<!--).*\n)+<!-- prettier-ignore-end -->\n<!-- \1: end -->$",
        TEXT,
        re.MULTILINE,
    )
    assert sorted(kept) == sorted(TABLES)


def test_the_map_names_what_is_there() -> None:
    listed = re.search(r"## The map of the house.*?## ", TEXT, re.DOTALL)
    assert listed is not None
    for path in re.findall(r"`([a-z_/.]+/|tracer/[a-z_]+\.py)`", listed[0]):
        assert (REPOSITORY / path).exists() or path == "public/", path
    for part in (REPOSITORY / "tracer").iterdir():
        if part.is_dir() and not part.name.startswith("_"):
            assert f"tracer/{part.name}/" in listed[0], part


def test_every_setting_is_explained_with_its_default() -> None:
    for name, field in TraceSettings.model_fields.items():
        row = re.search(rf"^\|.*`{name}`.*$", TEXT, re.MULTILINE)
        assert row is not None, name
        default = str(field.default).lower()
        if field.default is None:  # none at all, or one that the row's text explains
            default = "for neurons" if name in ("remainder", "against") else "none"
        assert default.removesuffix(".0") in row[0], name


def test_the_two_commands_come_first() -> None:
    assert TEXT.index("make demo") < TEXT.index("make test") < TEXT.index("![")
    for target in re.findall(r"^ {4}make ([a-z-]+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


def test_pictures_and_files_named_are_there() -> None:
    prose = re.sub(r"^ {4}.*$|`[^`]*`", "", TEXT, flags=re.MULTILINE)
    for path in re.findall(r"\]\((?!https?:)([^)]+)\)", prose):
        assert (REPOSITORY / path).exists(), path
    assert "pip install tracer" not in TEXT


HYPOTHESIS = TEXT.partition("## Test a hypothesis")[2].partition("## Publish")[0]
COMMANDS = re.findall(r"^ {4}tracer (.+)$", HYPOTHESIS, re.MULTILINE)


@pytest.mark.model
@pytest.mark.parametrize("command", everyday(COMMANDS, [c for c in COMMANDS if "heads" not in c]))
def test_a_hypothesis_is_tested_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for part in ("graphs", "site_src"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(tracer, shlex.split(command), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert ("Russian" if "swap" in command else "Ital") in done.output or "holds" in done.output


def test_the_claim_shown_is_a_claim(tmp_path: Path) -> None:
    example, _ = re.findall(r"```yaml\n(.*?)```", HYPOTHESIS, re.DOTALL)
    file = tmp_path / "annotations.yaml"
    file.write_text(example)
    (claim,) = load_annotations(file)[0].claims
    own = load_annotations(REPOSITORY / "site_src" / "annotations" / "colosseum-italian.yaml")[0]
    (same,) = (one for one in own.claims if one.id == claim.id)
    assert claim.expect == same.expect and claim.ablate == same.ablate


def test_the_counterfactual_shown_is_one_of_ours() -> None:
    _, example = re.findall(r"```yaml\n(.*?)```", HYPOTHESIS, re.DOTALL)
    shown = parse_yaml(example, Path("README.md")).data["counterfactual"]
    own = load_prompts(REPOSITORY / "site_src" / "prompts.yaml").entry("moscow-russian")
    assert own is not None and own.counterfactual is not None
    assert own.counterfactual.model_dump(exclude_none=True) == shown


def test_every_bound_is_named() -> None:
    from tracer.documents.claims import BOUNDS

    assert all(f"`{bound}`" in HYPOTHESIS for bound in BOUNDS)


def test_interventions_are_circuit_tracers() -> None:
    cases = json.loads((REPOSITORY / "bench" / "interventions.json").read_text())["cases"]
    assert len(cases) == 12
    for case in cases:
        assert case["logits_changed_by"] > 0.1
        assert max(case["logits_differ"], case["activations_differ"]) < 1e-5
