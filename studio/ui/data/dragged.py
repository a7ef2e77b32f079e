"""What is dragged onto the window: files, or nothing of ours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def files_of(data: QMimeData) -> list[Path]:
    """Return the local files of something that is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
