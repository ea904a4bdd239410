"""What every entry of a prompt list may say, and the list's defaults for all."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, field_validator

from tracer.documents.trace_settings import TraceSettings

DEFAULT_MODEL = "smollm2-135m-instruct"
AdapterPath = Annotated[str, Field(min_length=1, max_length=1_000)]


class ListedSettings(TraceSettings):
    """Which model, with which features, and how."""

    model: str = Field(
        DEFAULT_MODEL, min_length=1, description="model name, hub id or local folder"
    )
    adapter: AdapterPath | tuple[AdapterPath, ...] = Field(
        (),
        description="folders of LoRA adapters, as peft saves them, merged into the model in order; "
        "relative to this file; [] for none",
    )
    features: str = Field("neurons", min_length=1, description="what stands in for each MLP")
    tags: tuple[str, ...] = Field((), description="words the gallery can filter by")
    chat_date: date | None = Field(
        None, description="the day for chat templates that write one, in place of 2024-07-26"
    )

    @field_validator("adapter")
    @classmethod
    def _once_each(cls, found: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not isinstance(found, str) and len(set(found)) < len(found):
            raise ValueError("an adapter is named twice; once is enough")
        return found

    @property
    def adapter_paths(self) -> tuple[str, ...]:
        """As they are written."""
        return (self.adapter,) if isinstance(self.adapter, str) else self.adapter

    @property
    def settings(self) -> TraceSettings:
        said = self.model_fields_set & set(TraceSettings.model_fields)
        return TraceSettings(**{name: getattr(self, name) for name in said})
