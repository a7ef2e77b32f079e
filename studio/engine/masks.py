"""Which parts of a written conversation are learned: what the model would be asked to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.core.example import ASSISTANT
from studio.engine.chattemplate import ChatTemplate, Marked, TemplateError
from studio.engine.turns import Chat


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in a written conversation.

    Attributes:
        turn: which message it is.
        start, stop: its characters, from the first to behind the last, the end of turn included.
        end: the special token that ends it; empty if nothing does.
    """

    turn: int
    start: int
    stop: int
    end: str


@dataclass(slots=True)
class Written:
    """One sequence of a row.

    Attributes:
        text: as the template writes it; turn marks of the row's own are guarded.
        answers: what is learned of it, in order.
        messages: the turns that it has.
    """

    text: str
    answers: list[Answer] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)


class Masker:
    """Finds the answers of one conversation; it has turn marks guarded already."""

    def __init__(self, template: ChatTemplate, chat: Chat) -> None:
        self._template, self._chat = template, chat
        self._wholes: dict[int, str] = {}
        self._prompts: dict[int, str | None] = {}

    def sequences(self) -> tuple[list[Written], list[int]]:
        """Return the sequences that are trained, and the turns for which no honest mask exists.

        The first has the whole conversation. A template may write an answer in another way once
        the conversation goes on, without its thinking for example. What is trained must be what
        the model would have been asked to write, so such an answer is learned in a sequence of
        its own that ends where it was the last one.

        Raises:
            TemplateError: the template refuses the conversation.
        """
        count = len(self._chat.messages)
        if self._template.marks_answers:
            marked = self._template.write_marked(self._chat.messages, self._chat.tools)
            if answers := self._marked(marked):
                return [Written(marked.text, answers, self._chat.messages)], []
        made, left, failed = list[Written](), list(self._chat.answers), list[int]()
        while left or not made:
            found = self._honest(count, left)
            made.append(Written(self._whole(count), found, self._chat.messages[:count]))
            learned = {answer.turn for answer in found}
            if left and left[-1] not in learned and count == left[-1] + 1:
                failed.append(left[-1])
                learned.add(left[-1])
            left = [turn for turn in left if turn not in learned]
            count = left[-1] + 1 if left else count
        kept = made[:1] + [written for written in made[1:] if written.answers]
        return kept, sorted(failed)

    def _honest(self, count: int, turns: Sequence[int]) -> list[Answer]:
        """Return the answers that the first messages have as the model would have written them."""
        whole = self._whole(count)
        found = []
        for turn in turns:
            prompt, then = self._prompt(turn), self._then(turn, count)
            if prompt is None or then is None:
                continue
            if not then.startswith(prompt) or not whole.startswith(prompt):
                continue
            end = self._template.end_in(then, len(prompt))
            stop = end.end() if end else len(then)
            if whole[len(prompt) : stop] == then[len(prompt) : stop]:
                found.append(Answer(turn, len(prompt), stop, end.group() if end else ""))
        return found

    def _marked(self, marked: Marked) -> list[Answer]:
        """Return what a template itself marks as written by the model, each with its end."""
        learned = set(self._chat.answers)
        turns = [at for at, turn in enumerate(self._chat.messages) if turn["role"] == ASSISTANT]
        if len(turns) != len(marked.spans):
            return []  # the marks are not one for each answer: prompts tell more
        found = []
        for turn, (start, stop) in zip(turns, marked.spans, strict=True):
            # The end of turn belongs to the answer, also where a template leaves it outside
            reach = stop + len(self._template.end)
            end = self._template.end_in(marked.text, start, min(reach, len(marked.text)))
            if end and not marked.text[stop : end.start()].strip():
                stop = end.end()
            if turn in learned:
                found.append(Answer(turn, start, stop, end.group() if end else ""))
        return found

    def _whole(self, count: int) -> str:
        if count not in self._wholes:
            self._wholes[count] = self._template.write(
                self._chat.messages[:count], self._chat.tools
            )
        return self._wholes[count]

    def _then(self, turn: int, count: int) -> str | None:
        """Return the text up to an answer; None if the template refuses to stop there."""
        if turn + 1 == count:
            return self._whole(count)
        try:
            return self._whole(turn + 1)
        except TemplateError:
            return None

    def _prompt(self, turn: int) -> str | None:
        """Return the text that asks for an answer; None if the template refuses to."""
        if turn not in self._prompts:
            before: list[dict[str, Any]] = self._chat.messages[:turn]
            try:
                self._prompts[turn] = self._template.write(before, self._chat.tools, prompt=True)
            except TemplateError:
                self._prompts[turn] = None
        return self._prompts[turn]
