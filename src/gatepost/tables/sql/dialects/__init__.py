"""The engines that rules are written for; another engine is one more file here."""

from __future__ import annotations

from importlib import import_module

from gatepost.tables.sql.dialects.base import Dialect, Refused

_FILES = {
    "postgresql": "postgresql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "mysql": "mysql",
    "mariadb": "mysql",
    "spark": "spark",
}
"""The file of each engine, which has its DIALECT, by SQLAlchemy's name of it."""


def dialect_of(backend: str) -> Dialect:
    """The dialect of an engine. Raises Refused for one whose answers nobody has compared."""
    if backend not in _FILES:
        raise Refused(f"rules are not written in the SQL of {backend} yet")
    found: Dialect = import_module(f"{__name__}.{_FILES[backend]}").DIALECT
    return found
