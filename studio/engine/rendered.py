"""A rendered row: token ids, which of them are trained, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.example import TokenState
from studio.engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens in a row that are trained, whatever the limit.

    Attributes:
        start, stop: from the first of them to behind the last.
        ends: the last of them ends the turn.
    """

    start: int
    stop: int
    ends: bool = True


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row as token ids, with what training does with each, and what is wrong with it.

    Attributes:
        ids: vocabulary ids of the whole row, cut ones included.
        spans: what is trained of them, in order, without regard to the limit.
        limit: longest sequence in tokens; what is past it is cut.
        findings: of this row alone, with all its sequences.
        name: what the sequence is, where a row has several: "Chosen", "Answer 2".
        more: the row's other sequences: a rejected answer, or answers that the template writes
            in another way once the conversation goes on.
        compared: this sequence is only for comparing (a rejected answer), so it is not trained
            on when answers are learned.
    """

    ids: list[int]
    spans: tuple[Span, ...] = ()
    limit: int = 0
    findings: tuple[Finding, ...] = ()
    name: str = ""
    more: tuple[Rendered, ...] = ()
    compared: bool = False

    @property
    def states(self) -> list[TokenState]:
        """What training does with each token; as long as the ids."""
        states = [TokenState.MASKED] * len(self.ids)
        for span in self.spans:
            states[span.start : span.stop] = [TokenState.TRAINED] * (span.stop - span.start)
            if span.ends:
                states[span.stop - 1] = TokenState.END
        if len(states) > self.limit:
            states[self.limit :] = [TokenState.CUT] * (len(states) - self.limit)
        return states

    @property
    def trained(self) -> int:
        """Tokens that are trained within the limit, the ends of turns included."""
        return sum(max(min(s.stop, self.limit) - s.start, 0) for s in self.spans)

    @property
    def sequences(self) -> tuple[Rendered, ...]:
        """All sequences of the row, this one first."""
        return (self, *self.more)

    @property
    def learned(self) -> tuple[Rendered, ...]:
        """The sequences that learning answers trains on; this one if none trains anything."""
        kept = tuple(s for s in self.sequences if s.spans and not s.compared)
        return kept or (self,)
