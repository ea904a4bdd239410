"""`tracer build-graphs` as a person uses it, on a tiny model."""

from __future__ import annotations

import gc
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import weakref
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders import make_graph
from tests.tiny_models import save_tiny_model
from tracer.attribution.trace import trace_ask
from tracer.batch import run_here, trace_job
from tracer.batch.plan import Job, make_plan
from tracer.batch.report import outcome_table
from tracer.batch.session import build_graphs
from tracer.documents.graph import Graph, load_graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.lock import held
from tracer.documents.parts.parts import load_parts
from tracer.documents.prompts import load_prompts
from tracer.errors import Problems, TracerError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


PARTS = (".flows.bin", ".words.bin", ".heads.bin")


class Desk:
    """A prompt list, a graphs folder, and what the command said."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.list, self.graphs, self.model = folder / "prompts.yaml", folder / "graphs", model
        self.said = ""
        self.write("{slug: one, prompt: ' w3 w4 w5'}", "{slug: two, prompt: ' w6 w7'}")

    def write(self, *entries: str, defaults: str = "candidates: 40") -> None:
        head = f"defaults: {{model: {self.model}, {defaults}}}\ngraphs:\n"
        self.list.write_text(head + "".join(f"  - {entry}\n" for entry in entries))

    def run(self, *, width: int = 200, **options: object) -> int:
        console = Console(file=io.StringIO(), width=width)
        try:
            return build_graphs(
                load_prompts(self.list),
                self.graphs,
                device="cpu",
                console=console,
                **options,  # type: ignore[arg-type]
            )
        finally:
            self.said = console.file.getvalue()  # type: ignore[attr-defined]

    @property
    def files(self) -> dict[str, bytes]:
        """But for the parts beside graphs, which each must have."""
        found = sorted(path for path in self.graphs.rglob("*") if path.is_file())
        parts = [path for path in found if path.suffix == ".bin"]
        graphs = [path for path in found if path.suffix == ".json"]
        beside = {graph.with_suffix(end) for graph in graphs for end in PARTS}
        assert set(parts) <= beside
        return {
            str(path.relative_to(self.graphs)): path.read_bytes()
            for path in found
            if path not in parts
        }

    @property
    def written(self) -> dict[str, Graph]:
        return {name: load_graph(self.graphs / name) for name in self.files}


@pytest.fixture
def desk(tmp_path: Path, model: Path) -> Desk:
    return Desk(tmp_path, model)


def test_writes_each_graph_and_a_table(desk: Desk) -> None:
    assert desk.run() == 0
    assert list(desk.files) == ["one/1.json", "two/1.json"]
    for graph in desk.written.values():
        assert graph.metadata.tracer is not None
        file = desk.graphs / graph.metadata.slug / "1.json"
        parts = load_parts(file, graph.metadata.tracer.graph_id)
        assert parts.flows is not None and parts.pushes is not None
    assert load_graph(desk.graphs / "one" / "1.json").metadata.slug == "one"
    for word in ("one/1", "two/1", "answer", "nodes", "links", "dicts", "onds", "GiB"):
        assert word in desk.said


def test_a_second_run_does_nothing(desk: Desk) -> None:
    desk.run()
    before = desk.files
    assert desk.run() == 0
    assert desk.files == before
    assert desk.said.count("up to date") == 2


def test_a_changed_prompt_gets_the_next_revision(desk: Desk) -> None:
    desk.run()
    desk.write("{slug: one, prompt: ' w3 w4 w9'}", "{slug: two, prompt: ' w6 w7'}")
    desk.run()
    assert list(desk.files) == ["one/1.json", "one/2.json", "two/1.json"]
    desk.write("{slug: one, prompt: ' w3 w4 w9', candidates: 41}")
    desk.run()
    assert "one/3.json" in desk.files
    assert "two/1.json" in desk.files, "taking a prompt off the list deletes nothing"


def test_force_writes_only_what_changed(desk: Desk) -> None:
    desk.run()
    before = desk.files
    assert desk.run(force=True) == 0
    assert desk.files == before
    assert "nothing written" in desk.said
    file = desk.graphs / "one" / "1.json"
    data = json.loads(file.read_text())
    data["links"][0]["weight"] *= 1.1
    file.write_text(json.dumps(data))
    desk.run(force=True)
    assert "one/2.json" in desk.files
    assert "two/2.json" not in desk.files


def test_a_feature_may_be_asked_about_in_place_of_an_answer(desk: Desk) -> None:
    desk.write("{slug: one, prompt: ' w3 w4 w5', target_feature: 2_31_3}")
    assert desk.run() == 0
    graph = load_graph(desk.graphs / "one" / "1.json")
    assert graph.nodes[-1].node_id == "2_31_3"
    assert "2_31_3" in desk.said
    desk.write("{slug: one, prompt: ' w3 w4 w5', target_feature: 2_31_4}")
    assert desk.run() == 1
    assert "prompts.yaml:3:" in desk.said
    assert "did you mean `2_31_3`?" in desk.said


def test_an_earlier_position_is_another_graph(desk: Desk) -> None:
    desk.write("{slug: one, prompt: ' w3 w4 w5', position: 2}")
    assert desk.run() == 0
    assert load_graph(desk.graphs / "one" / "1.json").metadata.prompt == " w3 w4"


def test_only_and_its_near_match(desk: Desk) -> None:
    assert desk.run(only=["two"]) == 0
    assert list(desk.files) == ["two/1.json"]
    with pytest.raises(Problems, match=r"no prompt `twoo` on the list; did you mean `two`\?"):
        desk.run(only=["twoo"])


def test_dry_run_says_and_does_nothing(desk: Desk) -> None:
    desk.run(only=["one"])
    assert desk.run(dry_run=True) == 0
    assert list(desk.files) == ["one/1.json"]
    assert "is up to date" in desk.said and "will be traced" in desk.said


def test_precision_makes_another_graph(desk: Desk) -> None:
    desk.run(only=["one"])
    desk.run(only=["one"], precision="bf16")
    assert list(desk.files) == ["one/1.json", "one/2.json"]


def test_one_bad_prompt_does_not_stop_the_others(desk: Desk) -> None:
    desk.write(
        "{slug: one, prompt: ' w3', target: ' w1 w2'}",
        "{slug: long, prompt: '" + " w3" * 70 + "'}",
        "{slug: odd, prompt: ' w3', model: /no/such/model}",
        "{slug: feat, prompt: ' w3', features: transcoders}",
        "{slug: good, prompt: ' w6 w7'}",
    )
    assert desk.run() == 1
    assert list(desk.files) == ["good/1.json"]
    errors = [line for line in desk.said.splitlines() if line.startswith("error:")]
    assert len(errors) == 4
    assert "prompts.yaml:3:5: ' w1 w2' is 2 tokens, not one" in errors[0]
    assert "longer" in errors[1] or "long, more than the 64" in errors[1]
    assert "there is no model `/no/such/model`" in errors[2]
    assert "unknown features `transcoders`" in errors[3]


TEMPLATE = "{% if messages[0].content == ' w9' %}{{ raise_exception('not this') }}{% endif %} w3"


def test_what_other_peoples_code_raises_stays_with_its_prompt(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatty = save_tiny_model(tmp_path / "chatty")
    (chatty / "chat_template.jinja").write_text(TEMPLATE)
    broken = save_tiny_model(tmp_path / "broken")
    (broken / "tokenizer.json").write_text('{"a": 1}')
    desk.write(
        f"{{slug: one, model: {chatty}, chat: [{{role: user, content: ' w9'}}]}}",
        f"{{slug: two, model: {broken}, prompt: ' w3'}}",
        "{slug: three, prompt: ' w3 w4', target: ' w9'}",
        "{slug: good, prompt: ' w6 w7'}",
    )
    real = trace_ask

    def trace(ask, **options):  # type: ignore[no-untyped-def]
        if ask.target is not None:
            raise KeyError("of transformers")
        return real(ask, **options)

    monkeypatch.setattr(trace_job, "trace_ask", trace)
    assert desk.run() == 1
    assert list(desk.files) == ["good/1.json"]
    errors = [line for line in desk.said.splitlines() if line.startswith("error:")]
    assert "the chat template refuses these turns: not this" in errors[0]
    assert "has no tokenizer" in errors[1]
    assert "`three` cannot be traced: KeyError 'of transformers'" in errors[2]


def test_a_model_that_fails_to_load_stays_with_its_prompt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: dict[str, object] = {}
    monkeypatch.setattr(run_here, "open_where_it_fits", lambda *_, **__: nothing["weights"])
    assert desk.run() == 1
    assert desk.said.count("cannot be loaded: KeyError 'weights'") == 2


def test_an_answer_may_be_named_by_its_id(desk: Desk) -> None:
    desk.write(
        "{slug: one, prompt: ' w3 w4 w5', target: {id: 11}, contrast: [{id: 4}, ' w7']}",
        "{slug: two, prompt: ' w3 w4 w5', target: ' w9', contrast: [' w2', {id: 9}]}",
        "{slug: three, prompt: ' w3', target: {id: 60}}",
        "{slug: four, prompt: ' w3', target: {id: 11}, contrast: [' w9']}",
    )
    assert desk.run() == 1
    one, two = (load_graph(desk.graphs / slug / "1.json").metadata for slug in ("one", "two"))
    assert one.tracer is not None and two.tracer is not None
    assert one.tracer.graph_id == two.tracer.graph_id
    assert one.tracer.question.target == " w9"
    assert one.tracer.question.contrast == (" w2", " w7")
    assert "there is no token 60; the ids of" in desk.said
    assert "the contrast names the target itself" in desk.said


def test_a_dry_run_shows_tokens_and_what_is_not_as_written(desk: Desk) -> None:
    desk.write("{slug: one, prompt: '<s> w3 w4'}", "{slug: bad, prompt: ' w3', target: ' w3 w4'}")
    assert desk.run(dry_run=True) == 1
    assert "one: 0:'<s>'(0) 1:' w3'(5) 2:' w4'(6)" in desk.said
    assert "one: the prompt begins with the start token '<s>'" in desk.said
    assert "' w3 w4' is 2 tokens, not one" in desk.said
    desk.write("{slug: one, prompt: '" + " w3" * 30 + "'}")
    desk.run(dry_run=True, width=80)
    lines = [line for line in desk.said.splitlines() if ":' w3'(5)" in line]
    assert len(lines) > 3 and all(len(line) <= 80 and line.endswith("(5)") for line in lines)


def test_notices_of_a_prompt_are_told_with_its_graph(desk: Desk) -> None:
    desk.write("{slug: one, prompt: '<s> w3 [b]unknown[/b]'}")
    assert desk.run() == 0
    assert "one: the prompt begins with the start token '<s>'" in desk.said
    assert "one: the model reads the prompt as ' w3<unk>'" in desk.said


def test_a_graph_cut_short_is_reported_and_left_alone(desk: Desk) -> None:
    desk.run()
    file = desk.graphs / "one" / "1.json"
    file.write_text(file.read_text()[:500])
    before = desk.files
    assert desk.run() == 1
    assert desk.files == before
    assert "one/1.json" in desk.said and "restore it from version control" in desk.said


def test_a_folder_that_cannot_be_written_is_said_before_the_work(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.graphs.write_text("a file")
    never = "work was begun"
    monkeypatch.setattr(run_here, "open_where_it_fits", lambda *_, **__: pytest.fail(never))
    with pytest.raises(TracerError, match="nothing can be written here"):
        desk.run()


def test_out_of_memory_is_one_failure_among_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trace_ask

    def trace(ask, **options):  # type: ignore[no-untyped-def]
        if ask.prompt == " w6 w7":
            raise MemoryError
        return real(ask, **options)

    monkeypatch.setattr(trace_job, "trace_ask", trace)
    assert desk.run() == 1
    assert list(desk.files) == ["one/1.json"]
    assert "`two` does not fit into this machine's memory; shorten the prompt" in desk.said


def test_an_interrupted_run_keeps_what_is_done_and_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trace_ask

    def trace(ask, **options):  # type: ignore[no-untyped-def]
        if ask.prompt == " w6 w7":
            raise KeyboardInterrupt
        return real(ask, **options)

    monkeypatch.setattr(trace_job, "trace_ask", trace)
    assert desk.run() == 130
    assert list(desk.files) == ["one/1.json"]
    assert "run the same command to go on" in desk.said
    monkeypatch.undo()
    assert desk.run() == 0
    assert list(desk.files) == ["one/1.json", "two/1.json"]
    assert desk.said.count("up to date") == 1


def test_a_killed_run_leaves_only_whole_graphs(desk: Desk) -> None:
    desk.write(*(f"{{slug: g{index}, prompt: ' w3 w{index}'}}" for index in range(9)))
    command = [sys.executable, "-c", "from tracer.cli import main; main()", "build-graphs"]
    command += [str(desk.list), "--graphs", str(desk.graphs), "--device", "cpu"]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not desk.graphs.is_dir() or len(list(desk.graphs.glob("*/1.json"))) < 3:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    whole = list(desk.graphs.glob("*/1.json"))
    assert 3 <= len(whole) < 9
    for file in whole:
        load_graph(file)
    assert desk.run() == 0
    assert desk.said.count("up to date") == len(whole)


def test_two_models_in_one_list(desk: Desk, tmp_path: Path) -> None:
    other = save_tiny_model(tmp_path / "other", seed=5)
    desk.write("{slug: one, prompt: ' w3'}", f"{{slug: two, prompt: ' w3', model: {other}}}")
    assert desk.run() == 0
    names = {load_graph(desk.graphs / one / "1.json").metadata.scan for one in ("one", "two")}
    assert len(names) == 2
    text = (desk.graphs / "two" / "1.json").read_text()
    assert str(tmp_path) not in text, "graph files hold no path of this machine"
    shutil.rmtree(other)
    assert desk.run() == 1, "a model that is gone is an error, not a silent skip"


@pytest.mark.model
def test_the_gallerys_own_graphs_keep_their_ids() -> None:
    root = Path(__file__).parents[2]
    jobs = make_plan(load_prompts(root / "site_src" / "prompts.yaml"), GraphFolder(root / "graphs"))
    assert [(job.entry.slug, job.state) for job in jobs if isinstance(job, Job)] == [
        (job.entry.slug, "done") for job in jobs
    ]


@pytest.mark.slow
def test_nothing_is_kept_of_a_graph_that_is_on_disk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run over a thousand prompts takes no more memory than one over three."""
    alive: list[weakref.ref[Graph]] = []
    most = []
    real = trace_job.write_down

    def counted(job: Job, traced: trace_job.Traced, folder: GraphFolder) -> trace_job.Outcome:
        alive.append(weakref.ref(traced.published.graph))
        gc.collect()
        most.append(sum(one() is not None for one in alive))
        return real(job, traced, folder)

    monkeypatch.setattr(run_here, "write_down", counted)
    desk.write(*(f"{{slug: s{n}, prompt: ' w3 w{n}'}}" for n in range(4, 16)))
    assert desk.run() == 0
    assert len(most) == 12 and max(most) == 1
    assert desk.run() == 0 and desk.said.count("up to date") == 12


def test_two_runs_into_one_folder_are_one_after_the_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracer.batch.session.held", partial(held, patience=0.1))
    with held(desk.graphs / ".tracing.lock", "traces into this folder"):
        with pytest.raises(TracerError, match=r"another process traces .*: process \d+ on "):
            desk.run()
        assert desk.run(dry_run=True) == 0
    assert desk.run() == 0


def test_a_revision_that_came_meanwhile_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trace_job.write_down

    def beaten(job: Job, traced: trace_job.Traced, folder: GraphFolder) -> trace_job.Outcome:
        make_graph(slug="one").save(folder.path("one", job.revision))
        return real(job, traced, folder)

    monkeypatch.setattr(run_here, "write_down", beaten)
    assert desk.run(only=["one"]) == 0
    assert load_graph(desk.graphs / "one" / "1.json").metadata.scan == "tiny"
    assert load_graph(desk.graphs / "one" / "2.json").metadata.tracer is not None
    assert "one/2: written" in desk.said


def test_without_a_terminal_each_outcome_is_told_when_it_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    real = trace_job.trace_job

    def traced(job: Job, *rest: object) -> object:
        heard.append(console.file.getvalue())  # type: ignore[attr-defined]
        return real(job, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(run_here, "trace_job", traced)
    console = Console(file=io.StringIO(), width=120)
    build_graphs(load_prompts(desk.list), desk.graphs, device="cpu", console=console)
    assert heard[0] == "" and heard[1].startswith("one/1: written, ")


@pytest.mark.parametrize("width", [60, 80])
def test_narrow_terminals_show_every_number(width: int) -> None:
    size = trace_job.Size("' Italian'", 0.81, 1234, 23456, 0.45, 0.98, None, None)
    slug = "colosseum-italian-in-quite-a-long-slug-indeed"
    long = trace_job.Outcome(slug, "written", 12, size, seconds=123.4, peak_bytes=15 << 30)
    console = Console(file=io.StringIO(), width=width)
    console.print(outcome_table([long, replace(long, slug="b", seconds=None)]))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "0.81 1,234 23,456   0.45   0.98 123.4 15.0" in said
    assert f"{slug}/12" in re.sub(r"\s.*\n", "", said)
    assert "…" not in said and max(map(len, said.splitlines())) <= width


def test_the_lock_of_a_killed_run_goes_though_nothing_is_to_be_written(desk: Desk) -> None:
    desk.run()
    for name in (".revisions.lock", ".tracing.lock", "one/.1.json.abcdefgh.tracer.tmp"):
        (desk.graphs / name).write_text("process 1 on elsewhere, since then\n")
    assert desk.run() == 0
    assert list(desk.files) == ["one/1.json", "two/1.json"]
