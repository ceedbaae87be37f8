"""Files that are replaced whole or not at all."""

from pathlib import Path

import pytest

from gatepost.sinks.files import replace_file


def test_makes_the_folder_and_leaves_no_draft(tmp_path: Path) -> None:
    """The folder is made, the old content replaced, and nothing else left behind."""
    target = tmp_path / "reports" / "a.json"
    replace_file(target, b"old")
    replace_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full half-way, the old file stays and the draft is removed."""
    target = tmp_path / "a.json"
    replace_file(target, b"old")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as draft:
            draft.write(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
