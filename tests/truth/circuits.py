"""All of them. A new one is a `Circuit` in one of these modules."""

from __future__ import annotations

from tests.truth import attention, logic, lookups, parallel
from tests.truth.circuit import Circuit

CIRCUITS: tuple[Circuit, ...] = (
    *lookups.CIRCUITS,
    *logic.CIRCUITS,
    *attention.CIRCUITS,
    *parallel.CIRCUITS,
)
