"""A folder takes the place of another one whole, or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from studio.engine.checkpoint import place_folder


def test_a_folder_that_cannot_take_its_place_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "adapter"
    place_folder(target, lambda folder: _write(folder, "first"))
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if (self / "words").read_text(encoding="utf-8") == "second":
            raise OSError(errno.EIO, "The disk does not answer")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="does not answer"):
        place_folder(target, lambda folder: _write(folder, "second"))
    assert (target / "words").read_text(encoding="utf-8") == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


def _write(folder: Path, words: str) -> None:
    (folder / "words").write_text(words, encoding="utf-8")
