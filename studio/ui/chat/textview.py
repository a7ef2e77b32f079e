"""Shows hostile text as it is: plain, wrapped anywhere, selectable, smooth at any length."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.chat.markdown import CODE_INDENT, Formatted, formatted
from studio.ui.chat.textflow import Span, TextFlow
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL

LEADING = 1.5
"""Line height against font size; 14 px text has lines of 21 px."""
CODE_AIR = 4
"""Px of a code block's ground around its lines."""
TURN = 0.005
"""Seconds of the event loop that forming a long text takes at once."""
SPOKEN = 2_000
"""Characters of the text given to screen readers."""


class TextView(QWidget):
    """A text with its own height at any width; its owner scrolls it.

    Args:
        name: what the text is, for screen readers.
        ink: colour of the text, by its name.
        cursor_ink: colour of the block cursor while the text is being written.
        role: step of the type scale.

    Signals:
        formed(): the Markdown of a long text is carried out.
    """

    formed = Signal()

    def __init__(
        self, name: str, ink: str = "text", cursor_ink: str = "text", role: Role = Role.CHAT
    ) -> None:
        super().__init__()
        self._ink, self._cursor_ink = ink, cursor_ink
        self._line = round(fonts.font(role).pixelSize() * LEADING)
        self._flow = TextFlow(fonts.font(role), self._line)
        self._writing = False
        self._forming: Iterator[None] = iter(())
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn_came)
        self._source: str | None = None
        self._anchor = self._caret = 0
        self._marks: tuple[tuple[Span, ...], str] = ((), "")
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The whole text as it is shown."""
        return self._flow.text

    @property
    def source(self) -> str:
        """The whole text as it was written, with its marks if it has any."""
        return self._flow.text if self._source is None else self._source

    @property
    def selected(self) -> str:
        """The selected part of the text."""
        start, end = sorted((self._anchor, self._caret))
        return self._flow.text[start:end]

    def set_text(self, text: str) -> None:
        """Show another text, as it is."""
        self._turn.stop()
        self._anchor = self._caret = 0
        self._source = None
        self._flow.set_text(text)
        self._changed()

    def set_markdown(self, source: str) -> None:
        """Show another text with its Markdown carried out."""
        self._turn.stop()
        self._anchor = self._caret = 0
        self._source = source
        self._flow.set_formatted(formatted(source))
        self._changed()

    def form_markdown(self, source: str) -> None:
        """Carry out the Markdown of what is shown as it was written, between other events.

        A long text takes many turns of the event loop, none of them long; then comes ``formed``.
        """
        self._source = source
        self._forming = self._flow.forming(source)
        self._turn.start()

    def set_source(self, source: str) -> None:
        """Show another text with Markdown, as it was written."""
        if self._flow.text != source or self._source is not None:
            self.set_text(source)
        self._source = source

    def set_plain(self, plain: bool) -> None:
        """Show a text with Markdown as it was written, or with its marks carried out."""
        self._turn.stop()
        if self._source is not None:
            self._anchor = self._caret = 0
            self._flow.set_formatted(Formatted(self._source) if plain else formatted(self._source))
            self._changed()

    def append(self, text: str) -> None:
        """Add to the end of the text."""
        self._flow.append(text)
        self._changed()

    def set_writing(self, writing: bool) -> None:
        """Show the block cursor at the end, or do not."""
        self._writing = writing
        self._changed()

    def set_marks(self, marks: Sequence[Span], kind: str) -> None:
        """Set spans apart; kind is frozen (only in the base) or accent (only in the adapted)."""
        self._marks = tuple(marks), kind
        self._flow.set_marks(marks, _mark_look(kind))
        self.update()

    def select_all(self) -> None:
        """Select the whole text."""
        self._anchor, self._caret = 0, len(self._flow.text)
        self.update()

    def copy(self) -> None:
        """Put what is selected, or else everything, on the clipboard."""
        QGuiApplication.clipboard().setText(self.selected or self.source)

    def sizeHint(self) -> QSize:
        return QSize(200, round(self._flow.height))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._flow.set_width(self.width())
        self._changed()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.set_marks(*self._marks)  # looks have the colours they were made with

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (
            Qt.FocusReason.PopupFocusReason,
            Qt.FocusReason.ActiveWindowFocusReason,
        ):
            self._anchor = self._caret
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._anchor = self._caret = self._flow.position_at(event.position())
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._caret = self._flow.position_at(event.position())
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        for rect in self._flow.grounds("code"):
            around = rect.adjusted(-CODE_INDENT, -CODE_AIR, 0, CODE_AIR)
            paint.box(painter, around, RADIUS_CONTROL, c.sunken)
        for rect in self._flow.grounds("quote"):
            painter.fillRect(QRectF(rect.x() - 12, rect.y(), 2, rect.height()), QColor(c.border))
        painter.setPen(QColor(getattr(c, self._ink)))
        look = QTextCharFormat()
        look.setBackground(QColor(c.focus))
        look.setForeground(QColor(c.surface))
        start, end = sorted((self._anchor, self._caret))
        self._flow.paint(painter, QRectF(event.rect()), (start, end), look)
        if self._writing:
            at, size = self._flow.end_point(), self._line * 0.76
            spot = QRectF(at.x() + 2, self._flow.height - self._line * 0.88, size / 2.2, size)
            painter.fillRect(spot, QColor(getattr(c, self._cursor_ink)))

    def _on_turn_came(self) -> None:
        end = time.perf_counter() + TURN
        for _ in self._forming:
            if time.perf_counter() > end:
                return
        self._turn.stop()
        self._anchor = self._caret = 0
        self._changed()
        self.formed.emit()

    def _changed(self) -> None:
        if round(self._flow.height) != self.height():
            self.updateGeometry()  # the layout then moves what stands below in the same pass
        self.setAccessibleDescription(self._flow.text[:SPOKEN])
        self.update()


def _mark_look(kind: str) -> QTextCharFormat:
    look, c = QTextCharFormat(), colors()
    if kind:
        look.setBackground(QColor(getattr(c, f"{kind}_tint")))
        look.setUnderlineColor(QColor(getattr(c, kind)))
        dotted = kind == "frozen"
        style = QTextCharFormat.UnderlineStyle
        look.setUnderlineStyle(style.DotLine if dotted else style.SingleUnderline)
    return look
