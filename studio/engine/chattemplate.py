"""A chat template: conversations written as text, and where it says what an answer is."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from transformers.utils.chat_template_utils import (
    mark_control_tokens,
    render_jinja_template,
)

from studio.core.problems import ModelError
from studio.engine.templateguard import GUARD, MOST_CHARACTERS, TOO_LARGE

Message = Mapping[str, Any]
_QUESTION, _ANSWER = "Does it rain today?", "It rains today."
_PROBE = ({"role": "user", "content": _QUESTION}, {"role": "assistant", "content": _ANSWER})
_GENERATION = re.compile(r"\{%-?\s*generation\s*-?%\}")
_OPENED = "\U000f0000"
_CLOSED = "\U000f0001"
"""Stand around a turn mark that comes from a row's text, never around one of the template."""


class TemplateError(ValueError):
    """The template cannot write a conversation; the reason as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A conversation as text, with the places that the template marks as written by the model."""

    text: str
    spans: tuple[tuple[int, int], ...]


class ChatTemplate:
    """Writes conversations; untrusted code that runs in a sandbox with limits.

    Args:
        text: Jinja.
        special: the tokenizer's named tokens, such as eos_token.
        marks: texts of all special tokens.

    Attributes:
        end: the special token that is written right after an answer; empty if there is none.
        marks_answers: it has ``{% generation %}``.

    Raises:
        ModelError: it is not Jinja, or cannot write a question with its answer; with the line.
    """

    def __init__(self, text: str, special: Mapping[str, str], marks: Sequence[str]) -> None:
        self.text, self._special = text, dict(special)
        longest_first = "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))
        self._marks = re.compile(longest_first or "(?!)")
        self._suspect = re.compile(f"{longest_first or '(?!)'}|[{_OPENED}{_CLOSED}]")
        self._written_mark = re.compile(f"(?<!{_OPENED})(?:{longest_first or '(?!)'})")
        self.marks_answers = _GENERATION.search(text) is not None
        self._parts = False
        try:
            with GUARD.room():
                self.end = self._find_end()
        except TemplateError as err:
            raise ModelError(
                f"The chat template cannot be used: {err}.",
                "Choose another template, or mend this one.",
            ) from err
        self._end = re.compile(f"(?<!{_OPENED}){re.escape(self.end)}") if self.end else None

    def has_marks(self, text: str) -> bool:
        """Return whether a row's text looks like a turn mark, or like what guards one."""
        return self._suspect.search(text) is not None

    def guarded(self, value: Any) -> Any:
        """Return messages or tools in which turn marks can be told from the template's own.

        Two private characters guard them; a row's own ones, which mean nothing, are taken out.
        """
        return mark_control_tokens(value, self._marks)

    def write(
        self, messages: Sequence[Message], tools: Sequence[Any] = (), *, prompt: bool = False
    ) -> str:
        """Return the text of a conversation.

        Args:
            messages: as in the field's usual form, contents as text.
            tools: JSON schemas of what may be called.
            prompt: ask for the next answer at the end.

        Raises:
            TemplateError: the template refuses it, is too slow or takes too much memory.
        """
        return self._render(messages, tools, prompt=prompt)[0]

    def write_marked(self, messages: Sequence[Message], tools: Sequence[Any] = ()) -> Marked:
        """Return the text of a conversation with the spans of ``{% generation %}`` in it.

        Raises:
            TemplateError: as :meth:`write`.
        """
        text, spans = self._render(messages, tools, marked=True)
        return Marked(text, tuple((start, stop) for start, stop in spans if stop > start))

    def end_in(self, text: str, start: int = 0, stop: int | None = None) -> re.Match[str] | None:
        """Return where the template first ends a turn within a part of a written text.

        A turn may end in another way than usual, such as a call of a tool: then it is the special
        token at the very end of the part.
        """
        stop = len(text) if stop is None else stop
        found = self._end.search(text, start, stop) if self._end else None
        if found is None:
            *_, found = (None, *self._written_mark.finditer(text, start, stop))
            if found is not None and text[found.end() : stop].strip():
                return None
        return found

    def _find_end(self) -> str:
        text = self.write(_PROBE)
        if _ANSWER not in text:
            self._parts = True  # some templates take contents only as a list of parts
            as_parts = self.write(_PROBE)
            self._parts = _ANSWER in as_parts
            text = as_parts if self._parts else text
        found = self._marks.search(text, text.rfind(_ANSWER) + len(_ANSWER))
        return found.group() if found and _ANSWER in text else ""

    def _render(
        self,
        messages: Sequence[Message],
        tools: Sequence[Any],
        *,
        prompt: bool = False,
        marked: bool = False,
    ) -> tuple[str, list[tuple[int, int]]]:
        chat = [_in_parts(message) for message in messages] if self._parts else list(messages)
        try:
            with GUARD:
                written: Any = render_jinja_template(
                    conversations=[chat],  # type: ignore[list-item]
                    tools=list(tools) or None,
                    chat_template=self.text,
                    add_generation_prompt=prompt,
                    return_assistant_tokens_mask=marked,
                    **self._special,  # type: ignore[arg-type]
                )
        except MemoryError as err:
            raise TemplateError(TOO_LARGE) from err
        except RecursionError as err:
            raise TemplateError("it calls itself without end") from err
        except Exception as err:  # templates raise whatever their authors wrote
            raise TemplateError(_reason(err)) from err
        texts, spans = written
        if len(texts[0]) > MOST_CHARACTERS:
            raise TemplateError(TOO_LARGE)
        return str(texts[0]), spans[0] if marked else []


def _in_parts(message: Message) -> Message:
    content = message.get("content")
    if not isinstance(content, str):
        return message
    return {**message, "content": [{"type": "text", "text": content}]}


def _reason(err: Exception) -> str:
    """Return what a template says is wrong, with the line of the template if it is known."""
    if isinstance(err, jinja2.TemplateSyntaxError):
        return f"line {err.lineno}: {err.message}"
    said = str(err) or type(err).__name__
    lines = [
        f.lineno for f in traceback.extract_tb(err.__traceback__) if f.filename == "<template>"
    ]
    return f"line {lines[-1]}: {said}" if lines else said
