"""A token as the token view shows it: text, id and what training does with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

LIMIT_WIDTH = 34
"""Px the limit bar and its number take before the first token cut."""


class State(Enum):
    """What training does with a token."""

    TRAINED = "trained"
    MASKED = "masked"
    CUT = "cut"
    END = "end of turn, trained"
    END_LOST = "end of turn, not trained"
    END_CUT = "end of turn, cut"


BOXED = (State.END, State.END_LOST, State.END_CUT)


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """One token of a rendered row; special tokens are named ones such as the turn marks."""

    text: str
    token_id: int
    state: State
    special: bool = False

    @property
    def ends_line(self) -> bool:
        """Whether the next token starts on a new line."""
        return self.text.endswith("\n")

    @property
    def shown(self) -> str:
        """The text with its newline made visible."""
        return self.text.replace("\n", "⏎")

    @property
    def padding(self) -> int:
        """Px beside the text that the token's box needs."""
        if self.state is State.END:
            return 22
        return 8 if self.special or self.state in BOXED else 0

    def spoken(self, position: int) -> str:
        """Return the token as a sentence; position counts from 0."""
        return f"{self.shown!r}, id {self.token_id}, position {position}, {self.state.value}"
