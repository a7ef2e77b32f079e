"""Makes rows of votes: preference pairs, and answers that somebody corrected, with where from."""

from __future__ import annotations

import time
from pathlib import Path

from studio.core.example import (
    FIELDS,
    Conversation,
    Example,
    Kind,
    Preference,
    Triple,
    example_of,
    texts_of,
)
from studio.core.problems import DataError
from studio.core.votes import Choice, Vote
from studio.data.row import Row
from studio.data.votes import OWN_QUESTIONS, Ballot, Pair

TAG = "voted"


def pair_of(pair: Pair, vote: Vote) -> Preference | None:
    """Return the preference that a vote is; None for a tie, both bad, and two equal answers."""
    if vote.choice not in (Choice.FIRST, Choice.SECOND) or pair.first == pair.second:
        return None
    better, worse = pair.first, pair.second
    if vote.choice is Choice.SECOND:
        better, worse = worse, better
    context = tuple({"role": role, "content": words} for role, words in pair.turns[:-1])
    return Preference(pair.question, better, worse, context)


def pairs_name(ballot: Ballot) -> str:
    """Return the name of the dataset that a ballot's pairs go into."""
    return f"{Path(ballot.dataset).stem if ballot.dataset else OWN_QUESTIONS}-votes"


def provenance(ballot: Ballot, pair: Pair, vote: Vote | None = None) -> str:
    """Return where a row came from, as its note."""
    when = time.strftime("%Y-%m-%d")
    where = f"row {pair.row} of {Path(ballot.dataset).stem}" if ballot.dataset else OWN_QUESTIONS
    where += f", evaluation {ballot.evaluation}" if ballot.evaluation else ""
    if vote is None:
        return f"Answer edited on {when}; {where}."
    better, worse = ballot.first, ballot.second
    if vote.choice is Choice.SECOND:
        better, worse = worse, better
    rated = f", rated {vote.rating} of 5" if vote.rating else ""
    return f"Blind vote {ballot.id} on {when}: {better} before {worse}{rated}; {where}."


def corrected(row: Row, answer: str) -> tuple[str, str]:
    """Return the field and the text that put an answer in the place of a row's own.

    Raises:
        DataError: rows of this kind have no written answer.
    """
    if row.kind is Kind.TRIPLE:
        return "output", answer
    if row.kind is Kind.CONVERSATION:
        example = row.example
        assert isinstance(example, Conversation)
        turns = [dict(turn) for turn in example.turns]
        last = next((t for t in reversed(turns) if t.get("role") == "assistant"), None)
        if last is not None:
            last["content"] = answer
            return FIELDS[row.kind][0], texts_of(Conversation(tuple(turns), example.tools))[0]
    raise _no_answer(row.kind)


def new_row(kind: Kind, pair: Pair, answer: str) -> Example:
    """Return an example of a dataset's kind with the question and an edited answer.

    Raises:
        DataError: rows of this kind have no written answer.
    """
    if kind is Kind.TRIPLE:
        return Triple(pair.question, "", answer)
    if kind is Kind.CONVERSATION:
        turns = [{"role": role, "content": words} for role, words in pair.turns]
        turns = turns or [{"role": "user", "content": pair.question}]
        said = (*turns, {"role": "assistant", "content": answer})
        return example_of(kind, texts_of(Conversation(said)))
    raise _no_answer(kind)


def _no_answer(kind: Kind) -> DataError:
    return DataError(
        f"A row of {kind} has no written answer to put it in.",
        "Keep the votes as preference pairs; they go into a dataset of their own.",
    )
