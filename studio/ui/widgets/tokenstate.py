"""A token as the token view shows it: text, id and what training does with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from studio.core.example import Token, TokenState

LIMIT_WIDTH = 34
"""Px the limit bar and its number take before the first token cut."""


_VISIBLE = {ord("\n"): "⏎", ord("\r"): "␍", ord("\t"): "⇥", 0x200B: "␣", 0xFEFF: "␣"} | {
    code: chr(0x2400 + code) for code in range(32) if code not in (9, 10, 13)
}
_VISIBLE |= dict.fromkeys((0x2028, 0x2029, 0x85), "⏎")
_VISIBLE |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "␣")
"""Characters that would break the line or turn its direction, and what stands for them."""


class State(Enum):
    """What training does with a token."""

    TRAINED = "trained"
    MASKED = "masked"
    CUT = "cut"
    END = "end of turn, trained"
    END_LOST = "end of turn, not trained"
    END_CUT = "end of turn, cut"


WHOSE = {
    "system": "system turn",
    "user": "user turn",
    "assistant": "answer",
    "tool": "tool turn",
    "text": "running text",
    "template": "template",
}
"""Whose words a token is, as people are told."""
BOXED = (State.END, State.END_LOST, State.END_CUT)


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """One token of a rendered row; special tokens are named ones such as the turn marks.

    An id below 0 was not told.
    """

    text: str
    token_id: int
    state: State
    special: bool = False
    whose: str = ""

    @property
    def ends_line(self) -> bool:
        """Whether the next token starts on a new line."""
        return self.text.endswith("\n")

    @property
    def shown(self) -> str:
        """The text in one line: new lines, tabs and what has no shape are made visible."""
        return self.text.translate(_VISIBLE)

    @property
    def padding(self) -> int:
        """Px beside the text that the token's box needs."""
        if self.state is State.END:
            return 22
        return 8 if self.special or self.state in BOXED else 0

    def spoken(self, position: int) -> str:
        """Return the token as a sentence; position counts from 0."""
        whose = f", {WHOSE[self.whose]}" if self.whose in WHOSE else ""
        known = f", id {self.token_id}" if self.token_id >= 0 else ""
        return f"{self.shown!r}{known}, position {position}, {self.state.value}{whose}"


_BY_STATE = {
    TokenState.TRAINED: State.TRAINED,
    TokenState.MASKED: State.MASKED,
    TokenState.CUT: State.CUT,
    TokenState.END: State.END,
}


def spans_of(tokens: Sequence[Token]) -> tuple[TokenSpan, ...]:
    """Return rendered tokens as the view shows them; a cut turn mark is an end that is lost."""
    return tuple(
        TokenSpan(
            token.text,
            token.id,
            State.END_CUT
            if token.special and token.state is TokenState.CUT
            else _BY_STATE[token.state],
            token.special,
            token.whose,
        )
        for token in tokens
    )
