"""A field for a text of a row: plain text, of any length, without freezing."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from studio.ui.look import fonts, tokens

LONG_RUN = 500
"""Characters without a blank; from there on lines break anywhere, or laying out would take long."""
MOST = 200_000
"""Characters that are laid out; of a longer text the beginning is shown, and not edited here."""
AIR = 16
"""Px above and below the lines together: the document's margin, padding and outline."""
_RUN = re.compile(rf"\S{{{LONG_RUN}}}")
_BREAK = re.compile("\r\n|[\r\n\u2029\ufdd0\ufdd1]")
"""What Qt takes for the end of a line; it forgets which one it was."""
_QT_BREAK = "\u2029"
_UNDO_KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class TextField(QPlainTextEdit):
    """An editor as high as its text, between two numbers of lines.

    Undo belongs to the dataset, not to the field. Tab goes on to the next control.

    Signals:
        typed(): the user changed the text.
        left(): the focus is elsewhere now.
    """

    typed = Signal()
    left = Signal()

    def __init__(self, name: str, least: int = 1, most: int = 3) -> None:
        super().__init__()
        self._least, self._most, self._grows = least, most, False
        self._quiet = False
        self._source = ""
        self.whole = True
        self.setAccessibleName(name)
        self.setFont(fonts.font())
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(self._on_text_changed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def show_text(self, text: str) -> None:
        """Show a text without sending typed; the cursor stays where it can."""
        self.whole = len(text) <= MOST
        shown = text if self.whole else text[:MOST]
        if self.whole and text == self.text():
            return
        self._source = shown
        at = self.textCursor().position()
        self._quiet = True
        self.clear()  # or what is shown now would be laid out once more, in another way
        self._choose_wrapping(shown)
        self.setPlainText(shown)
        self._quiet = False
        self.setAccessibleDescription("" if self.whole else "Too long to be edited here.")
        cursor = self.textCursor()
        cursor.setPosition(_whole(shown, min(at, self.document().characterCount() - 1)))
        self.setTextCursor(cursor)

    def text(self) -> str:
        """Return the text as it is now; what the user did not touch is as it was shown."""
        self._source = merged(self._source, self.document().toRawText())
        return self._source

    def place(self) -> int:
        """Return where the cursor is, in characters of the text."""
        units = self.document().toRawText().encode("utf-16-le", "surrogatepass")
        head = units[: 2 * self.textCursor().position()].decode("utf-16-le", "ignore")
        return _in_source(self.text(), len(head))

    def _choose_wrapping(self, text: str) -> None:
        mode = QTextOption.WrapMode
        wanted = mode.WrapAnywhere if _RUN.search(text) else mode.WrapAtWordBoundaryOrAnywhere
        if self.wordWrapMode() != wanted:
            self.setWordWrapMode(wanted)

    def _on_text_changed(self) -> None:
        if not self._quiet:
            self.typed.emit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Leave files to the page, which imports them; here their addresses would be typed."""
        files = any(url.isLocalFile() for url in source.urls())
        return not files and super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: object) -> None:
        """Paste plain text; a long run without blanks is wrapped before it is laid out."""
        words = source.text() if hasattr(source, "text") else ""
        self._choose_wrapping(self.toPlainText() + words)
        self.insertPlainText(words)

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and any(event.matches(keys) for keys in _UNDO_KEYS)
        ):
            event.ignore()  # the window's undo, not the field's
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self._height(self._least))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self._height(1))

    def _height(self, lines: int) -> int:
        line = self.fontMetrics().lineSpacing()
        return max(tokens.HEIGHT_INPUT, lines * line + AIR)

    def _fit(self) -> None:
        """Be as high as the text asks, within the limits."""
        lines = int(self.document().size().height())
        most = self._least if self._grows else self._most
        wanted = self._height(max(self._least, min(most, lines)))
        policies = Qt.ScrollBarPolicy
        fits = lines <= most
        self.setVerticalScrollBarPolicy(
            policies.ScrollBarAlwaysOff if fits else policies.ScrollBarAsNeeded
        )
        if wanted != self.minimumHeight():
            self.setMinimumHeight(wanted)
            if not self._grows:
                self.setMaximumHeight(wanted)

    def set_least(self, lines: int) -> None:
        """Be at least that many lines high."""
        self._least = lines
        self._fit()

    def let_grow(self) -> None:
        """Take all room there is, at least that of the least number of lines."""
        self._grows = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(16_777_215)


def _whole(text: str, position: int) -> int:
    """Return a position, in UTF-16 units as Qt counts, that is not inside of a character."""
    unit = text[: position + 1].encode("utf-16-le")[2 * position : 2 * position + 2]
    return position - 1 if len(unit) == 2 and 0xDC <= unit[1] <= 0xDF else position


def merged(source: str, raw: str) -> str:
    """Return a text after it was edited in Qt, which turns every line end into one of its own.

    Args:
        source: the text before.
        raw: the document's raw text now.
    """
    before = _BREAK.sub(_QT_BREAK, source)
    if before == raw:
        return source
    ends = {found.group() for found in _BREAK.finditer(source)}
    if ends <= {"\n"}:
        return raw.replace(_QT_BREAK, "\n")
    head = _common(before, raw)
    tail = _common(before[head:][::-1], raw[head:][::-1])
    at, end = _in_source(source, head), _in_source(source, len(before) - tail)
    feed = "\r\n" if "\r\n" in ends else "\n"
    middle = raw[head : len(raw) - tail].replace(_QT_BREAK, feed)
    return source[:at] + middle + source[end:]


def _common(one: str, other: str) -> int:
    """Return the length of the longest common beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _in_source(source: str, position: int) -> int:
    """Return where a position of the text with single line ends is in the source."""
    for found in re.finditer("\r\n", source):
        if found.start() >= position:
            break
        position += 1
    return position
