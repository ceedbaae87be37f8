"""Finds the gatepost.toml that a folder belongs to; light, since every start of pytest asks."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "gatepost.toml"


def find_configuration(start: Path) -> Path | None:
    """The nearest gatepost.toml in a folder or above it, within the same project."""
    for folder in (start, *start.parents):
        file = folder / FILE_NAME
        if file.is_file():
            return file
        if (folder / ".git").exists() or folder == Path.home():
            break  # what lies above belongs to another project
    return None
