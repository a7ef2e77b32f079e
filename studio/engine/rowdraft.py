"""Rows written out as text by the chat template, before any of it is a token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from studio.core.example import (
    SYSTEM,
    Example,
    ExampleError,
    Kind,
    Preference,
    Text,
    example_of,
)
from studio.engine.chattemplate import ChatTemplate, TemplateError
from studio.engine.masks import Masker, Written
from studio.engine.templateguard import GUARD
from studio.engine.turns import DEVELOPER, Chat, called, chat_of, lost_turns

CHOSEN, REJECTED = "Chosen", "Rejected"
PART_ROWS = 128
"""Rows that are encoded at once; more would only take memory."""
PART_CHARACTERS = 2_000_000
"""Characters after which a part is full; encoding takes some fifty bytes for each."""


@dataclass(slots=True)
class Draft:
    """A row as text.

    Attributes:
        sequences: its texts with their answers; none if it cannot be written.
        codes: what is wrong with it so far.
        said: what the template said when it refused the row.
        names: of the sequences, where there are several.
        compared: places of sequences that answers are not learned from.
        running: it is running text, of which all is learned.
    """

    sequences: list[Written] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    said: str = ""
    names: list[str] = field(default_factory=list)
    compared: set[int] = field(default_factory=set)
    running: bool = False


class RowWriter:
    """Writes examples of any kind with one template and system prompt."""

    def __init__(self, template: ChatTemplate, system_prompt: str) -> None:
        self._template, self._system_prompt = template, system_prompt

    def parts(self, examples: Iterable[Example | ExampleError]) -> Iterator[list[Draft]]:
        """Yield the examples as text, in parts of a size that is good to encode at once."""
        left = iter(examples)
        while drafts := self._part(left):
            yield drafts

    def _part(self, left: Iterator[Example | ExampleError]) -> list[Draft]:
        drafts, size = list[Draft](), 0
        with GUARD.room():
            for example in left:
                drafts.append(self.draft(example))
                size += sum(len(sequence.text) for sequence in drafts[-1].sequences)
                if len(drafts) == PART_ROWS or size > PART_CHARACTERS:
                    break
        return drafts

    def draft(self, example: Example | ExampleError) -> Draft:
        """Return one example as text."""
        if isinstance(example, ExampleError):
            return Draft(codes=["not_example"], said=str(example))
        if isinstance(example, Text):
            draft = self._running(example)
        elif isinstance(example, Preference):
            draft = self._compared(example)
        else:
            draft = self._conversation(chat_of(example, self._system_prompt))
        if not all(_whole_characters(sequence.text) for sequence in draft.sequences):
            return Draft(codes=["half_character"])
        return draft

    def _running(self, example: Text) -> Draft:
        text = example.text
        codes = ["no_text"] if not text.strip() else []
        if self._template.has_marks(text):
            codes.append("special_text")
            text = self._template.guarded(text)
        return Draft([Written(text)], codes, running=True)

    def _compared(self, example: Preference) -> Draft:
        """Return both answers over the one prompt; with one of them, only that."""
        chosen = chat_of(example, self._system_prompt)
        rejected = chat_of(example, self._system_prompt, rejected=True)
        if not rejected.answers:
            draft = self._conversation(chosen)
            draft.names = [CHOSEN] if chosen.answers else []
            return draft
        if not chosen.answers:
            draft = self._conversation(rejected)
            draft.names, draft.compared = [REJECTED], {0}
            draft.codes.append("only_rejected")
            return draft
        better, worse = self._conversation(chosen), self._conversation(rejected)
        if not better.sequences or not worse.sequences:
            return better if not better.sequences else worse
        codes = [*better.codes, *worse.codes]
        if example.chosen.strip() == example.rejected.strip():
            codes.append("same_answers")
        pair = [better.sequences[0], worse.sequences[0]]
        return Draft(pair, codes, names=[CHOSEN, REJECTED], compared={1})

    def _conversation(self, chat: Chat) -> Draft:
        codes = list(chat.codes)
        if any(map(self._template.has_marks, chat.strings())):
            codes.append("special_text")
            chat.messages = self._template.guarded(chat.messages)
            chat.tools = self._template.guarded(chat.tools)
        try:
            if "no_answer" in codes:
                text = self._template.write(chat.messages, chat.tools, prompt=True)
                asked = Written(text, messages=chat.messages)
                return Draft([asked], codes + self._lost(chat, text))
            sequences, failed = Masker(self._template, chat).sequences()
            codes += ["template_prefix"] if failed else []
            codes += self._lost(chat, sequences[0].text)
        except TemplateError as err:
            code = "system_refused" if self._refuses_system(chat) else "template_failed"
            return Draft(codes=[code, *codes], said=str(err))
        more = [f"To turn {len(sequence.messages)}" for sequence in sequences[1:]]
        names = ["Whole", *more] if more else []
        return Draft(sequences, codes, names=names)

    def _lost(self, chat: Chat, text: str) -> list[str]:
        """Return what the template leaves out of the row, without a word."""
        codes = []
        lost = lost_turns(chat.messages, text)
        if lost & {SYSTEM, DEVELOPER}:
            codes.append("system_lost")
        if lost - {SYSTEM, DEVELOPER}:
            codes.append("turn_lost")
        if any(name not in text for turn in chat.messages for name in called(turn)):
            codes.append("calls_lost")
        if chat.tools:
            asks = "no_answer" in chat.codes
            if self._template.write(chat.messages, prompt=asks) == text:
                codes.append("tools_lost")
        return codes

    def _refuses_system(self, chat: Chat) -> bool:
        """Return whether a refused conversation is taken without its system turn."""
        rest = [turn for turn in chat.messages if turn["role"] not in (SYSTEM, DEVELOPER)]
        if len(rest) == len(chat.messages) or not rest:
            return False
        try:
            self._template.write(rest, chat.tools)
        except TemplateError:
            return False
        return True


def read_example(kind: str, texts: Sequence[str]) -> Example | ExampleError:
    """Return the example that a row's texts are; if they are none, the reason."""
    try:
        return example_of(Kind(kind), texts)
    except ExampleError as err:
        return err
    except (ValueError, TypeError):
        return ExampleError(f"they are not the texts of a {kind} row")


def _whole_characters(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
