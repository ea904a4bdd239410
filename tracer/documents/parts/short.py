"""Documents as they are stored and printed: no more digits than anybody reads."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

DIGITS = 4


def short(record: BaseModel) -> dict[str, Any]:
    """Numbers to four digits; nothing of what there is not."""
    found: dict[str, Any] = _rounded(record.model_dump(mode="json", exclude_none=True))
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
