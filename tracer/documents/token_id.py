"""How people name a token: by its literal text, or by its id where no text names it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tracer.documents.records import Strict


class TokenId(Strict):
    """A token by its id in the model's vocabulary: a single byte, or one of several with one text.

    >>> str(TokenId(id=24211))
    'token 24211'
    """

    id: int = Field(ge=0, strict=True, description="as `tracer tokens` shows it")

    def __str__(self) -> str:
        return f"token {self.id}"


TokenName = Annotated[str, Field(min_length=1)] | TokenId
