"""What the looks of formatted text are: fonts of paragraphs, and how spans differ from them."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QTextCharFormat

from studio.ui.chat.markdown import Kind, Paragraph
from studio.ui.look import fonts
from studio.ui.look.theme import colors

HEADINGS = (1.3, 1.18, 1.08)
"""Size of headings of level 1, 2, 3 and deeper, against the text."""
_GAPS = {"code": 0.75, "heading": 0.6}
_GAP = 0.45


def paragraph_font(paragraph: Paragraph, base: QFont) -> QFont:
    """Return the font of a paragraph of a text in a font."""
    if paragraph.look == "code":
        made = fonts.mono()
        made.setPixelSize(base.pixelSize() - 1)
        return made
    made = QFont(base)
    if paragraph.look == "heading":
        made.setPixelSize(round(base.pixelSize() * scale(paragraph)))
        made.setWeight(fonts.BOLD)
    return made


def scale(paragraph: Paragraph) -> float:
    """Return the size of a paragraph's letters against the text."""
    if paragraph.look != "heading":
        return 1.0
    return HEADINGS[min(paragraph.level, len(HEADINGS)) - 1]


def gap(paragraph: Paragraph) -> float:
    """Return the air above a paragraph against the height of a line of text."""
    return 0.0 if paragraph.tight else _GAPS.get(paragraph.look, _GAP)


def span_look(kind: Kind) -> QTextCharFormat:
    """Return how a span differs from its paragraph, in the colours in force."""
    look, c = QTextCharFormat(), colors()
    match kind:
        case "strong":
            look.setFontWeight(fonts.BOLD)
        case "em":
            look.setFontItalic(True)
        case "strike":
            look.setFontStrikeOut(True)
        case "code":
            look.setFontFamilies(fonts.mono().families())
            look.setFontFixedPitch(True)
            look.setBackground(QColor(c.sunken))
        case "link":
            look.setForeground(QColor(c.accent))
        case "muted":
            look.setForeground(QColor(c.muted))
    return look
