"""A gallery builds from the wheel and from an editable install, outside the checkout, without
torch."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.part_of_gallery import keep_only
from tracer.errors import TracerError
from tracer.site.pin import pin
from tracer.site.starter import pin_gallery, start_gallery

REPOSITORY = Path(__file__).parents[1]
# The tests of serving and hosting run in the checkout every day.
WAYS = ["wheel", pytest.param("editable", marks=pytest.mark.slow)]


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
    keep_only(root, ("colosseum-italian", "import-numpy", "john-and-mary"))
    return root


def tracer(
    *arguments: str, cwd: Path, code: Path, tmp_path: Path
) -> subprocess.CompletedProcess[str]:
    """A command with `code` on the path and torch out of reach."""
    trap = tmp_path / "trap"
    trap.mkdir(exist_ok=True)
    for name in ("torch", "transformers", "safetensors"):
        (trap / f"{name}.py").write_text(f"raise ImportError('{name} was imported')\n")
    command = [sys.executable, "-m", "tracer", *arguments]
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
    for licence in (REPOSITORY / "assets").rglob("*.LICENSE"):
        part = licence.relative_to(REPOSITORY).as_posix()
        assert any(name.endswith(f"licenses/{part}") for name in names), part
    assert not any("node_modules" in name or name.startswith("tests/") for name in names)


def test_links_of_the_readme_lead_somewhere_where_an_index_shows_it() -> None:
    """Every file that it links is in the repository, under the address that a release names."""
    path = REPOSITORY / ".github" / "metadata.py"
    spec = importlib.util.spec_from_file_location("metadata", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    known = {"GITHUB_SERVER_URL": "https://example.org", "GITHUB_REPOSITORY": "a/b"}
    here = module.address(known)
    shown = module.absolute(text, here)
    links = re.findall(rf"\]\({here}/(?:raw|blob)/HEAD/([^)#]+)", shown)
    assert len(links) >= 3 and all((REPOSITORY / link).exists() for link in links), links
    relative = re.findall(r"\]\((?!https?:|#|node:|group:|head:|claim:|\.\./)", shown)
    assert relative == []
    assert f"{here}/raw/HEAD/.github/readme/graph.png" in shown
    assert module.urls(here)["Changelog"] == "https://example.org/a/b/blob/HEAD/CHANGELOG.md"
    assert module.absolute(text, module.address({})) == text and module.urls("") == {}


def test_a_tag_that_is_not_the_version_releases_nothing(tmp_path: Path) -> None:
    (tmp_path / "stamp").touch()
    tool = tmp_path / "bin" / "python"
    tool.parent.mkdir()
    tool.symlink_to(sys.executable)
    command = ["make", "dist", f"SITE_VENV={tmp_path}", "--old-file", f"{tmp_path}/stamp"]
    done = subprocess.run(
        [*command, "TAG=v9.9.9"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and "the tag is v9.9.9, pyproject.toml says" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("install", WAYS)
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


@pytest.mark.parametrize("install", WAYS)
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


@pytest.mark.parametrize("install", ["wheel", "editable"])
def test_a_new_gallery_brings_the_very_wheel_that_this_tracer_is(
    install: str, wheel: Path, tmp_path: Path
) -> None:
    """The same files, with the same bytes, as the build makes."""
    code = REPOSITORY
    if install == "wheel":
        code = tmp_path / "installed"
        zipfile.ZipFile(wheel).extractall(code)
    for name in ("one", "two"):
        made = tracer("init", name, cwd=tmp_path, code=code, tmp_path=tmp_path)
        assert made.returncode == 0, made.stderr
    (mine,) = (tmp_path / "one" / "wheels").iterdir()
    assert mine.name == wheel.name
    assert mine.read_bytes() == (tmp_path / "two" / "wheels" / mine.name).read_bytes()
    theirs, ours = (contents(path) for path in (wheel, mine))
    own = {name for name in ours if name.endswith(("/WHEEL", "/RECORD", "/METADATA"))}
    assert ours.keys() == theirs.keys() and len(own) == 3
    assert {name for name in ours if ours[name] != theirs[name]} <= own
    requirements = (tmp_path / "one" / "requirements.txt").read_text()
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    assert f"./wheels/{mine.name} \\\n    --hash=sha256:{digest}\n" in requirements


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_pinning_again_replaces_the_wheel(tmp_path: Path) -> None:
    start_gallery(tmp_path / "mine")
    wheels = tmp_path / "mine" / "wheels"
    (wheels / "tracer_gallery-0.0.1-py3-none-any.whl").write_bytes(b"an older one")
    (wheels / "theirs-1.0-py3-none-any.whl").write_bytes(b"of someone else")
    before = (tmp_path / "mine" / "requirements.txt").read_text()
    (tmp_path / "mine" / "requirements.txt").write_text("nothing")
    assert pin_gallery(tmp_path / "mine")[0] == "requirements.txt"
    assert (tmp_path / "mine" / "requirements.txt").read_text() == before
    ours = f"tracer_gallery-{version('tracer-gallery')}-py3-none-any.whl"
    assert {file.name for file in wheels.iterdir()} == {ours, "theirs-1.0-py3-none-any.whl"}
    with pytest.raises(TracerError, match="there is no gallery here"):
        pin_gallery(tmp_path)


def test_a_list_of_another_state_is_refused(tmp_path: Path) -> None:
    listed = (REPOSITORY / "starter" / "requirements.txt").read_text()
    (tmp_path / "requirements.txt").write_text(listed.replace("\nclick==", "\nclack=="))
    with pytest.raises(TracerError, match="needs click, which its list of requirements does not"):
        pin(tmp_path / "mine", tmp_path / "requirements.txt")


def test_what_hosts_install_is_what_everything_was_tested_with() -> None:
    """`make lock` writes the list from pyproject.toml and constraints.txt."""
    listed = pins(REPOSITORY / "starter" / "requirements.txt")
    tested = pins(REPOSITORY / "constraints.txt")
    assert listed.items() <= tested.items()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = {re.split(r"[^\w.-]", line)[0] for line in project["dependencies"]}
    assert asked <= listed.keys()


def pins(file: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([\w.]+)", file.read_text(), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


@pytest.mark.slow
def test_a_host_installs_what_a_new_gallery_asks_for(tmp_path: Path) -> None:
    """Its requirements.txt alone, in a fresh environment, each file checked by its hash."""
    start_gallery(tmp_path / "mine")
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / "bin"
    install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt"]
    mine = tmp_path / "mine"
    subprocess.run([scripts / "python", *install], cwd=mine, check=True)
    subprocess.run([scripts / "tracer", "check"], cwd=mine, check=True)
    subprocess.run([scripts / "tracer", "build"], cwd=mine, check=True)
    assert (mine / "public" / "graphs" / "colosseum-italian" / "index.html").exists()


@pytest.mark.slow
def test_the_base_install_is_light_and_builds(wheel: Path, gallery: Path, tmp_path: Path) -> None:
    """What the static host runs: a fresh environment, pip, build."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    pins = str(REPOSITORY / "constraints.txt")
    install = ["-m", "pip", "install", "--quiet", str(wheel), "-c", pins]
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
