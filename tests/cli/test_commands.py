"""The command line: quick, lazy, one clear line for every mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]


def tracer(
    *arguments: str, cwd: Path = REPOSITORY, **environment: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tracer.cli import main; main()", *arguments]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, check=False)


def test_help_names_every_command() -> None:
    done = tracer("--help")
    assert done.returncode == 0
    for name in (
        "build",
        "build-graphs",
        "check",
        "export",
        "import",
        "init",
        "models",
        "new",
        "schema",
        "serve",
        "steer",
        "trace",
        "verify",
    ):
        assert name in done.stdout
        assert tracer(name, "--help").returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["schema", "prompts"]])
def test_publishing_commands_never_import_torch(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom tracer.cli import main\n"
        f"sys.argv = ['tracer', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'jinja2'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    assert "HEAVY []" in done.stderr


def test_help_answers_at_once() -> None:
    """What is imported decides how fast it is; a count does not depend on the machine's load."""
    code = "import sys, tracer.cli; print(len(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    assert int(done.stdout) < 250


def test_an_unknown_command_gets_the_near_match() -> None:
    done = tracer("bulid")
    assert done.returncode == 2
    assert "did you mean `build`?" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graphs: [", "prompts.yaml:2:1: not valid YAML"),
        ("graphs: [{slug: a, promt: x}]", "prompts.yaml:1:20: unknown key `promt`; did you mean"),
        ("", "there are no prompts in this file"),
    ],
)
def test_a_bad_list_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "prompts.yaml").write_text(text)
    done = tracer("build-graphs", str(tmp_path / "prompts.yaml"), cwd=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "graphs").exists()


def test_a_missing_list(tmp_path: Path) -> None:
    done = tracer("build-graphs", cwd=tmp_path)
    assert done.returncode == 1
    assert "site_src/prompts.yaml: no such file" in done.stderr


def test_tracing_without_torch_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom importlib.machinery import PathFinder\n"
        "from tracer.cli import needs_tracing\n"
        "needs_tracing.find_spec = lambda name: None if name == 'torch' else True\n"
        "from tracer.cli import main\nsys.argv = ['tracer', 'build-graphs']\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    assert done.returncode == 1
    assert "tracing needs torch, not installed here" in done.stderr


@pytest.mark.parametrize(
    "document", ["prompts", "annotations", "labels", "site", "front-matter", "graph"]
)
def test_schemas_are_valid_json_schema(document: str) -> None:
    schema = json.loads(tracer("schema", document).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_our_own_prompt_list_fits_the_published_schema() -> None:
    schema = json.loads(tracer("schema", "prompts").stdout)
    data = yaml.safe_load((REPOSITORY / "site_src" / "prompts.yaml").read_text())
    jsonschema.validate(data, schema)
    data["graphs"][0]["promt"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


def test_models_lists_cache_and_families(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "some-model.0.1"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"0" * 3_000_000)
    (tmp_path / "models" / ".half-done").mkdir()
    done = tracer("models", TRACER_CACHE=str(tmp_path))
    assert done.returncode == 0
    assert "some-model" in done.stdout and "3 MiB" in done.stdout
    assert "half-done" not in done.stdout
    assert "SmolLM2" in done.stdout


@pytest.mark.parametrize("command", ["import", "export", "trace", "steer"])
def test_an_argument_that_is_no_text_is_one_clear_line(tmp_path: Path, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tracer.cli import main; main()", command, b"a\xffb"],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        b"error: the argument `a\\udcffb` is not text; give it in UTF-8; a file can be renamed\n"
    )
