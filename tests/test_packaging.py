"""A gallery builds from the wheel and from an editable install, outside the checkout, without
torch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("tracer_gallery-*.whl"))


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Content only: no templates, no assets, as a person's own gallery has it."""
    root = tmp_path / "gallery"
    for part in ("site_src", "graphs"):
        shutil.copytree(REPOSITORY / part, root / part)
    return root


def tracer(
    *arguments: str, cwd: Path, code: Path, tmp_path: Path
) -> subprocess.CompletedProcess[str]:
    """A command with `code` on the path and torch out of reach."""
    trap = tmp_path / "trap"
    trap.mkdir(exist_ok=True)
    for name in ("torch", "transformers", "safetensors"):
        (trap / f"{name}.py").write_text(f"raise ImportError('{name} was imported')\n")
    command = [sys.executable, "-c", "from tracer.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONPATH": f"{trap}{os.pathsep}{code}"}
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_templates_assets_and_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("_templates/graph.html", "_assets/viewer/main.js", "_assets/vendor/d3.js"):
        assert f"tracer/{part}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("node_modules" in name or name.startswith("tests/") for name in names)


@pytest.mark.parametrize("install", ["wheel", "editable"])
def test_a_gallery_builds_outside_the_checkout(
    install: str, wheel: Path, gallery: Path, tmp_path: Path
) -> None:
    code = REPOSITORY
    if install == "wheel":
        code = tmp_path / "installed"
        zipfile.ZipFile(wheel).extractall(code)
    done = tracer("build", "--out", "public", cwd=gallery, code=code, tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    front = (gallery / "public" / "index.html").read_text()
    for folder in (gallery / "graphs").iterdir():
        assert f"graphs/{folder.name}/" in front
        assert (gallery / "public" / "graphs" / folder.name / "index.html").exists()


@pytest.mark.parametrize("install", ["wheel", "editable"])
def test_a_fresh_gallery_works_outside_the_checkout(
    install: str, wheel: Path, tmp_path: Path
) -> None:
    code = REPOSITORY
    if install == "wheel":
        code = tmp_path / "installed"
        zipfile.ZipFile(wheel).extractall(code)
    made = tracer("init", "mine", "--title", "Mine", cwd=tmp_path, code=code, tmp_path=tmp_path)
    assert made.returncode == 0, made.stderr
    mine = tmp_path / "mine"
    for command in (
        ["check"],
        ["new", "graph", "moon", "--prompt", "The moon is"],
        ["check"],
        ["build"],
    ):
        done = tracer(*command, cwd=mine, code=code, tmp_path=tmp_path)
        assert done.returncode == 0, (command, done.stderr)
    front = (mine / "public" / "index.html").read_text()
    assert "<title>Mine</title>" in front and "graphs/colosseum-italian/" in front
    (mine / "templates").mkdir()
    (mine / "templates" / "404.html").write_text('{% extends "tracer/404.html" %}')
    (mine / "assets" / "styles").mkdir(parents=True)
    (mine / "assets" / "styles" / "tokens.css").write_text(":root { --bg: #123456; }")
    done = tracer("build", cwd=mine, code=code, tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    (tokens,) = mine.glob("public/assets/*/styles/tokens.css")
    assert "#123456" in tokens.read_text()


@pytest.mark.slow
def test_a_host_installs_what_a_new_gallery_asks_for(wheel: Path, tmp_path: Path) -> None:
    """Its requirements.txt, with the package's wheel put where that file says."""
    made = tracer("init", "mine", cwd=tmp_path, code=REPOSITORY, tmp_path=tmp_path)
    assert made.returncode == 0, made.stderr
    mine = tmp_path / "mine"
    (mine / "wheels").mkdir()
    shutil.copy(wheel, mine / "wheels")
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / "bin"
    install = ["-m", "pip", "install", "--quiet", "-r", "requirements.txt"]
    pins = ["-c", REPOSITORY / "constraints.txt"]
    subprocess.run([scripts / "python", *install, *pins], cwd=mine, check=True)
    subprocess.run([scripts / "tracer", "check"], cwd=mine, check=True)
    subprocess.run([scripts / "tracer", "build"], cwd=mine, check=True)
    assert (mine / "public" / "graphs" / "colosseum-italian" / "index.html").exists()


@pytest.mark.slow
def test_the_base_install_is_light_and_builds(wheel: Path, gallery: Path, tmp_path: Path) -> None:
    """What the static host runs: a fresh environment, pip, build."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", str(wheel), "-c", REPOSITORY / "constraints.txt"]
    subprocess.run([python, *install], check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list"], check=True, capture_output=True, text=True
    ).stdout.lower()
    assert "torch" not in listed and "transformers" not in listed
    tracer = tmp_path / "env" / "bin" / "tracer"
    subprocess.run([tracer, "build", "--out", "public"], cwd=gallery, check=True)
    assert (gallery / "public" / "index.html").exists()
    missing = subprocess.run(
        [tracer, "build-graphs"], cwd=gallery, capture_output=True, text=True, check=False
    )
    assert missing.returncode == 1
    assert "tracing needs torch" in missing.stderr
