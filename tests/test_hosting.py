"""What hosts and workflows run is what people run, and the path in CONTRIBUTING works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.everyday import everyday
from tests.part_of_gallery import keep_only
from tracer.documents.annotations import load_annotations

REPOSITORY = Path(__file__).parents[1]
STARTERS = REPOSITORY / "starter" / "github" / "workflows"
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
GUIDE = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
ADDRESS = "https://example.org/mine"
KEPT = ("colosseum-italian", "import-numpy", "john-and-mary")
COMMANDS = re.findall(r"^ {4}(\S.*)$", GUIDE, re.MULTILINE)


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a fork of it, as a newcomer has them; the light install stands ready."""
    folder = tmp_path_factory.mktemp("contributing")
    ignored = shutil.ignore_patterns(
        *(".git", ".tracer", ".venv", "node_modules", "public", ".*_cache", "__pycache__"),
    )
    shutil.copytree(REPOSITORY, folder / "upstream", ignore=ignored)
    keep_only(folder / "upstream", KEPT)
    git(folder / "upstream", "init", "--quiet", "--initial-branch=main")
    git(folder / "upstream", "add", ".")
    git(folder / "upstream", "commit", "--quiet", "--message", "All")
    git(folder, "clone", "--quiet", "--bare", "upstream", "fork.git")
    git(folder, "clone", "--quiet", "fork.git", "gallery")
    prepare_environment(folder / "gallery")
    return folder / "gallery"


def prepare_environment(gallery: Path) -> None:
    """What `make` would install from the network, taken from the environment of the tests."""
    environment = gallery / ".tracer" / "site-venv"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python*/site-packages")
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site / "tests.pth").write_text("\n".join([str(gallery), *here]))
    script = environment / "bin" / "tracer"
    script.write_text(
        f"#!{environment}/bin/python\nfrom tracer.cli import main\n\nmain()\n", encoding="utf-8"
    )
    script.chmod(0o755)
    (environment / "stamp").touch()


def git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *names, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def run(folder: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    identity = {
        f"GIT_{who}_{what}": "a@b.c"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **identity, **variables}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_step_that_runs_is_one_make_target(workflow: Path) -> None:
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    assert commands
    for command in commands:
        match = re.fullmatch(r"make ([a-z-]+)", command)
        assert match is not None, command
        assert match[1] in targets()


@pytest.mark.parametrize(
    "workflow", [*WORKFLOWS, *STARTERS.glob("*.yml")], ids=lambda path: path.name
)
def test_workflows_have_no_secrets_and_may_write_nothing_but_pages(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    assert "secrets." not in text and "pull_request_target" not in text
    document = yaml.safe_load(text)
    assert document["permissions"] == {"contents": "read"}
    extra = {key for job in document["jobs"].values() for key in job.get("permissions", {})}
    assert extra <= {"pages", "id-token"}
    limits = {name: job["timeout-minutes"] for name, job in document["jobs"].items()}
    assert all(limit <= (45 if name == "test" else 10) for name, limit in limits.items())


def test_netlify_builds_with_make_alone() -> None:
    settings = tomllib.loads((REPOSITORY / "netlify.toml").read_text())
    commands = [settings["build"]["command"], *(c["command"] for c in settings["context"].values())]
    for command in commands:
        names = re.findall(r"(?<= )[a-z-]+(?= |$)", command)
        assert command.startswith("make ") and set(names) <= targets()


def test_the_light_install_has_nothing_of_torch() -> None:
    recipe = (REPOSITORY / "Makefile").read_text().split("$(SITE_VENV)/stamp:")[1].split("\n\n")[0]
    assert "pip install" in recipe and "[trace" not in recipe


def test_a_newcomer_gets_from_a_wrong_label_to_a_pushed_branch(clone: Path) -> None:
    """CONTRIBUTING's own commands, in its order; only the forge's page is left out."""
    file = clone / "site_src" / "annotations" / "colosseum-italian.yaml"
    start = COMMANDS.index("git switch --create better-label")
    assert run(clone, COMMANDS[start]).returncode == 0
    before = file.read_text(encoding="utf-8")
    (line,) = re.findall(r'^  "22_580": \{.*\}$', GUIDE, re.MULTILINE)
    file.write_text(re.sub(r'^  "22_580":.*$', line, before, flags=re.MULTILINE), encoding="utf-8")
    assert load_annotations(file)[0].labels["22_580"].by == "your name"
    for command in COMMANDS[start + 1 :]:
        if "serve" in command:
            continue
        done = run(clone, command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    page = clone / "public" / "graphs" / "colosseum-italian" / "index.html"
    assert "named by <bdi>your name</bdi>" in page.read_text(encoding="utf-8")
    fork = clone.parent / "fork.git"
    assert "better-label" in git(fork, "branch", "--list")
    changed = git(fork, "diff", "--stat", "main", "better-label")
    assert "1 file changed, 1 insertion(+), 1 deletion(-)" in changed


def test_a_mistake_is_told_before_anyone_reviews_it(clone: Path) -> None:
    file = clone / "site_src" / "annotations" / "john-and-mary.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("{text:", "{txet:", 1), encoding="utf-8")
    done = run(clone, "make site-check")
    file.write_text(before, encoding="utf-8")
    assert done.returncode != 0
    assert re.search(r"john-and-mary\.yaml:\d+:\d+: unknown key `txet`; did you mean", done.stdout)


def test_a_reviewer_sees_the_circuits_before_and_after(clone: Path, tmp_path: Path) -> None:
    file = clone / "site_src" / "annotations" / "john-and-mary.yaml"
    text = file.read_text(encoding="utf-8")
    renamed = re.sub(r"\{name: (\"[^\"]+\"|[^,]+),", "{name: A new name,", text, count=1)
    file.write_text(renamed, "utf-8")
    summary = tmp_path / "summary.md"
    summary.touch()
    done = run(clone, "make site-changes", BEFORE="main", GITHUB_STEP_SUMMARY=str(summary))
    file.write_text(text, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    told = summary.read_text(encoding="utf-8")
    assert "- `john-and-mary`" in told and "A new name" in told
    made = {path.name for path in (clone / ".tracer" / "changes").iterdir()}
    assert {"john-and-mary.before.png", "john-and-mary.after.png", "summary.md"} <= made
    assert not any(name.startswith("import-numpy") for name in made)


def test_where_nothing_changed_the_summary_says_so(clone: Path) -> None:
    done = run(clone, "make site-changes", BEFORE="HEAD")
    assert done.returncode == 0 and "None." in done.stdout


@pytest.mark.parametrize("address", everyday(["", ADDRESS], [ADDRESS]))
def test_the_workflow_of_a_new_gallery_checks_and_builds(
    new_gallery: Path, variables: dict[str, str], address: str
) -> None:
    """All its steps but pip, which tests/test_packaging.py runs."""
    install, *commands = commands_of(new_gallery, "build")
    assert install == "pip install --require-hashes -r requirements.txt"
    for command in commands:
        done = run(new_gallery, command, **variables, BASE_URL=address)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    front = (new_gallery / "public" / "index.html").read_text(encoding="utf-8")
    assert ('rel="canonical" href="https://example.org/mine/"' in front) == bool(address)
    assert (new_gallery / "public" / "sitemap.xml").exists() == bool(address)


def test_a_pull_request_is_checked_with_what_is_merged(
    new_gallery: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    """Whatever wheel it brings: what is installed is the base branch's."""
    (workflow,) = (new_gallery / ".github" / "workflows").iterdir()
    job = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]["check"]
    (install,) = (step for step in job["steps"] if "pip install" in step.get("run", ""))
    (base,) = (step["with"] for step in job["steps"] if "ref" in step.get("with", {}))
    assert base["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert install["working-directory"] == base["path"]
    shutil.copytree(new_gallery, tmp_path / "base")
    shutil.move(tmp_path / "base", new_gallery / base["path"])
    file = new_gallery / "site_src" / "annotations" / "colosseum-italian.yaml"
    text = file.read_text(encoding="utf-8")
    renamed = re.sub(r"\{name: (\"[^\"]+\"|[^,]+),", "{name: A new name,", text, count=1)
    file.write_text(renamed, "utf-8")
    summary = tmp_path / "summary.md"
    for command in commands_of(new_gallery, "check"):
        if command != install["run"]:
            done = run(new_gallery, command, **variables, GITHUB_STEP_SUMMARY=str(summary))
            assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert "A new name" in summary.read_text(encoding="utf-8")
    made = {path.name for path in (new_gallery / ".tracer" / "changes").iterdir()}
    assert {"colosseum-italian.before.png", "colosseum-italian.after.png"} <= made


@pytest.fixture
def new_gallery(tmp_path: Path, variables: dict[str, str]) -> Path:
    assert run(tmp_path, "tracer init mine", **variables).returncode == 0
    return tmp_path / "mine"


@pytest.fixture
def variables(clone: Path) -> dict[str, str]:
    """With them, `tracer` is the light install."""
    return {"PATH": f"{clone / '.tracer' / 'site-venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def commands_of(gallery: Path, job: str) -> list[str]:
    (workflow,) = (gallery / ".github" / "workflows").iterdir()
    found = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"][job]["steps"]
    return [step["run"] for step in found if "run" in step]


@pytest.mark.parametrize(
    "workflow", [*WORKFLOWS, *STARTERS.glob("*.yml")], ids=lambda path: path.name
)
def test_actions_are_those_that_were_read(workflow: Path) -> None:
    """A tag may be moved to other code, a commit may not."""
    used = re.findall(r"uses: (\S+)(.*)", workflow.read_text(encoding="utf-8"))
    assert used
    for name, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r" # v[\d.]+", comment), name
