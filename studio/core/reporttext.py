"""Makes texts from models and datasets harmless where a report shows them."""

from __future__ import annotations

import html
import re

LONGEST = 4_000
"""Characters of a quoted text; the rest is counted."""
LONGEST_CELL = 200
"""Characters of a cell, a title or a name."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKS = re.compile(r"([\\`*_{}\[\]|~$@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_FIRST = re.compile(r"(\d*)([-+=#]|[.)](?=\s|$))")
"""What makes a heading, a list or a rule of a line that begins with it."""
_GAPS = re.compile(r"[ \t\n\r\f\v]+")
"""A no-break space is none: it holds a number and its unit together."""
_FENCES = re.compile(r"`+")


def quoted(text: str, most: int = LONGEST) -> str:
    """Return a text as it is quoted: unseen characters as �, cut with the count of the rest."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    rest = len(text) - most
    kept = _UNSEEN.sub("\ufffd", text[:most])
    return f"{kept}… ({rest:,} more characters)" if rest > 0 else kept


def one_line(text: str, most: int = LONGEST_CELL) -> str:
    """Return a text on one line, cut with an ellipsis."""
    flat = _GAPS.sub(" ", _UNSEEN.sub("\ufffd", _GAPS.sub(" ", text[: most * 4]))).strip()
    return f"{flat[:most]}…" if len(flat) > most or len(text) > most * 4 else flat


def in_html(text: str) -> str:
    """Return a text as HTML shows it, in elements and in attributes."""
    return html.escape(text, quote=True)


def in_markdown(text: str) -> str:
    """Return one line of text that Markdown shows as it is: no link, no HTML, no emphasis."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _MARKS.sub(r"\\\1", safe)
    first = _FIRST.match(safe)
    return f"{first[1]}\\{safe[first.end(1) :]}" if first else safe


def fenced(text: str) -> str:
    """Return a text as a block of code, whatever fences stand inside."""
    longest = max((len(run) for run in _FENCES.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
