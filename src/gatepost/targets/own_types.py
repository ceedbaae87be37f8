"""A type that only its engine has, as our dialects reflect it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types


class OtherType(types.UserDefinedType[Any]):
    """A type of the engine's own, such as a list or a struct, as the engine writes it."""

    cache_ok = True

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def get_col_spec(self, **_: Any) -> str:
        """The type's own text."""
        return self.spelling
