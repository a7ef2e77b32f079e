"""Answers of two columns to questions that no evaluation asked, as values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.core.evaluation import ColumnSpec, known_fields
from studio.core.example import ASSISTANT, SYSTEM, USER
from studio.core.sampler import Sampler

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSetup:
    """Who answers what, and how; never changed once it is made.

    Attributes:
        model: folder of the base.
        first, second: who answers; a column without an adapter is the base.
        dataset: file of the rows that are asked; empty for questions that somebody wrote.
        split: of the rows.
        sampler: the same for both.
    """

    model: str
    first: ColumnSpec
    second: ColumnSpec
    dataset: str = ""
    split: str = ""
    quantization: str = "nf4"
    double_quant: bool = True
    precision: str = "auto"
    device: str = "auto"
    sampler: Sampler = field(default_factory=Sampler)

    @property
    def names(self) -> tuple[str, str]:
        """Names of both columns."""
        return self.first.name, self.second.name


def setup_body(setup: AnswerSetup) -> dict[str, Any]:
    """Return a setup as JSON values."""
    return dataclasses.asdict(setup)


def setup_of(body: Mapping[str, Any]) -> AnswerSetup:
    """Return the setup that JSON values are; fields of newer versions are left out.

    Raises:
        ValueError: they are none.
    """
    try:
        fields = known_fields(AnswerSetup, body)
        for name in ("first", "second"):
            fields[name] = ColumnSpec(**known_fields(ColumnSpec, body[name]))
        how = known_fields(Sampler, body["sampler"])
        fields["sampler"] = Sampler(**(how | {"stop": tuple(how.get("stop", ()))}))
        return AnswerSetup(**fields)
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"not a setup: {err}") from err


def as_asked(turns: Turns) -> tuple[str | None, list[list[str]], str] | None:
    """Return what is said before an answer as the chat asks it.

    Returns:
        The system prompt, None for that of training; the [question, answer] pairs before; the
        question. None where the turns do not alternate and the chat cannot ask them.
    """
    system = "\n\n".join(words for role, words in turns if role == SYSTEM)
    said = [turn for turn in turns if turn[0] != SYSTEM]
    roles = [role for role, _ in said]
    if len(said) % 2 == 0 or roles != [USER, ASSISTANT] * (len(said) // 2) + [USER]:
        return None
    pairs = [[said[at][1], said[at + 1][1]] for at in range(0, len(said) - 1, 2)]
    return system or None, pairs, said[-1][1]
