"""What tests of widgets share: the look, and a studio on an empty workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio.app.studio import Studio
from studio.core.workspace import Workspace
from studio.ui.look.theme import Theme


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """Give the look, applied once; tests that change the scheme put it back."""
    return Theme(qapp)


@pytest.fixture
def light(theme: Theme) -> Iterator[Theme]:
    """Give the look in light, whatever a test makes of it."""
    theme.force(Qt.ColorScheme.Light)
    yield theme
    theme.force(Qt.ColorScheme.Light)


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path) -> Iterator[Studio]:
    """Give a studio on an empty workspace; nothing of it runs until it is warmed."""
    made = Studio(Workspace(tmp_path / "workspace").create())
    yield made
    made.close()
    made.deleteLater()
