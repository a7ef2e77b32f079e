"""Between a request and its answers: what is asked is checked, what is written is told."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.core.problems import EngineError
from studio.core.protocol import AnswerEnded, Generate, Piece
from studio.core.wholetext import whole
from studio.engine.replypipe import ReplyPipe
from studio.engine.textstream import TextStream

if TYPE_CHECKING:  # both load torch, which takes seconds
    from studio.engine.chatmodel import ChatModel
    from studio.engine.generate import Asked

_PIECE_SECONDS = 0.04
"""Text is told 25 times a second: faster cannot be read, and each line wakes the window."""
_MOST_CHARACTERS_PER_TOKEN = 200
"""A prompt longer than this times the context cannot fit: refused before it is tokenised."""


class AnswerTeller:
    """Tells one column's answer as it is written, in pieces of whole characters."""

    def __init__(
        self,
        pipe: ReplyPipe,
        request: int,
        column: str,
        tokenizer: Any,
        *,
        stop: Sequence[str] = (),
        prompt_tokens: int = 0,
    ) -> None:
        self._pipe = pipe
        self._request = request
        self._column = column
        self._stream = TextStream(tokenizer)
        self._stop = [text for text in stop if text]
        self._prompt_tokens = prompt_tokens
        self._start = time.monotonic()
        self._first = 0.0
        self._told = -math.inf

    def add(self, token: int) -> None:
        """Take one more token; its text is told with the next piece."""
        self._stream.add(token)
        now = self._seconds()
        self._first = self._first or now
        if now - self._told >= _PIECE_SECONDS:
            self._tell(self._stream.take(), now)

    @property
    def stop_found(self) -> bool:
        """Whether one of the texts that end an answer is there."""
        return any(text in self._stream.text for text in self._stop)

    def end(self, reason: str) -> None:
        """Tell what is left and that the answer is whole."""
        now = self._seconds()
        self._tell(self._stream.finish(), now)
        self._pipe.send(
            AnswerEnded(
                id=self._request,
                column=self._column,
                text=self._until_stop(),
                tokens=self._stream.count,
                seconds=now,
                first_seconds=self._first,
                reason=reason,
                prompt_tokens=self._prompt_tokens,
            )
        )

    def _until_stop(self) -> str:
        text = self._stream.text
        return text[
            : min((at for stop in self._stop if (at := text.find(stop)) >= 0), default=len(text))
        ]

    def _tell(self, text: str, now: float) -> None:
        if text:
            self._told = now
            self._pipe.send(
                Piece(
                    id=self._request,
                    column=self._column,
                    text=text,
                    tokens=self._stream.count,
                    seconds=now,
                )
            )

    def _seconds(self) -> float:
        return time.monotonic() - self._start


def asked_of(chat: ChatModel, request: Generate) -> Asked:
    """Return what a request asks of a model, in tokens.

    Raises:
        StudioError: it cannot be answered; the sentence says why.
    """
    from studio.engine.generate import Asked, Column
    from studio.engine.sampling import Sampler

    names = list(dict.fromkeys(request.columns)) or list(chat.columns)
    if unknown := [name for name in names if name not in chat.columns]:
        raise EngineError(f"There is no column {unknown[0]!r:.80}.", "Load its adapter first.")
    _check_numbers(request)
    known: dict[str, list[int]] = {}  # columns with the same turns have the same prompt
    columns = []
    for name in names:
        turns = request.history.get(name, [])
        key = repr(turns)
        if key not in known:
            known[key] = prompt_ids(chat, request.prompt, request.system_prompt, turns)
        columns.append(Column(name, chat.columns[name], known[key]))
    longest = max(len(column.prompt) for column in columns)
    return Asked(
        columns=columns,
        max_new_tokens=min(request.max_new_tokens, chat.context - longest),
        sampler=Sampler(
            request.temperature, request.top_p, request.seed, request.top_k, request.repetition
        ),
        stop_ids=chat.renderer.stop_ids,
    )


def _check_numbers(request: Generate) -> None:
    if request.max_new_tokens < 1:
        raise EngineError("An answer needs at least one token.", "Ask for more new tokens.")
    if not (math.isfinite(request.temperature) and 0 <= request.temperature <= 100):
        raise EngineError("The temperature must be from 0 to 100.", "0 takes the likeliest token.")
    if not 0 < request.top_p <= 1:
        raise EngineError(
            "Top p must be above 0 and at most 1.", "1 leaves all tokens in the draw."
        )
    if not 0 <= request.top_k <= 1_000_000:
        raise EngineError("Top k must be a whole number from 0.", "0 leaves all tokens.")
    if not (math.isfinite(request.repetition) and 1 <= request.repetition <= 10):
        raise EngineError("The repetition penalty must be from 1 to 10.", "1 changes nothing.")
    if not 0 <= request.seed < 2**63:
        raise EngineError("The seed must be a whole number from 0.", "Any will do.")


def prompt_ids(chat: ChatModel, prompt: str, system_prompt: str | None, turns: Any) -> list[int]:
    """Return the tokens of a prompt as training rendered it, after the turns before it.

    Raises:
        EngineError: it is empty, or cannot fit.
    """
    if not prompt.strip():
        raise EngineError("The prompt is empty.", "Write something to be answered.")
    before = [(str(question), str(answer)) for question, answer in turns]
    length = len(prompt) + sum(len(question) + len(answer) for question, answer in before)
    if length > chat.context * _MOST_CHARACTERS_PER_TOKEN:
        alone = len(prompt) > chat.context * _MOST_CHARACTERS_PER_TOKEN
        shown = len(prompt) if alone else length
        raise _too_long(f"{shown:,} characters", chat.context, bool(before) and not alone)
    said = chat.renderer.system_prompt if system_prompt is None else system_prompt
    messages = [{"role": "system", "content": whole(said)}] if said.strip() else []
    for question, answer in before:
        messages.append({"role": "user", "content": whole(question)})
        messages.append({"role": "assistant", "content": whole(answer)})
    messages.append({"role": "user", "content": whole(prompt)})
    ids = chat.renderer.prompt_ids(messages)
    if len(ids) < chat.context:
        return ids
    by_itself = chat.renderer.prompt_ids(messages[-1:]) if before else ids
    if len(by_itself) >= chat.context:  # a new conversation would not help
        raise _too_long(f"{len(by_itself):,} tokens", chat.context, conversation=False)
    raise _too_long(f"{len(ids):,} tokens", chat.context, conversation=True)


def _too_long(length: str, context: int, conversation: bool) -> EngineError:
    what, hint = (
        ("conversation", "Begin a new conversation.")
        if conversation
        else ("prompt", "Shorten the prompt.")
    )
    return EngineError(
        f"The {what} is {length} long; the model reads at most {context:,} tokens.", hint
    )
