"""The language of the search field: words, "exact texts", -not, or, brackets, and named facts.

A text becomes a tree of conditions here; :mod:`studio.data.querysql` makes SQL of the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from studio.core.example import FIELDS, SPLITS, TURN_ROLES, Kind
from studio.core.problems import StudioError
from studio.data.checks.classes import CLASSES
from studio.data.conditions import (
    EVERYTHING,
    NOTE,
    PROBLEM,
    SPLIT,
    TAG,
    Compare,
    Condition,
    Either,
    Every,
    Exactly,
    Has,
    Not,
    Word,
)

LONGEST, DEEPEST = 2000, 40
"""Characters of an expression, and brackets inside brackets."""
NUMBERS = {
    "tokens": "tokens of the row",
    "trained": "tokens that are learned",
    "chars": "characters of its texts",
    "turns": "turns of the conversation",
}
"""What can be compared with a number."""
PROBLEMS = tuple(sorted(code for code, about in CLASSES.items() if not about.whole))
"""The problems that rows can have."""
ANY = "any"
_NAMED = re.compile(r"([A-Za-z]+)(:|<=|>=|!=|<|>|=)")
_RUN = re.compile(r'[^\s()"]+')
_INDEXED_BELOW = 0x0528
"""Latin, Greek and Cyrillic: scripts whose words stand apart and are in the word index."""


class QueryError(StudioError):
    """An expression that cannot be read.

    Attributes:
        position: the character it is about, from 1.
    """

    def __init__(self, summary: str, position: int, hint: str = "") -> None:
        super().__init__(f"{summary} (at character {position:,})", hint)
        self.position = position


def parse(text: str, kind: Kind) -> Condition:
    """Read an expression about rows of a kind.

    Raises:
        QueryError: it cannot be read; the sentence says why and where.
    """
    if len(text) > LONGEST:
        raise QueryError(f"An expression may have {LONGEST:,} characters", LONGEST + 1)
    try:
        text.encode()
    except UnicodeEncodeError as err:
        raise QueryError("This is half of a character", err.start + 1) from err
    return _Parser(text, kind).whole()


def parse_all(texts: Iterable[str], kind: Kind) -> Condition:
    """Read expressions that must all hold.

    Raises:
        QueryError: one of them cannot be read.
    """
    parts = [part for text in texts if (part := parse(text, kind)) != EVERYTHING]
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def is_indexed(text: str) -> bool:
    """Return whether a text is one word of a script that the word index keeps apart."""
    return text.isalnum() and all(ord(char) < _INDEXED_BELOW for char in text)


def quoted(text: str) -> str:
    """Return a text as it stands in an expression, in quotes if it needs them."""
    plain = _RUN.fullmatch(text) and not _NAMED.match(text) and not text.startswith("-")
    if plain and text.lower() not in ("or", "and"):
        return text
    return '"' + text.replace('"', '""') + '"'


def fields_of(kind: Kind) -> tuple[str, ...]:
    """Return the names that stand before a colon to search one text; roles of turns too."""
    return FIELDS[kind] + (TURN_ROLES if kind is Kind.CONVERSATION else ())


class _Parser:
    """Reads from left to right; a bracket calls itself, so depth is limited."""

    def __init__(self, text: str, kind: Kind) -> None:
        self._text, self._kind = text, kind
        self._fields = fields_of(kind)
        self._at = self._depth = 0

    def whole(self) -> Condition:
        self._skip_space()
        if self._at == len(self._text):
            return EVERYTHING
        found = self._either()
        if self._at < len(self._text):
            raise self._error("There is a closing bracket without an opening one")
        return found

    def _either(self) -> Condition:
        parts = [self._every()]
        while self._take_word("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self) -> Condition:
        parts: list[Condition] = []
        while not self._at_end():
            if self._sees_word("or"):
                break
            start = self._at
            if self._take_word("and"):
                if not parts or self._at_end() or self._sees_word("or"):
                    self._at = start
                    raise self._error("Something is missing beside “and”", _QUOTE_IT)
                continue
            parts.append(self._factor())
            self._skip_space()
        if not parts:
            raise self._error(*self._missing())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _missing(self) -> tuple[str, str]:
        if self._depth and self._text[self._at : self._at + 1] == ")":
            return "Nothing stands before the closing bracket", ""
        if self._text[self._at : self._at + 1] == ")":
            return "There is a closing bracket without an opening one", ""
        return "Something is missing beside “or”", _QUOTE_IT

    def _factor(self) -> Condition:
        negated = False
        while self._text[self._at] == "-" and self._binds(self._at + 1):
            negated = not negated
            self._at += 1
        part = self._bracket() if self._text[self._at] == "(" else self._term()
        return Not(part) if negated else part

    def _binds(self, at: int) -> bool:
        """Return whether a minus before this character negates what follows."""
        return at < len(self._text) and not self._text[at].isspace() and self._text[at] != ")"

    def _bracket(self) -> Condition:
        opening = self._at
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"Brackets may stand {DEEPEST} deep")
        self._at += 1
        self._skip_space()
        if self._at == len(self._text):
            self._at = opening
            raise self._error("This bracket is not closed")
        found = self._either()
        if self._at == len(self._text):
            self._at = opening
            raise self._error("This bracket is not closed")
        self._at += 1
        self._depth -= 1
        return found

    def _term(self) -> Condition:
        if self._text[self._at] == '"':
            return Exactly(self._phrase())
        named = _NAMED.match(self._text, self._at)
        if named:
            name, sign = named[1].lower(), named[2]
            if sign == ":":
                return self._named(name, named.end())
            if name in NUMBERS:
                return self._compared(name, sign, named.end())
        return _about(self._run())

    def _named(self, name: str, end: int) -> Condition:
        if name in NUMBERS:
            raise self._error(f"“{name}” is compared with a number, as in {name}>512")
        known = (*self._fields, SPLIT, TAG, PROBLEM, NOTE)
        if name not in known:
            raise self._error(
                f"There is no “{name}” to search in; there are {', '.join(known)}", _QUOTE_IT
            )
        self._at = end
        if self._at == len(self._text) or self._text[self._at] in " \t\r\n()":
            raise self._error(f"Nothing stands after {name}:")
        exact = self._text[self._at] == '"'
        start = self._at
        value = self._phrase() if exact else self._run()
        if name in self._fields:
            return Exactly(value, name) if exact else _about(value, name)
        if value == ANY and not exact:
            return Has(name, None)
        return Has(name, self._known(name, value, start))

    def _known(self, name: str, value: str, start: int) -> str:
        """Return a value as it is stored; a split or a problem must be one that there is."""
        if name == PROBLEM and value not in PROBLEMS:
            self._at = start
            raise self._error(f"There is no problem “{value}”", "The field completes their names.")
        return self._split(value, start) if name == SPLIT else value

    def _split(self, value: str, start: int) -> str:
        for split in SPLITS:
            if value and split.startswith(value.lower()):
                return split
        self._at = start
        raise self._error(f"There is no split “{value}”; there are {', '.join(SPLITS)}")

    def _compared(self, name: str, sign: str, end: int) -> Condition:
        self._at = end
        found = _RUN.match(self._text, end)
        digits = found[0].replace(",", "").replace("_", "") if found else ""
        if not re.fullmatch(r"[0-9]{1,15}", digits):
            raise self._error(f"A number is missing after {name}{sign}")
        self._at = found.end() if found else end
        return Compare(name, sign, int(digits))

    def _run(self) -> str:
        found = _RUN.match(self._text, self._at)
        assert found is not None  # brackets, quotes and spaces are read elsewhere
        self._at = found.end()
        return found[0]

    def _phrase(self) -> str:
        """Read a text in quotes; two quotes inside stand for one."""
        opening, parts = self._at, []
        while True:
            end = self._text.find('"', self._at + 1)
            if end < 0:
                self._at = opening
                raise self._error("This quote is not closed")
            parts.append(self._text[self._at + 1 : end])
            self._at = end
            if self._text[end + 1 : end + 2] != '"':
                break
            self._at = end + 1
        self._at += 1
        if not any(parts) and len(parts) == 1:
            self._at = opening
            raise self._error("Nothing stands between the quotes")
        return '"'.join(parts)

    def _skip_space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _at_end(self) -> bool:
        self._skip_space()
        return self._at == len(self._text) or self._text[self._at] == ")"

    def _sees_word(self, word: str) -> bool:
        found = _RUN.match(self._text, self._at)
        return found is not None and found[0].lower() == word

    def _take_word(self, word: str) -> bool:
        self._skip_space()
        if not self._sees_word(word):
            return False
        self._at += len(word)
        return True

    def _error(self, summary: str, hint: str = "") -> QueryError:
        return QueryError(summary, self._at + 1, hint)


_QUOTE_IT = "To search for it as text, put it in quotes."


def _about(text: str, field: str = "") -> Condition:
    return Word(text, field) if is_indexed(text) else Exactly(text, field)
