"""Nothing that is read, written or heard from another program depends on the machine's locale."""

from __future__ import annotations

import ast
from pathlib import Path

FILES = sorted((Path(__file__).parents[1] / "tracer").rglob("*.py"))
TEXT = {"read_text", "write_text"}


def _unsaid(tree: ast.AST) -> list[str]:
    """Calls that leave the encoding to the locale."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        said = {one.arg: ast.unparse(one.value) for one in call.keywords}
        of_a_path = isinstance(call.func, ast.Attribute) and call.func.attr in TEXT
        heard = "True" in (said.get("text"), said.get("universal_newlines"))
        if (of_a_path or heard) and "encoding" not in said:
            found.append(f"{call.lineno}: {ast.unparse(call)}")
    return found


def test_what_is_looked_for_is_found() -> None:
    assert len(_unsaid(ast.parse("a.read_text(); run(b, text=True)"))) == 2
    assert _unsaid(ast.parse("a.read_text(encoding='utf-8'); read_text(a)")) == []


def test_every_text_says_its_encoding() -> None:
    found = {file: _unsaid(ast.parse(file.read_text(encoding="utf-8"))) for file in FILES}
    assert {file: calls for file, calls in found.items() if calls} == {}
