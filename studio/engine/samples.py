"""The fixed prompts of a run, and their answers at each checkpoint: held-out rows and own ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.core.events import Sampled
from studio.core.example import (
    ASSISTANT,
    USER,
    Conversation,
    Example,
    ExampleError,
    Preference,
    Text,
    Triple,
    turn_text,
)
from studio.core.frozen import frozen_texts
from studio.core.problems import ModelError
from studio.core.samples import MOST_CHARACTERS, MOST_PROMPTS, Samples
from studio.core.wholetext import whole
from studio.core.workspace import RunFolder
from studio.engine.greedy import Answer, greedy_answers, undisturbed
from studio.engine.render import Renderer
from studio.engine.rowdraft import read_example
from studio.engine.rowsfile import TokenRow

AT_ONCE = 4
"""Prompts in one batch; more would need memory that training has not needed."""
_BEGUN = 4
"""Of running text a part in so many is the prompt."""
_LONGEST_START = 64


@dataclass(frozen=True, slots=True)
class Prompt:
    """One fixed prompt.

    Attributes:
        id: "prompt 1", ... for the user's own, "row 12" for a held-out row.
        text: what is asked, for people.
        ids: what the model reads.
        reference: the answer in the dataset; empty for a prompt of the user.
    """

    id: str
    text: str
    ids: tuple[int, ...]
    reference: str = ""


class FixedPrompts:
    """Answers the same prompts again and again; nothing of the training is touched.

    Args:
        renderer: of the run.
        settings: of the recipe.
        held_out: rows of the validation split.
        run: whose frozen rows say what the held-out rows ask.

    Attributes:
        prompts: the user's own first.
        refused: why a prompt of the user cannot be asked, a sentence each.
    """

    def __init__(
        self, renderer: Renderer, settings: Samples, held_out: Sequence[TokenRow], run: RunFolder
    ) -> None:
        self._renderer, self._settings = renderer, settings
        self.prompts: list[Prompt] = []
        self.refused: list[str] = []
        for text in settings.prompts:
            self.add(text)
        chosen = spread(held_out, settings.held_out)
        asked = questions(run, {row.row for row in chosen})
        self.prompts += [self._held_out(row, asked.get(row.row, "")) for row in chosen]

    def add(self, text: str) -> None:
        """Ask one more prompt of the user from now on, unless it is asked already."""
        own = [prompt for prompt in self.prompts if not prompt.reference]
        if any(prompt.text == text for prompt in own) or len(self.prompts) >= MOST_PROMPTS:
            return
        clean = whole(text[:MOST_CHARACTERS])
        try:
            ids = self._renderer.prompt_ids(self._renderer.messages(Triple(clean)))
        except ModelError as problem:
            self.refused.append(problem.summary)
            return
        self.prompts.insert(len(own), Prompt(f"prompt {len(own) + 1}", text, tuple(ids)))

    def answer(
        self, model: Any, step: int, seconds: float, left: Callable[[], bool]
    ) -> Sampled | None:
        """Return the answers of the model as it stands.

        Args:
            model: that is trained.
            step: it stands at.
            seconds: after which answers are cut.
            left: asked after each token; true drops everything.

        Returns:
            None if it was dropped.
        """
        start = time.monotonic()
        until = start + seconds
        answers: list[Answer] = []
        with undisturbed(model):
            for at in range(0, len(self.prompts), AT_ONCE):
                answers += greedy_answers(
                    model,
                    [prompt.ids for prompt in self.prompts[at : at + AT_ONCE]],
                    max_tokens=self._settings.max_tokens,
                    stop_ids=self._renderer.stop_ids,
                    cut=lambda: left() or time.monotonic() >= until,
                )
                if left():
                    return None
        return Sampled(
            step=step,
            answers=[self._told(p, a) for p, a in zip(self.prompts, answers, strict=True)],
            seconds=time.monotonic() - start,
        )

    def _told(self, prompt: Prompt, answer: Answer) -> dict[str, Any]:
        return {
            "id": prompt.id,
            "prompt": prompt.text,
            "answer": self._text(answer.tokens),
            "reference": prompt.reference,
            "tokens": len(answer.tokens),
            "ended": answer.ended,
        }

    def _held_out(self, row: TokenRow, question: str) -> Prompt:
        start, stop = answer_of(row)
        ids = row.ids.tolist()
        text = question or self._text(ids[:start])
        return Prompt(f"row {row.row}", text, tuple(ids[:start]), self._text(ids[start:stop]))

    def _text(self, ids: Sequence[int]) -> str:
        return str(self._renderer.tokenizer.decode(list(ids), skip_special_tokens=True))


def spread(rows: Sequence[TokenRow], n: int) -> list[TokenRow]:
    """Return n rows, evenly spread over those there are; each row of the dataset once."""
    single = list({row.row: row for row in rows}.values())
    n = min(n, len(single))
    return [single[i * len(single) // n] for i in range(n)]


def answer_of(row: TokenRow) -> tuple[int, int]:
    """Return where the first answer of a row begins and stops; of running text, a later part."""
    trained = row.trained.copy()
    if trained[:2].any():  # running text, maybe behind a token that begins it
        start = min(max(1, len(trained) // _BEGUN), _LONGEST_START)
        return start, len(trained)
    start = int(np.argmax(trained))
    after = np.flatnonzero(~trained[start:])
    return start, start + int(after[0]) if len(after) else len(trained)


def questions(run: RunFolder, wanted: set[int]) -> dict[int, str]:
    """Return what the rows of these ids ask, in the words of the dataset.

    Raises:
        OSError: the frozen rows cannot be read.
    """
    found: dict[int, str] = {}
    if not wanted:
        return found
    with run.rows.open("rb") as file:
        for line in file:
            body = json.loads(line.decode("utf-8", "surrogatepass"))
            if body["row"] in wanted:
                found[body["row"]] = question_of(read_example(*frozen_texts(body)))
            if len(found) == len(wanted):
                break
    return found


def question_of(example: Example | ExampleError) -> str:
    """Return what a row asks, for people; empty for running text."""
    match example:
        case Triple():
            return example.question
        case Preference():
            return example.prompt
        case Conversation(turns=turns):
            roles = [turn["role"] for turn in turns]
            first = roles.index(ASSISTANT) if ASSISTANT in roles else len(roles)
            said = [turn_text(turn) for turn in turns[:first] if turn["role"] == USER]
            return said[-1] if said else ""
        case Text() | ExampleError():
            return ""
