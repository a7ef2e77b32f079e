"""What to find and what to put in its place; a pattern that takes too long is given up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from studio.core.problems import DataError

SECONDS = 1.0
"""How long a pattern may look at one text."""
LONGEST = 20_000_000
"""Characters a text may grow to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    r"""What the user asked for.

    Attributes:
        find: a text, or a regular expression.
        put: what replaces it; with an expression, ``\1`` and ``\g<name>`` stand for its groups.
        case: capital and small letters differ.
        word: only where no letter, digit or underscore stands beside.
        expression: find is a regular expression.
    """

    find: str
    put: str = ""
    case: bool = True
    word: bool = False
    expression: bool = False

    @property
    def name(self) -> str:
        """The name of the step, for undo."""
        return f"Replace “{_short(self.find)}” with “{_short(self.put)}”"


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a text, in characters, and what is put there."""

    start: int
    end: int
    put: str


class Replacer:
    """Finds and replaces in one text after the other."""

    def __init__(self, wanted: Wanted) -> None:
        """Read the pattern.

        Raises:
            DataError: it is no pattern, or the replacement names a group it does not have.
        """
        self._wanted = wanted
        if not wanted.find:
            raise DataError("There is nothing to find yet.")
        self._pattern = _compiled(wanted)
        self._finds_plain = wanted.case and not wanted.expression

    def hits(self, text: str) -> list[Hit]:
        """Return every place that changes, in order; none overlap.

        Raises:
            DataError: looking at the text took too long.
        """
        wanted = self._wanted
        if self._finds_plain and wanted.find not in text:
            return []
        try:
            found = self._pattern.finditer(text, timeout=SECONDS)
            hits = (Hit(each.start(), each.end(), self._put(each)) for each in found)
            return [hit for hit in hits if text[hit.start : hit.end] != hit.put]
        except TimeoutError as err:
            raise DataError(
                f"The expression looked at one text for {SECONDS:.0f} s and was stopped.",
                "Repetitions inside of repetitions, such as (a|aa)+, take that long;"
                " write it without them.",
            ) from err

    def _put(self, found: regex.Match[str]) -> str:
        put = self._wanted.put
        return found.expand(put) if self._wanted.expression else put


def with_hits(text: str, hits: Iterable[Hit]) -> str:
    """Return a text with some of its hits replaced.

    Raises:
        DataError: it would become too long.
    """
    made = "".join(_pieces(text, hits))
    if len(made) > LONGEST:
        raise DataError(
            f"A text would become {len(made):,} characters long; the most is {LONGEST:,}.",
            "Look at what is put in the place of each hit.",
        )
    return made


def _pieces(text: str, hits: Iterable[Hit]) -> Iterator[str]:
    at = 0
    for hit in hits:
        yield text[at : hit.start]
        yield hit.put
        at = hit.end
    yield text[at:]


def _compiled(wanted: Wanted) -> regex.Pattern[str]:
    find = wanted.find if wanted.expression else regex.escape(wanted.find, literal_spaces=True)
    flags = regex.V0 | regex.MULTILINE | (0 if wanted.case else regex.IGNORECASE)
    try:
        made = regex.compile(find, flags)
        end = "\n" if made.flags & regex.VERBOSE else ""  # so that a last comment ends
        if wanted.expression:  # an empty text fits this, so the replacement is read
            regex.compile(f"(?:{find}{end})|", flags).sub(wanted.put, "")
        return regex.compile(rf"(?<!\w)(?:{find}{end})(?!\w)", flags) if wanted.word else made
    except (regex.error, IndexError, RecursionError, OverflowError) as err:
        raise DataError(f"The expression cannot be read: {_fault(err)}.") from err


def _fault(err: Exception) -> str:
    if isinstance(err, RecursionError):
        return "it is nested too deeply"
    return str(err) or "it is no expression"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 24 else f"{line[:23]}…"
