"""The chat process: holds a model and answers in its columns, over JSON lines.

It dies with whoever started it: when stdin ends, it ends.
"""

from __future__ import annotations

import gc
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from studio.core.problems import EngineError, StudioError
from studio.core.protocol import (
    PROTOCOL,
    ChatLoaded,
    Generate,
    LoadChat,
    Progress,
    PromptShown,
    ShowPrompt,
    StopGenerating,
)
from studio.core.wire import LineReader
from studio.engine.answers import AnswerTeller, asked_of, prompt_ids
from studio.engine.replypipe import ReplyPipe

_PARENT_GONE = 0


def main(argv: Sequence[str]) -> int:
    """Answer requests from stdin until it ends."""
    del argv
    requests: queue.SimpleQueue[LoadChat | Generate | ShowPrompt] = queue.SimpleQueue()
    with ReplyPipe() as pipe, suppress(BrokenPipeError):
        server = ChatServer(pipe)
        threading.Thread(target=_read, args=(requests, server), daemon=True).start()
        while True:
            server.take(requests.get())
    return _PARENT_GONE


def _read(
    requests: queue.SimpleQueue[LoadChat | Generate | ShowPrompt], server: ChatServer
) -> None:
    """Sort requests from stdin, on a thread of its own; a stop must be heard while answering."""
    reader = LineReader(PROTOCOL)
    while chunk := os.read(sys.stdin.fileno(), 1 << 16):
        for message in reader.feed(chunk):
            if isinstance(message, StopGenerating):
                server.stop(message.id)
            elif isinstance(message, LoadChat | Generate | ShowPrompt):
                requests.put(message)
            else:
                server.refuse("This is not a request that the chat knows.")
        if reader.bad_lines:
            reader.bad_lines.clear()
            server.refuse("A line was not a message.")
    os._exit(_PARENT_GONE)  # in the middle of whatever: there is nobody to tell and nothing to keep


class ChatServer:
    """Takes one request after the other; :meth:`stop` and :meth:`refuse` come from another thread."""

    def __init__(self, pipe: ReplyPipe) -> None:
        self._pipe = pipe
        self._chat: Any = None
        self._stops: set[int] = set()

    def stop(self, request: int) -> None:
        """Stop an answer, or one that is still waiting for its turn."""
        self._stops.add(request)

    def refuse(self, why: str) -> None:
        """Answer what is no request."""
        self._pipe.fail(0, EngineError(why, "Start the chat again."))

    def take(self, request: LoadChat | Generate | ShowPrompt) -> None:
        """Carry out one request and answer it, whatever happens."""
        try:
            if isinstance(request, LoadChat):
                self._load(request)
            elif isinstance(request, ShowPrompt):
                self._show(request)
            else:
                self._generate(request)
        except StudioError as problem:
            self._pipe.fail(request.id, problem)
        except BrokenPipeError:
            raise
        except Exception as err:  # noqa: BLE001 - one request must not take the model with it
            from studio.engine.chatmodel import unexpected

            self._pipe.fail(request.id, unexpected(err))
        finally:
            self._stops.discard(request.id)

    def _load(self, request: LoadChat) -> None:
        start = time.monotonic()
        self._chat = None
        gc.collect()  # the old model's memory is needed for the new one
        self._pipe.send(Progress(id=request.id, what="Starting the engine"))
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses what nobody needs
        from studio.engine.chatmodel import load_chat  # seconds: after the first sign of life

        self._pipe.send(Progress(id=request.id, what="Loading the model"))
        chat = load_chat(request)
        self._chat = chat
        self._pipe.send(
            ChatLoaded(
                id=request.id,
                device=chat.base.device_title,
                precision=chat.base.precision,
                quantization=chat.base.quantization,
                columns=list(chat.columns),
                one_batch=chat.switch.mixed,
                base_proven=chat.self_test.proven,
                self_test=chat.self_test.line,
                adapter_hash=chat.adapter_hash,
                base_hash=chat.base_hash,
                template_same=chat.template_same,
                warnings=chat.warnings,
                memory_bytes=chat.memory_bytes,
                seconds=time.monotonic() - start,
                identities=chat.identities,
                context=chat.context,
            )
        )

    def _generate(self, request: Generate) -> None:
        from studio.engine.generate import write_answers  # torch, loaded with the model

        chat = self._chat
        if chat is None:
            raise EngineError("No model is loaded.", "Load a model, then ask again.")
        asked = asked_of(chat, request)
        tellers = {
            column.name: AnswerTeller(
                self._pipe,
                request.id,
                column.name,
                chat.renderer.tokenizer,
                stop=request.stop,
                prompt_tokens=len(column.prompt),
            )
            for column in asked.columns
        }
        written = write_answers(chat.model, chat.switch, asked, lambda: request.id in self._stops)
        for item in written:
            teller = tellers[item.column]
            if item.token is None:
                teller.end(item.reason)
                continue
            teller.add(item.token)
            if teller.stop_found:
                asked.halted.add(item.column)

    def _show(self, request: ShowPrompt) -> None:
        if self._chat is None:
            raise EngineError("No model is loaded.", "Load a model, then ask again.")
        ids = prompt_ids(self._chat, request.prompt, request.system_prompt, request.turns)
        tokenizer = self._chat.renderer.tokenizer
        texts = [tokenizer.decode([token]) for token in ids]
        self._pipe.send(
            PromptShown(id=request.id, tokens=[list(pair) for pair in zip(ids, texts, strict=True)])
        )
