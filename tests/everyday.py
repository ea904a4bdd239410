"""Which of many values a test takes every day; `make test-all` takes them all."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

Value = TypeVar("Value")


def everyday(values: Iterable[Value], often: Container[Value]) -> list[Value | ParameterSet]:
    """All values, and those that are not among the ones taken often are marked slow."""
    return [one if one in often else pytest.param(one, marks=pytest.mark.slow) for one in values]
