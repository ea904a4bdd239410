"""Which tensors a layout knows: a set is read whole, or refused.

A tensor that is there and not read may change what the features are (a threshold under another
name, a scale, a gate), so it is refused by name unless it is known to change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracer.errors import Place, TracerError
from tracer.features.weights.stored import Stored

# What trainers count and leave behind; no activation depends on it.
LEFT_BY_TRAINERS = frozenset(
    {
        "activation_function.bandwidth",
        "bandwidth",
        "sparsity",
        "num_tokens_since_fired",
        "n_forward_passes_since_fired",
    }
)


@dataclass(frozen=True)
class Tensors:
    """The tensors of one layer in one layout."""

    needed: frozenset[str]
    optional: frozenset[str] = frozenset()
    unread: frozenset[str] = LEFT_BY_TRAINERS

    def lacks(self, found: Iterable[str]) -> list[str]:
        return sorted(self.needed - set(found))

    def refuse_unread(self, found: Mapping[str, Stored], layout: str) -> None:
        """Raises TracerError that names the first tensor which `layout` would not read."""
        for name in sorted(found.keys() - self.needed - self.optional - self.unread):
            one = found[name]
            known = ", ".join(sorted(self.needed | self.optional))
            raise TracerError(
                f"the tensor `{name}` of layer {one.layer} is not read, and may change what the "
                f"features are: {layout} has no place for it",
                hint=f"read are {known}; if it changes nothing, save the file without it",
                place=Place(one.file),
            )
