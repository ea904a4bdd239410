"""How people name a token: by its literal text, or by its id where no text names it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, StringConstraints, Tag

from tracer.documents.records import Strict


class TokenId(Strict):
    """A token by its id in the model's vocabulary: a single byte, or one of several with one text.

    >>> str(TokenId(id=24211))
    'token 24211'
    """

    id: int = Field(ge=0, strict=True, description="as `tracer tokens` shows it")

    def __str__(self) -> str:
        return f"token {self.id}"


def _kind(name: Any) -> str:
    return "<id>" if isinstance(name, dict | TokenId) else "<text>"


# Told apart by kind, so that a mistake in one is no mistake in the other.
TokenName = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=200), Tag("<text>")]
    | Annotated[TokenId, Tag("<id>")],
    Discriminator(_kind),
]
