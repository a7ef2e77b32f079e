"""Lays out long plain text in pieces, so that adding to its end costs the same at any length."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption

from studio.ui.chat.looks import gap, paragraph_font, scale, span_look
from studio.ui.chat.markdown import Formatted, Look, Paragraph, forming

CHUNK = 4_000
"""Characters laid out at once; a line without spaces costs their square."""

Span: TypeAlias = tuple[int, int]
"""Start and end in characters."""


@dataclass(slots=True)
class _Piece:
    """A run of whole lines: characters start to end of the text, from y = top."""

    start: int
    end: int
    layout: QTextLayout
    top: float
    height: float
    paragraph: Paragraph


class TextFlow:
    """The lines of a text at a width; knows no widget. Positions count characters.

    Text is shown as it is, any line breaks where it must, tabs and marks included; formatted text
    has paragraphs and spans of other looks.
    """

    def __init__(self, font: QFont, line_height: float) -> None:
        self._font, self._line_height = font, line_height
        self._width = 0.0
        self._pieces: list[_Piece] = []
        self._marks: tuple[Span, ...] = ()
        self._mark_format = QTextCharFormat()
        self._formatted = Formatted("")
        self._starts: list[int] = []
        self.text = ""

    @property
    def height(self) -> float:
        """Height of all lines in px, at least that of one."""
        last = self._pieces[-1] if self._pieces else None
        return last.top + last.height if last else self._line_height

    def set_width(self, width: float) -> None:
        """Lay everything out for another width in px."""
        if width != self._width:
            self._width = width
            self._lay_out_from(0)

    def set_text(self, text: str) -> None:
        """Show another text, as it is."""
        self.set_formatted(Formatted(text))

    def set_formatted(self, made: Formatted) -> None:
        """Show another text with its looks."""
        self.text, self._marks, self._formatted = made.text, (), made
        self._starts = [paragraph.start for paragraph in made.paragraphs]
        self._lay_out_from(0)

    def forming(self, source: str) -> Generator[None, None, None]:
        """Show another text with its Markdown carried out, after many small steps.

        Yields between the steps; until the last one what was there is shown.
        """
        made = yield from forming(source)
        twin = TextFlow(self._font, self._line_height)
        twin._width = self._width
        twin.text, twin._formatted = made.text, made
        twin._starts = [paragraph.start for paragraph in made.paragraphs]
        yield from twin._laying_from(0)
        self.text, self._marks, self._formatted = made.text, (), made
        self._starts, self._pieces = twin._starts, twin._pieces
        if twin._width != self._width:
            self._lay_out_from(0)

    def append(self, text: str) -> None:
        """Add to the end; only the last piece is laid out again."""
        self.text += text
        self._lay_out_from(self._pieces[-1].start if self._pieces else 0)

    def set_marks(self, marks: Sequence[Span], look: QTextCharFormat) -> None:
        """Show these spans in a look of their own."""
        if not marks and not self._marks:
            return  # nothing to lay out again, which takes long for a long text
        self._marks, self._mark_format = tuple(marks), look
        self._lay_out_from(0)

    def paint(
        self, painter: QPainter, clip: QRectF, selection: Span, look: QTextCharFormat
    ) -> None:
        """Draw the lines that meet the clip, with a selection (an empty one for none)."""
        for piece in self._pieces:
            if piece.top + piece.height < clip.top() or piece.top > clip.bottom():
                continue
            ranges = []
            start, end = max(selection[0], piece.start), min(selection[1], piece.end)
            if start < end:
                ranges.append(self._format_range(piece, start, end, look))
            at = QPointF(piece.paragraph.indent, piece.top)
            piece.layout.draw(painter, at, ranges, clip)

    def grounds(self, look: Look) -> list[QRectF]:
        """Return what the paragraphs of a look cover, the whole width of each."""
        found: dict[Paragraph, QRectF] = {}
        for piece in self._pieces:
            if piece.paragraph.look == look:
                left = piece.paragraph.indent
                rect = QRectF(left, piece.top, self._width - left, piece.height)
                found[piece.paragraph] = found.get(piece.paragraph, rect).united(rect)
        return list(found.values())

    def end_point(self) -> QPointF:
        """Return where the next character would stand, its line's top."""
        if not self._pieces:
            return QPointF(0, 0)
        piece = self._pieces[-1]
        line = piece.layout.lineAt(piece.layout.lineCount() - 1)
        right = piece.paragraph.indent + line.naturalTextRect().right()
        return QPointF(right, piece.top + line.y())

    def position_at(self, point: QPointF) -> int:
        """Return the character boundary nearest to a point."""
        if not self._pieces:
            return 0
        index = bisect_right([piece.top for piece in self._pieces], point.y()) - 1
        piece = self._pieces[max(index, 0)]
        layout = piece.layout
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            if point.y() - piece.top < line.y() + line.height() or number + 1 == layout.lineCount():
                units = line.xToCursor(point.x() - piece.paragraph.indent)
                units = units[0] if isinstance(units, tuple) else units
                return piece.start + _characters(layout.text(), int(units))
        return piece.end

    def _lay_out_from(self, start: int) -> None:
        for _ in self._laying_from(start):
            pass

    def _laying_from(self, start: int) -> Iterator[None]:
        while self._pieces and self._pieces[-1].start >= start:
            self._pieces.pop()
        if self._width <= 0:
            return
        top = self._pieces[-1].top + self._pieces[-1].height if self._pieces else 0.0
        while start < len(self.text):
            stop = self.text.find("\n", start, start + CHUNK)
            ends_line = stop >= 0
            if stop < 0:
                stop = min(start + CHUNK, len(self.text))
            paragraph = self._paragraph_at(start)
            if start == paragraph.start and self._pieces:
                top += self._line_height * gap(paragraph)
            layout = self._lines(start, stop, paragraph)
            if not ends_line and stop < len(self.text) and layout.lineCount() > 1:
                # the paragraph goes on: its last line here belongs to the next piece
                last = layout.lineAt(layout.lineCount() - 1).textStart()
                stop = start + _characters(layout.text(), last)
                layout = self._lines(start, stop, paragraph)
            height = layout.lineCount() * self._line_height * scale(paragraph)
            self._pieces.append(_Piece(start, stop, layout, top, height, paragraph))
            top += height
            start = stop + 1 if ends_line else stop
            yield
        if self.text.endswith("\n"):  # the empty line after it
            end, last_one = len(self.text), self._paragraph_at(len(self.text))
            layout = self._lines(end, end, last_one)
            self._pieces.append(_Piece(end, end, layout, top, self._line_height, last_one))

    def _paragraph_at(self, position: int) -> Paragraph:
        index = bisect_right(self._starts, position) - 1
        return self._formatted.paragraphs[index] if index >= 0 else _PLAIN

    def _lines(self, start: int, stop: int, paragraph: Paragraph) -> QTextLayout:
        font = paragraph_font(paragraph, self._font) if paragraph is not _PLAIN else self._font
        layout = QTextLayout(self.text[start:stop], font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        piece = _Piece(start, stop, layout, 0, 0, paragraph)
        layout.setFormats(self._formats(piece))
        marker = self.text[start : start + paragraph.hang] if start == paragraph.start else ""
        hang = QFontMetricsF(font).horizontalAdvance(marker)
        line_height = self._line_height * scale(paragraph)
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            left = hang if top else 0.0
            line.setLineWidth(max(self._width - paragraph.indent - left, 40))
            line.setPosition(QPointF(left, top + (line_height - line.height()) / 2))
            top += line_height
        layout.endLayout()
        return layout

    def _formats(self, piece: _Piece) -> list[QTextLayout.FormatRange]:
        """Return the looks inside a piece; those of marks come last, over the others."""
        start, stop, spans = piece.start, piece.end, self._formatted.spans
        first = bisect_right(spans, start, key=lambda span: span[1])
        found = []
        for a, b, kind in islice(spans, first, None):
            if a >= stop:
                break
            found.append(self._format_range(piece, max(a, start), min(b, stop), span_look(kind)))
        found += [
            self._format_range(piece, max(a, start), min(b, stop), self._mark_format)
            for a, b in self._marks
            if max(a, start) < min(b, stop)
        ]
        return found

    def _format_range(
        self, piece: _Piece, start: int, end: int, look: QTextCharFormat
    ) -> QTextLayout.FormatRange:
        made = QTextLayout.FormatRange()
        made.start = _units(self.text[piece.start : start])
        made.length = _units(self.text[start:end])
        made.format = look
        return made


_PLAIN = Paragraph(-1)
"""Of text without a look of its own."""


def _units(text: str) -> int:
    """Return the length in UTF-16 units, in which Qt counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _characters(text: str, units: int) -> int:
    """Return how many characters the first UTF-16 units of a text are."""
    if text.isascii():
        return units
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))
