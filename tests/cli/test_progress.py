from __future__ import annotations

from tracer.cli.progress import late_bar


def test_every_item_passes_once_and_in_order() -> None:
    assert list(late_bar([3, 1, 2], 3, "things")) == [3, 1, 2]


def test_there_may_be_nothing_to_do() -> None:
    assert list(late_bar([], 0, "things")) == []
