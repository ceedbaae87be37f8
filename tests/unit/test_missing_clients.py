"""Targets whose client library is an extra that is not installed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gatepost.errors import Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.registry import settings_of


@pytest.mark.parametrize(
    ("kind", "module", "settings"),
    [
        ("kafka", "confluent_kafka", {"servers": "127.0.0.1:9092"}),
        ("neo4j", "neo4j", {"url": "bolt://127.0.0.1:7687"}),
        ("redis", "redis", {"url": "redis://127.0.0.1:6379"}),
    ],
)
def test_missing_client_is_unavailable(
    kind: str, module: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target opens without its client, and the first question says what to install."""
    from importlib import import_module

    monkeypatch.setitem(sys.modules, module, None)
    made = settings_of(kind).model_validate({"kind": kind, **settings})
    target = import_module(f"gatepost.targets.{kind}").open_target("it", made, TargetContext())
    with pytest.raises(Unavailable, match=rf"not installed: pip install gatepost\[{kind}\]"):
        target.ping()
    target.close()
