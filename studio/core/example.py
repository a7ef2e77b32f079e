"""One example of a dataset, and what training does with each of its tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


@dataclass(frozen=True, slots=True)
class Triple:
    """An (instruction, input, output) example. An empty output asks for an answer."""

    instruction: str
    input: str = ""
    output: str = ""

    @property
    def question(self) -> str:
        """What the user says: the instruction, and the input on the next line if there is one."""
        return f"{self.instruction}\n{self.input}" if self.input else self.instruction


class TokenState(StrEnum):
    """What training does with a token."""

    TRAINED = "trained"
    MASKED = "masked"
    CUT = "cut"
    END = "end"
    """The end-of-turn token of the answer; it is trained."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a rendered row.

    Attributes:
        id: the vocabulary id, the one the model gets.
        text: the text it stands for; parts of a multi-byte character show as the replacement mark.
        special: it is a named token such as a turn mark, not text.
    """

    id: int
    text: str
    state: TokenState
    special: bool = False


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How many tokens of a row, or of all rows, are in each state."""

    trained: int = 0
    masked: int = 0
    cut: int = 0
    end: int = 0

    @property
    def total(self) -> int:
        """All tokens, also those cut."""
        return self.trained + self.masked + self.cut + self.end


def count_states(states: Iterable[TokenState]) -> TokenCounts:
    """Count tokens by state."""
    found = dict.fromkeys(TokenState, 0)
    for state in states:
        found[state] += 1
    return TokenCounts(**{state.value: n for state, n in found.items()})
