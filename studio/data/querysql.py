"""Makes SQL of conditions: fixed pieces of text, with everything a user wrote as a named value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from studio.core.example import FIELDS, TURN_ROLES, Kind
from studio.data import wordindex
from studio.data.checks import sidecar
from studio.data.conditions import (
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

_INNER_WORD = re.compile(r"(?<=[\x00-/:-@\[-`{-\x7f])[0-9A-Za-z]+(?=[\x00-/:-@\[-`{-\x7f]|\Z)")
"""A word inside a text after a character that ends words, so that an index word begins there."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a question is asked on.

    Attributes:
        kind: of the rows.
        indexed: whether the word index holds every row.
        limit: the longest sequence in tokens, for problems that depend on it.
    """

    kind: Kind
    indexed: bool = False
    limit: int = 0


@dataclass(slots=True)
class Question:
    """Conditions as SQL.

    Attributes:
        match: what the word index is asked first; empty if it is no help.
        where: what else must hold; ``@id`` stands for the row's id, texts are those of ``rows``.
        values: the named values of both.
        reads_texts: where asks for texts.
        reads_checks: where asks for what the checks found.
    """

    match: str = ""
    where: str = ""
    values: dict[str, object] = field(default_factory=dict)
    reads_texts: bool = False
    reads_checks: bool = False


def question(condition: Condition, ground: Ground) -> Question:
    """Return conditions as SQL; the values are all that is not fixed."""
    maker = _Maker(ground)
    made = maker.made
    parts = condition.parts if isinstance(condition, Every) else (condition,)
    matches, wheres = [], []
    for part in parts:
        match, whole = maker.match(part)
        if match:
            matches.append(match)
        if not whole:
            wheres.append(maker.where(part))
    if matches:
        made.match = maker.value(" AND ".join(f"({match})" for match in matches))
    made.where = " AND ".join(f"({where})" for where in wheres)
    return made


class _Maker:
    """Gathers values while it writes a question."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._fields = FIELDS[ground.kind]
        self.made = Question()

    def value(self, value: object) -> str:
        """Keep a value; return what stands for it."""
        name = f"v{len(self.made.values)}"
        self.made.values[name] = value
        return f":{name}"

    # the word index

    def match(self, part: Condition) -> tuple[str, bool]:
        """Return what the word index knows of a condition, and whether that is all of it."""
        if not self._ground.indexed:
            return "", False
        match part:
            case Word():
                return self._column(part.field) + _beginning(part.text), not self._is_role(part)
            case Exactly():
                words = _inner_words(part.text)
                return " AND ".join(self._column(part.field) + word for word in words), False
            case Either():
                found = [self.match(each) for each in part.parts]
                if all(match for match, _ in found):
                    joined = " OR ".join(f"({match})" for match, _ in found)
                    return joined, all(whole for _, whole in found)
            case Every() if part.parts:
                found = [self.match(each) for each in part.parts]
                joined = " AND ".join(f"({match})" for match, _ in found if match)
                return joined, all(match and whole for match, whole in found)
        return "", False

    def _column(self, name: str) -> str:
        """Return how the index is told to look in one field only."""
        if name in TURN_ROLES:
            name = "messages"
        return f"{{{name}}} : " if name else ""

    def _is_role(self, part: Word | Exactly) -> bool:
        return part.field in TURN_ROLES

    # conditions on a row

    def where(self, part: Condition) -> str:
        """Return a condition as an SQL expression that is true or false, never unknown."""
        match part:
            case Word() | Exactly():
                return self._text(part)
            case Has():
                return self._has(part)
            case Compare():
                sign = "<>" if part.operator == "!=" else part.operator
                return f"IFNULL({self._number(part.name)} {sign} {self.value(part.number)}, 0)"
            case Every():
                return _joined("AND", [self.where(each) for each in part.parts]) or "1"
            case Either():
                return _joined("OR", [self.where(each) for each in part.parts])
            case Not():
                return f"NOT ({self.where(part.part)})"

    def _text(self, part: Word | Exactly) -> str:
        match, whole = self.match(part)
        if whole:
            words = self.value(match)
            return f"@id IN (SELECT rowid FROM rows_fts WHERE rows_fts MATCH {words})"
        self.made.reads_texts = True
        asked = _Sought(self.value(part.text), self.value(_pattern(part.text)))
        if self._is_role(part):
            turns = wordindex.said("rows.messages", part.field)
            return self._in_turns("messages", part.text, turns, asked)
        fields = (part.field,) if part.field else self._fields
        return _joined("OR", [self._holds(name, part.text, asked) for name in fields])

    def _holds(self, name: str, text: str, asked: _Sought) -> str:
        if name in wordindex.TURNS:
            return self._in_turns(name, text, wordindex.text_of("rows", name), asked)
        return asked.within(f"rows.{name}")

    def _in_turns(self, name: str, text: str, turns: str, asked: _Sought) -> str:
        """Read the turns in JSON only where the JSON could hold what is asked for."""
        written = json.dumps(text, ensure_ascii=False)[1:-1]
        plain = f"rows.{name} LIKE {self.value(_pattern(written))} ESCAPE '\\'"
        return f"{plain} AND {asked.within(turns)}"

    def _has(self, part: Has) -> str:
        if part.name == PROBLEM:
            return self._problem(part.value)
        if part.name == SPLIT:
            if part.value is None:
                return "1"
            held = f"(SELECT k.split FROM marks AS k WHERE k.id = @id) = {self.value(part.value)}"
            return f"IFNULL({held}, 0)"
        table, what = {TAG: ("tagged", "tag"), NOTE: ("notes", "text")}[part.name]
        found = f"SELECT row FROM {table}"
        if part.value is not None and part.name == TAG:
            found += f" WHERE {what} = {self.value(part.value)} COLLATE NOCASE"
        elif part.value is not None:
            found += f" WHERE instr(lower({what}), lower({self.value(part.value)}))"
        return f"@id IN ({found})"

    def _problem(self, code: str | None) -> str:
        self.made.reads_checks = True
        sql, values = sidecar.rows_with(code or sidecar.ANY, self._ground.limit)
        for name, value in values.items():
            sql = re.sub(rf":{name}\b", self.value(value), sql)
        return f"@id IN ({sql})"

    def _number(self, name: str) -> str:
        if name in ("tokens", "trained"):
            self.made.reads_checks = True
            return f"(SELECT {name} FROM checks.lengths WHERE row = @id)"
        self.made.reads_texts = True
        if name == "turns":
            return turns_of_row(self._ground.kind)
        return characters_of_row(self._ground.kind)


@dataclass(frozen=True, slots=True)
class _Sought:
    """A text that is sought: the names of its value and of its pattern."""

    text: str
    pattern: str

    def within(self, column: str) -> str:
        """Return whether a column holds it; LIKE is fast but stops at the first U+0000."""
        like = f"{column} LIKE {self.pattern} ESCAPE '\\'"
        beyond = f"instr({column}, char(0)) AND instr(lower({column}), lower({self.text}))"
        return f"({like} OR {beyond})"


def _pattern(text: str) -> str:
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def characters_of_row(kind: Kind) -> str:
    """Return an SQL expression for the characters of all texts of a row, each up to a U+0000."""
    return " + ".join(f"length({wordindex.text_of('rows', name)})" for name in FIELDS[kind])


def turns_of_row(kind: Kind) -> str:
    """Return an SQL expression for the number of turns of a row; unknown if it has none."""
    if "messages" not in FIELDS[kind]:
        return "NULL"
    return "CASE WHEN json_valid(rows.messages) THEN json_array_length(rows.messages) END"


def bound(sql: str, row_id: str) -> str:
    """Put what stands for the id of a row into an expression."""
    return sql.replace("@id", row_id)


def _joined(word: str, parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f" {word} ".join(f"({part})" for part in parts)


def _beginning(word: str) -> str:
    return f'"{word}" *'


def _inner_words(text: str) -> list[str]:
    """Return index words that every row holding this text has."""
    found = list(_INNER_WORD.finditer(text))
    return [_beginning(word[0]) if word.end() == len(text) else f'"{word[0]}"' for word in found]
