"""Where everything of a YAML text stands, so that a program without a parser can edit its lines.

Found here and sent along, for a parser in the browser would be another one than reads these files:
npm's `yaml` (30 KB gzipped) ends no line at U+0085. Offsets count UTF-16 code units, as
JavaScript's strings do.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_BOM = "\ufeff"
_COLLECTION = (yaml.MappingNode, yaml.SequenceNode)


def spans(text: str, *, depth: int) -> dict[str, Any] | None:
    """The tree of a YAML text that `load_yaml` accepts; None where it holds nothing.

    A node is `{"at": [start, end]}`; a collection, down to `depth`, also has `flow` and `items`,
    each with where it begins (`from`), its `key` in a mapping, and its `node`.
    """
    shift = len(_BOM) if text.startswith(_BOM) else 0
    root = yaml.compose(text[shift:], Loader=_Loader)
    if root is None:
        return None
    return _Walk(text, shift).node(root, depth)


class _Walk:
    def __init__(self, text: str, shift: int):
        self.text = text
        self.shift = shift
        units = (2 if ord(character) > 0xFFFF else 1 for character in text)
        self.units: Sequence[int] = list(accumulate(units, initial=0))

    def node(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {"at": [self._at(self._start(node)), self._at(self._end(node))]}
        if depth and isinstance(node, yaml.MappingNode):
            found["items"] = [
                {
                    "key": key.value,
                    "from": self._at(self._key_start(key)),
                    "node": self.node(value, depth - 1),
                }
                for key, value in node.value
            ]
        elif depth and isinstance(node, yaml.SequenceNode):
            found["items"] = [
                {"from": self._at(self._item_start(item, node)), "node": self.node(item, depth - 1)}
                for item in node.value
            ]
        if depth and isinstance(node, _COLLECTION):
            found["flow"] = bool(node.flow_style)
        return found

    def _at(self, index: int) -> int:
        return self.units[index]

    def _start(self, node: yaml.Node) -> int:
        return int(node.start_mark.index) + self.shift

    def _end(self, node: yaml.Node) -> int:
        """A block's own mark lies at whatever comes after it, beyond blank lines and comments."""
        if isinstance(node, _COLLECTION) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        start, end = self._start(node), int(node.end_mark.index) + self.shift
        return start + len(self.text[start:end].rstrip())

    def _key_start(self, key: yaml.Node) -> int:
        """With the `?` that may stand in front of it."""
        start = self._start(key)
        before = self.text[:start].rstrip(" \t")
        return len(before) - 1 if before.endswith("?") else start

    def _item_start(self, item: yaml.Node, sequence: yaml.SequenceNode) -> int:
        """With its dash, which stands in the column of the first one."""
        start = self._start(item)
        if sequence.flow_style:
            return start
        column = int(sequence.start_mark.column)
        line = self.text.rfind("\n", 0, start) + 1
        while self.text[line : line + column + 1].strip(" ") != "-":
            line = self.text.rfind("\n", 0, line - 1) + 1
        return line + column
