"""Where the walk down from a target begins."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracer.errors import TracerError

_FEATURE = re.compile(r"(?P<layer>\d+)_(?P<index>\d+)_(?P<position>-?\d+)\Z")
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Origin:
    """In front of the MLP of `layer`, at `position`."""

    layer: int
    position: int


@dataclass(frozen=True)
class FeatureName:
    """One feature at one position, as people write it: `22_580_14`."""

    layer: int
    index: int
    position: int

    @property
    def origin(self) -> Origin:
        return Origin(self.layer, self.position)

    def __str__(self) -> str:
        return f"{self.layer}_{self.index}_{self.position}"

    @staticmethod
    def parse(text: str, *, positions: int) -> FeatureName:
        """A negative position counts from the prompt's end. Raises TracerError for other text, and
        for a position the prompt does not have."""
        match = _FEATURE.match(text)
        if match is None:
            numbers = _NUMBERS.findall(text)
            hint = "write layer_index_position, such as `22_580_14`"
            if len(numbers) == 3:
                hint = f"did you mean `{'_'.join(numbers)}`?"
            elif len(numbers) == 2:
                hint = f"add the position: `{'_'.join(numbers)}_{positions - 1}` is the last"
            raise TracerError(f"`{text}` names no feature", hint=hint)
        layer, index, position = (int(match[part]) for part in ("layer", "index", "position"))
        name = FeatureName(layer, index, position + positions if position < 0 else position)
        if not 1 <= name.position < positions:
            near = f"{name.layer}_{name.index}_{min(max(name.position, 1), positions - 1)}"
            what = f"there is no feature `{text}`: the prompt's positions are 1 to {positions - 1}"
            raise TracerError(what, hint=f"did you mean `{near}`?")
        return name

    def check(self, widths: tuple[int, ...]) -> None:
        """Raises TracerError where the model has no such layer, or the layer no such feature.

        `widths` holds how many features each layer has.
        """
        layer = min(self.layer, len(widths) - 1)
        if layer != self.layer:
            where = f"the model's layers are 0 to {len(widths) - 1}"
        elif self.index >= widths[layer]:
            where = f"the features of layer {layer} are 0 to {widths[layer] - 1:,}"
        else:
            return
        near = FeatureName(layer, _within(self.index, widths[layer]), self.position)
        what = f"there is no feature `{self}`: {where}"
        raise TracerError(what, hint=f"did you mean `{near}`?")


def _within(index: int, width: int) -> int:
    """The index, or its first digits when a digit too many was typed."""
    while index >= width:
        index //= 10
    return index
