"""Between a request and its answers: what is asked is checked, what is written is told."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from studio.core.problems import EngineError
from studio.core.protocol import AnswerEnded, Generate, Piece
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

    def __init__(self, pipe: ReplyPipe, request: int, column: str, tokenizer: Any) -> None:
        self._pipe = pipe
        self._request = request
        self._column = column
        self._stream = TextStream(tokenizer)
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

    def end(self, reason: str) -> None:
        """Tell what is left and that the answer is whole."""
        now = self._seconds()
        self._tell(self._stream.finish(), now)
        self._pipe.send(
            AnswerEnded(
                id=self._request,
                column=self._column,
                text=self._stream.text,
                tokens=self._stream.count,
                seconds=now,
                first_seconds=self._first,
                reason=reason,
            )
        )

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
    from studio.engine.generate import Asked, Sampler

    names = list(dict.fromkeys(request.columns)) or list(chat.columns)
    if unknown := [name for name in names if name not in chat.columns]:
        raise EngineError(f"There is no column {unknown[0]!r:.80}.", "Load its adapter first.")
    _check_numbers(request)
    prompt = _prompt_ids(chat, request.prompt)
    return Asked(
        prompt=prompt,
        columns=[(name, chat.columns[name]) for name in names],
        max_new_tokens=min(request.max_new_tokens, chat.context - len(prompt)),
        sampler=Sampler(request.temperature, request.top_p, request.seed),
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
    if not 0 <= request.seed < 2**63:
        raise EngineError("The seed must be a whole number from 0.", "Any will do.")


def _prompt_ids(chat: ChatModel, prompt: str) -> list[int]:
    """Return the tokens of a prompt as training rendered it, refused if it cannot fit."""
    if not prompt.strip():
        raise EngineError("The prompt is empty.", "Write something to be answered.")
    if len(prompt) > chat.context * _MOST_CHARACTERS_PER_TOKEN:
        raise _too_long(f"{len(prompt):,} characters", chat.context)
    clean = prompt.encode("utf-8", "replace").decode("utf-8")  # half characters are not text
    messages = [{"role": "user", "content": clean}]
    if chat.renderer.system_prompt:
        messages.insert(0, {"role": "system", "content": chat.renderer.system_prompt})
    ids = chat.renderer.prompt_ids(messages)
    if len(ids) >= chat.context:
        raise _too_long(f"{len(ids):,} tokens", chat.context)
    return ids


def _too_long(length: str, context: int) -> EngineError:
    return EngineError(
        f"The prompt is {length} long; the model reads at most {context:,} tokens.",
        "Shorten the prompt.",
    )
