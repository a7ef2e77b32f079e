"""Turns Markdown into plain text with looks, never into HTML: nothing in it can load or run.

Links keep their address in the text, pictures become words, and HTML stays the letters it is made
of. What would take long to parse stays as it was written.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST = 60_000
"""Characters; a longer text is shown as it was written."""
MOST_INLINE = 2_000
"""Characters of one paragraph; marks inside a longer one are not looked for, they may cost its square."""
DEEPEST = 8
"""Lists and quotes inside each other; markers of deeper ones stay letters."""
WIDEST_TABLE = 100
"""Characters of a line; the cells of a wider table are not padded to columns."""
STEP = 22
"""Px a list or a quote is set in."""
CODE_INDENT = 10
"""Px inside a block of code."""

Look = Literal["text", "heading", "code", "quote", "rule"]
Kind = Literal["strong", "em", "code", "strike", "link", "muted"]
_OPENS: dict[str, Kind] = {"strong_open": "strong", "em_open": "em", "s_open": "strike"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """How the lines from a position on look, until the next one.

    Attributes:
        start: position in characters.
        look: what it is.
        indent: px from the left.
        hang: characters of a list's marker, beside which further lines are set in.
        level: of a heading, from 1.
        tight: no gap above it.
    """

    start: int
    look: Look = "text"
    indent: int = 0
    hang: int = 0
    level: int = 0
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Formatted:
    """Plain text, spans of it with a look, and its paragraphs in order."""

    text: str
    spans: tuple[tuple[int, int, Kind], ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()


def formatted(source: str) -> Formatted:
    """Return a text with its Markdown carried out, or as it is if it is too long for that."""
    steps = forming(source)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(Formatted, end.value)


def forming(source: str) -> Generator[None, None, Formatted]:
    """Yield between small steps of :func:`formatted`, and return what it does."""
    if len(source) > MOST or not source.strip():
        return Formatted(source)
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 2 * DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "reference", "entity", "inline"])
    writer = _Writer(parser)
    tokens = parser.parse(source)
    yield
    made = yield from writer.writing(tokens)
    # markers nested too deeply take their words along; nothing said may be lost
    lost = _weight(source) - writer.left_out - _weight(made.text)
    return made if lost <= 0 else Formatted(source)


def _weight(text: str) -> int:
    return sum(map(str.isalpha, text))


@dataclass
class _List:
    """A list that is open: its next number, or None for bullets."""

    number: int | None


@dataclass
class _Table:
    """A table that is open: its rows of plain cells."""

    rows: list[list[str]] = field(default_factory=list)


class _Writer:
    """Writes tokens out as text; one per source."""

    def __init__(self, parser: MarkdownIt) -> None:
        self._parser = parser
        self._parts: list[str] = []
        self._length = 0
        self._spans: list[tuple[int, int, Kind]] = []
        self._paragraphs: list[Paragraph] = []
        self._lists: list[_List] = []
        self._quotes = 0
        self._marker = ""
        self._tight = False
        self._opened = False
        self._table: _Table | None = None
        self.left_out = 0
        """Letters that are not shown on purpose: the names of languages."""

    def writing(self, tokens: Sequence[Token]) -> Generator[None, None, Formatted]:
        heading = 0
        for token in tokens:
            yield
            match token.type:
                case "inline" if self._table is not None:
                    self._table.rows[-1].append(_one_line(self._plain(token.content)))
                case "inline":
                    self._begin("heading" if heading else self._words(), level=heading)
                    self._inline(token.content)
                case "heading_open":
                    heading = int(token.tag[1:])
                case "heading_close":
                    heading = 0
                case "fence" | "code_block":
                    self.left_out += _weight(token.info)
                    self._begin("code")
                    self._say(token.content.removesuffix("\n"))
                case "hr":
                    self._begin("rule")
                    self._say("―" * 3)
                case "table_open":
                    self._table = _Table()
                case "tr_open" if self._table is not None:
                    self._table.rows.append([])
                case "table_close" if self._table is not None:
                    rows, self._table = self._table.rows, None
                    self._begin("code")
                    self._say("\n".join(_grid(rows)))
                case _:
                    self._nest(token)
        return Formatted("".join(self._parts), tuple(self._spans), tuple(self._paragraphs))

    def _nest(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                number = int(token.attrGet("start") or 1) if token.tag == "ol" else None
                self._lists.append(_List(number))
                self._opened = len(self._lists) == 1
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._marker = ""
            case "list_item_open":
                self._marker = self._next_marker()
            case "paragraph_open":
                self._tight = token.hidden
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1

    def _next_marker(self) -> str:
        inner = self._lists[-1]
        if inner.number is None:
            return "•  "
        inner.number += 1
        return f"{inner.number - 1}.  "

    def _words(self) -> Look:
        return "quote" if self._quotes else "text"

    def _begin(self, look: Look, level: int = 0) -> None:
        """Start a paragraph, with the marker of the list item it begins."""
        if self._parts:
            self._say("\n")
        marker, self._marker = self._marker, ""
        depth = len(self._lists) - 1 if marker or not self._lists else len(self._lists)
        indent = STEP * (max(depth, 0) + self._quotes) + (CODE_INDENT if look == "code" else 0)
        first = not self._paragraphs
        self._paragraphs.append(
            Paragraph(
                self._length,
                look,
                indent,
                len(marker),
                level,
                tight=first or (self._tight and not self._opened),
            )
        )
        self._tight = self._opened = False
        self._say(marker)

    def _say(self, text: str, kinds: Sequence[Kind] = ()) -> None:
        if not text:
            return
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        self._spans += [(start, self._length, kind) for kind in kinds]

    def _inline(self, content: str) -> None:
        for text, kinds in self._pieces(content):
            self._say(text, kinds)

    def _plain(self, content: str) -> str:
        return "".join(text for text, _ in self._pieces(content))

    def _pieces(self, content: str) -> Iterator[tuple[str, tuple[Kind, ...]]]:
        """Yield the words of a paragraph with the looks they have."""
        if len(content) > MOST_INLINE:
            yield content, ()
            return
        tokens: list[Token] = []
        self._parser.inline.parse(content, self._parser, {}, tokens)
        kinds: list[Kind] = []
        address = ""
        for token in tokens:
            if token.type in _OPENS:
                kinds.append(_OPENS[token.type])
            elif token.type in ("strong_close", "em_close", "s_close"):
                kinds.pop()
            elif token.type == "link_open":
                address = str(token.attrGet("href") or "")
                kinds.append("link")
            elif token.type == "link_close":
                kinds.pop()
                if token.info != "auto" and address:
                    yield f" ({address})", ("muted",)
            elif token.type == "image":
                yield f"[picture: {token.content or 'no words'}]", ("muted",)
                yield f" ({token.attrGet('src') or ''})", ("muted",)
            elif token.type in ("softbreak", "hardbreak"):
                yield "\n", ()
            else:
                code: tuple[Kind, ...] = ("code",) if token.type == "code_inline" else ()
                yield token.content, (*kinds, *code)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _grid(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table in columns of even width, its first row ruled off."""
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    if sum(widths) + 3 * len(widths) > WIDEST_TABLE:
        widths = [0] * len(widths)
    for number, row in enumerate(rows):
        yield "   ".join(map(str.ljust, row, widths)).rstrip()
        if not number:
            yield "   ".join("─" * max(width, 3) for width in widths)
