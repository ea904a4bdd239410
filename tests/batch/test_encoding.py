"""`tracer tokens`: what the model reads, in eighty columns."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.tiny_models import save_tiny_model
from tests.tokenizers import save_tokenizer
from tracer.batch.encoding import show_entry, show_prompt
from tracer.cli.tokens import command
from tracer.documents.prompts import load_prompts
from tracer.errors import TracerError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model's weights with a tokenizer like Llama 2's, of more tokens than they have."""
    folder = save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"vocab_size": 60', '"vocab_size": 600'))
    return str(save_tokenizer(folder, "llama-2"))


def shown(call: Any, *arguments: Any, **options: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    call(*arguments, console=console, **options)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines()]


def test_each_token_has_position_id_piece_and_text(model: str) -> None:
    lines = shown(show_prompt, model, prompt="The capital é\x1b\u202e")
    assert lines[0].split() == ["at", "id", "piece", "text"]
    assert lines[1].split() == ["0", "1", "<s>", "'<s>'"]
    assert lines[2].split() == ["1", lines[2].split()[1], "▁The", "'", "The'"]
    assert [line.split()[2:] for line in lines[-6:-4]] == [
        ["<0xC3>", "'<0xC3>'"],
        ["<0xA9>", "'<0xA9>'"],
    ]
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in "".join(lines) and "\u202e" not in "".join(lines)
    assert any(line.endswith(r"'\x1b'") for line in lines)


def test_an_entry_of_the_list_with_its_answers(model: str, tmp_path: Path) -> None:
    file = tmp_path / "prompts.yaml"
    entry = "{slug: one, prompt: The capital of France is, target: ' Paris', contrast: [{id: 56}]}"
    file.write_text(f"defaults: {{model: {model}}}\ngraphs:\n  - {entry}\n")
    lines = shown(show_entry, load_prompts(file), "one")
    assert lines[-2].split()[0] == "target" and "▁Paris" in lines[-2]
    assert lines[-1].split()[:2] == ["against", "56"]
    with pytest.raises(TracerError, match=r"no prompt `onee` on the list; did you mean `one`\?"):
        show_entry(load_prompts(file), "onee")


def test_an_entrys_counterfactual_with_its_answer(model: str, tmp_path: Path) -> None:
    chatty = tmp_path / "chatty"
    shutil.copytree(model, chatty)
    template = "{% for m in messages %}{{ m.content }} is{% endfor %}"
    (chatty / "chat_template.jinja").write_text(template, encoding="utf-8")
    file = tmp_path / "prompts.yaml"
    file.write_text(
        f"""defaults: {{model: {chatty}}}
graphs:
  - slug: one
    chat: [{{role: user, content: The capital of France}}]
    counterfactual: {{chat: [{{role: user, content: The capital of Italy}}], target: ' Rome'}}
  - {{slug: two, prompt: Paris, counterfactual: {{prompt: London, target: {{id: 56}}}}}}
  - {{slug: three, prompt: Paris, counterfactual: {{graph: two, target: ' a'}}}}
""",
        encoding="utf-8",
    )
    prompts = load_prompts(file)
    of_one, of_two = (
        shown(show_entry, prompts, one, counterfactual=True) for one in ("one", "two")
    )
    text = "".join(line.split("'")[1] for line in of_one[2:-1])
    assert text.strip() == "The capital of Italy is" and of_one[-1].split()[0] == "target"
    assert of_two[-1].split()[:2] == ["target", "56"]
    with pytest.raises(TracerError, match=r":7:.*`three` has no counterfactual of other words"):
        show_entry(prompts, "three", counterfactual=True)
    assert CliRunner().invoke(command, ["Paris", "--counterfactual"]).exit_code == 2


def test_the_command(model: str) -> None:
    done = CliRunner().invoke(command, ["The capital", "--model", model])
    assert done.exit_code == 0
    assert "▁The" in done.output
    assert CliRunner().invoke(command, []).exit_code == 2
    with pytest.raises(TracerError, match="has no chat template"):
        CliRunner().invoke(command, ["Hi", "--chat", "--model", model], catch_exceptions=False)
