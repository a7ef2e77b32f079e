"""The columns of the table of rows, by kind, and what a row shows in each."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.example import ASSISTANT, SYSTEM, Kind, Turn, turn_text
from studio.data import finding
from studio.data.store import Row

SHOWN = 240
"""Characters of a text that a cell shows; a cell is one line, a text may be a book."""
NUMBER, TOKENS, SPLIT, TAGS, SIGN = "number", "tokens", "split", "tags", "sign"
FIRST_QUESTION, TURNS, LAST_ANSWER, CHARS = "first question", "turns", "last answer", "chars"
SHORT = {"train": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        name: its key, also that of its width in the settings.
        head: its title.
        width: px at first; 0 shares what is left.
        sort: what rows are sorted by when its title is clicked; None if they cannot be.
        right: numbers stand at the right.
        field: the text that is edited in the cell; empty for none.
    """

    name: str
    head: str
    width: int = 0
    sort: str | None = None
    right: bool = False
    field: str = ""


def _text(field: str, width: int = 0) -> Column:
    return Column(field, field.capitalize(), width, field, field=field)


_MIDDLE: dict[Kind, tuple[Column, ...]] = {
    Kind.TRIPLE: (_text("instruction"), _text("input", 108), _text("output")),
    Kind.CONVERSATION: (
        Column(FIRST_QUESTION, "First question", sort="messages"),
        Column(TURNS, "Turns", 62, finding.TURNS, right=True),
        Column(LAST_ANSWER, "Last answer"),
    ),
    Kind.TEXT: (_text("text"), Column(CHARS, "Characters", 96, finding.CHARS, right=True)),
    Kind.PREFERENCE: (_text("prompt"), _text("chosen"), _text("rejected")),
}
COLUMNS: dict[Kind, tuple[Column, ...]] = {
    kind: (
        Column(NUMBER, "#", 42, "", right=True),
        *middle,
        Column(TOKENS, "Tokens", 68, finding.TOKENS, right=True),
        Column(SPLIT, "Split", 54, finding.SPLIT),
        Column(TAGS, "Tags", 78, finding.TAGS),
        Column(SIGN, "", 34, finding.PROBLEMS),
    )
    for kind, middle in _MIDDLE.items()
}
_MUST: dict[Kind, frozenset[str]] = {
    Kind.TRIPLE: frozenset(("output",)),
    Kind.CONVERSATION: frozenset((LAST_ANSWER,)),
    Kind.TEXT: frozenset(("text",)),
    Kind.PREFERENCE: frozenset(("prompt",)),
}


def must_hold(kind: Kind, column: str) -> bool:
    """Return whether an empty cell of this column is something to look at."""
    return column in _MUST[kind]


def words_of(row: Row, column: Column, turns: tuple[Turn, ...] | None) -> str:
    """Return all that a row says in a column of texts.

    Args:
        row: of a dataset.
        column: one that shows its texts.
        turns: of a conversation; None if what is stored is no list of turns.
    """
    if column.field:
        return row.text(column.field)
    if column.name == CHARS:
        return f"{len(row.texts[0]):,}"
    if turns is None:
        return row.texts[0] if column.name == FIRST_QUESTION else ""
    if column.name == TURNS:
        return f"{len(turns):,}"
    if column.name == FIRST_QUESTION:
        return next((turn_text(turn) for turn in turns if turn["role"] != SYSTEM), "")
    answers = (turn for turn in reversed(turns) if turn["role"] == ASSISTANT)
    return next((turn_text(turn) for turn in answers), "")


def one_line(text: str) -> str:
    """Return the beginning of a text in one line, as a cell shows it."""
    head = " ".join(text[:SHOWN].split())
    return head + " …" if len(text) > SHOWN else head
