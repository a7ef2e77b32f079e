"""The tags of a row as chips: one is removed by a click on it, new ones are typed or chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.flow import Flow
from studio.ui.widgets.parts import Button, label, plain_tip

LONGEST = 24
"""Characters of a tag that a chip shows."""
WIDTH = 110
MOST = 24
"""Tags that are shown as chips; laying out a thousand would take a minute."""


class TagLine(QLineEdit):
    """Where a tag is typed; Esc and an empty Return leave it.

    Signals:
        chosen(str): a tag was typed or chosen.
        left(): nothing more is wanted.
    """

    chosen = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("Tag")
        self.setAccessibleName("Add a tag")
        self.setFont(fonts.font(Role.SMALL))
        self.setFixedWidth(WIDTH)
        self._known = QStringListModel(self)
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._list = QListView()
        self._list.setFont(fonts.font(Role.SMALL))
        completer.setPopup(self._list)
        completer.activated.connect(self._on_activated, Qt.ConnectionType.QueuedConnection)
        self.setCompleter(completer)
        self.returnPressed.connect(lambda: self._on_activated(self.text()))

    def set_known(self, tags: Iterable[str]) -> None:
        """Offer tags that exist."""
        self._known.setStringList(list(tags))

    def _on_activated(self, tag: str) -> None:
        if self.isHidden():
            return  # Return in the list of completions ends up here twice
        tag = " ".join(tag.split())
        self.clear()
        if tag:
            self.chosen.emit(tag)
        else:
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusOut and not self._list.isVisible():
            text = " ".join(self.text().split())
            self.clear()
            if text:
                self.chosen.emit(text)
            self.left.emit()
        return super().event(event)


class TagsField(QWidget):
    """Shows tags and lets them come and go.

    Signals:
        added(str): a tag is wanted on the row.
        removed(str): a tag is to go.

    Attributes:
        offer: gives the tags there are, when one is about to be typed.
    """

    added = Signal(str)
    removed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._tags: tuple[str, ...] = ()
        self.offer: Callable[[], Iterable[str]] = tuple
        self._flow = Flow(self)
        self.chips: list[Button] = []
        self.more = label("", Role.SMALL, tone="muted")
        self.add_button = Button("Add a tag (Ctrl+T)", "add", "icon")
        self.add_button.setProperty("compact", True)
        self.line = TagLine()
        for part in (self.more, self.add_button, self.line):
            self._flow.addWidget(part)
        self.more.hide()
        self.line.hide()
        self.add_button.clicked.connect(self.ask)
        self.line.chosen.connect(self._on_chosen)
        self.line.left.connect(self._on_left)

    def show_tags(self, tags: Iterable[str]) -> None:
        """Show the tags of a row; of very many the first ones."""
        self._tags = tuple(tags)
        shown = self._tags[:MOST]
        while len(self.chips) < len(shown):
            self._add_chip()
        for chip, tag in zip(self.chips, shown, strict=False):
            short = tag if len(tag) <= LONGEST else f"{tag[: LONGEST - 1]}…"
            chip.setText(short.replace("&", "&&"))
            chip.setToolTip(plain_tip(f"Take off the tag {tag}"))
            chip.setAccessibleName(f"Take off the tag {tag}")
        for at, chip in enumerate(self.chips):
            _show(chip, at < len(shown))
        rest = len(self._tags) - len(shown)
        self.more.setText(f"and {rest:,} more")
        _show(self.more, rest > 0)
        self.updateGeometry()

    def ask(self) -> None:
        """Let a tag be typed, with those of the dataset to choose from."""
        self.line.set_known(tag for tag in self.offer() if tag not in self._tags)
        self.line.show()
        self.add_button.hide()
        self.line.setFocus()

    def _add_chip(self) -> None:
        at, chip = len(self.chips), Button("", kind="chip", compact=True)
        chip.clicked.connect(lambda: self.removed.emit(self._tags[at]))
        self.chips.append(chip)
        taken = [self._flow.takeAt(self._flow.count() - 1) for _ in range(3)]  # more, + and line
        self._flow.addWidget(chip)
        for item in reversed(taken):
            assert item is not None
            self._flow.addItem(item)

    def _on_chosen(self, tag: str) -> None:
        if tag not in self._tags:
            self.added.emit(tag)

    def _on_left(self) -> None:
        focused = self.line.hasFocus()
        self.add_button.show()
        self.line.hide()
        if focused:
            self.add_button.setFocus()


def _show(part: QWidget, on: bool) -> None:
    """Show or hide a widget; Qt lays out everything around it even if it is so already."""
    if part.isHidden() is on:
        part.setVisible(on)
