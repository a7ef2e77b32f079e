"""What can be done on the Chat page from its menu and by shortcut."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.ui.chat.chatparts import ChatParts

ALWAYS = ("Show answers as they were written", "Add a column")
"""Acts whose buttons a narrow window has no room for."""


def add_acts(page: QWidget, parts: ChatParts) -> None:
    """Give the page an action for each of its buttons; they work while the page has the focus."""
    for words, button, keys in (
        ("Send the question", parts.composer.send_button, "Ctrl+Return"),
        ("Stop the answers", parts.composer.stop_button, "Ctrl+."),
        ("New conversation", parts.new_button, "Ctrl+Shift+N"),
        ("Show differences", parts.differences, "Ctrl+Shift+D"),
        ("Show answers as they were written", parts.plain, ""),
        ("Add a column", parts.add_button, ""),
        ("Show the right column", parts.side_button, ""),
        ("Rename the conversation", parts.side.past.rename_button, ""),
        ("Export the conversation", parts.side.past.export_button, ""),
        ("Delete the conversation", parts.side.past.delete_button, ""),
        ("Load the model now", parts.loaded.load_button, ""),
        ("Give the model's memory back", parts.loaded.unload_button, ""),
    ):
        page.addAction(_act(page, words, button, keys))


def _act(page: QWidget, words: str, button: QAbstractButton, keys: str) -> QAction:
    act = QAction(words, page)
    act.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    if keys:
        act.setShortcut(keys)
    crowded_out = words in ALWAYS
    act.triggered.connect(lambda: button.click() if crowded_out or not button.isHidden() else None)
    return act
