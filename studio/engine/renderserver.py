"""The render process: previews and checks of rows for the window, over JSON lines.

It holds tokenizers and no weights, and may be killed at any time: chat templates are code from
strangers. One that takes too much memory is refused; with one that never ends the process ends,
after it has said so, and whoever asked starts it again.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from studio.core.problems import EngineError, StudioError
from studio.core.protocol import (
    PROTOCOL,
    CheckDataset,
    DatasetChecked,
    RenderRow,
    RowRendered,
)
from studio.core.wire import LineReader
from studio.engine.checkserver import CheckServer
from studio.engine.render import Renderer
from studio.engine.replypipe import ReplyPipe
from studio.engine.rowdraft import read_example
from studio.engine.templateguard import GUARD, TOO_SLOW
from studio.engine.tokenizer import load_tokenizer

Request = RenderRow | CheckDataset
KEPT = 4
"""Renderers that are kept for what is asked next."""


def main(argv: Sequence[str]) -> int:
    """Answer requests from stdin until it ends."""
    del argv
    requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
    with ReplyPipe() as replies:
        server = RenderServer(replies)
        GUARD.arm(server.late)
        reader = threading.Thread(target=_read, args=(requests, replies), daemon=True)
        reader.start()
        try:
            while (request := requests.get()) is not None:
                server.take(request)
                while server.busy:
                    while not requests.empty():
                        request = requests.get()
                        if request is None:
                            return server.finish()
                        server.take(request)
                    server.work()
        except BrokenPipeError:
            return 0  # who asked is gone
    return 0


class RenderServer:
    """Answers render requests at once, and a check piece by piece in between."""

    def __init__(self, replies: ReplyPipe) -> None:
        self._replies = replies
        self._renderers: dict[tuple[str, str, str], Renderer] = {}
        self._tokenizers: dict[str, Any] = {}
        self._asked = 0
        self._checks = CheckServer(self._renderer)
        self._check: tuple[CheckDataset, Iterator[DatasetChecked | None]] | None = None

    @property
    def busy(self) -> bool:
        """Whether a check is under way."""
        return self._check is not None

    def take(self, request: Request) -> None:
        """Answer a request, or begin to."""
        try:
            if isinstance(request, RenderRow):
                self._asked = request.id
                self._replies.send(self._rendered(request))
                self._asked = 0
                return
            if self._check:
                newer = "A newer check of the rows took the place of this one."
                self._replies.fail(self._check[0].id, EngineError(newer))
            self._check = request, self._checks.pieces(request)
        except StudioError as problem:
            self._replies.fail(request.id, problem)

    def work(self) -> None:
        """Answer the next piece of the check that is under way."""
        assert self._check is not None
        request, pieces = self._check
        try:
            piece = next(pieces)
        except StopIteration:
            self._check = None
        except StudioError as problem:
            self._check = None
            self._replies.fail(request.id, problem)
        else:
            if piece is not None:
                self._replies.send(piece)

    def finish(self) -> int:
        """Answer what is left of the check, since no further request will come."""
        while self.busy:
            self.work()
        self._checks.close()
        return 0

    def late(self) -> None:
        """Tell that a template never ends, and end: nothing else ends it."""
        late = EngineError(
            f"The chat template cannot be used: {TOO_SLOW}.", "Choose another one, or mend this."
        )
        for asked in {self._asked, self._check[0].id if self._check else 0} - {0}:
            self._replies.fail(asked, late)
        os._exit(0)

    def _renderer(self, model: str, template: str, system_prompt: str) -> Renderer:
        """Return a renderer; the last few are kept, since templates and prompts are typed."""
        key = model, template, system_prompt
        found = self._renderers.pop(key, None)
        if found is None:
            if model not in self._tokenizers:
                self._tokenizers = {model: load_tokenizer(Path(model))}
            found = Renderer(
                Path(model), template, system_prompt, tokenizer=self._tokenizers[model]
            )
        self._renderers[key] = found
        while len(self._renderers) > KEPT:
            del self._renderers[next(iter(self._renderers))]
        return found

    def _rendered(self, ask: RenderRow) -> RowRendered:
        renderer = self._renderer(ask.model, ask.template, ask.system_prompt)
        row, owners = renderer.owners(read_example(ask.row_kind, ask.texts), ask.max_tokens)
        parts = [
            {
                "name": sequence.name,
                "tokens": [
                    [token.id, token.text, token.state.value, token.special, whose]
                    for token, whose in zip(renderer.tokens(sequence), words, strict=True)
                ],
            }
            for sequence, words in zip(row.sequences, owners, strict=False)
        ]
        found = [each.as_list() for each in row.findings]
        words = renderer.chosen.sentence
        return RowRendered(id=ask.id, parts=parts, findings=found, template=words)


def _read(requests: queue.SimpleQueue[Request | None], replies: ReplyPipe) -> None:
    """Put each request on the queue; None when stdin ends."""
    lines = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for message in lines.feed(line):
            if isinstance(message, Request):
                requests.put(message)
            elif isinstance(getattr(message, "id", None), int):
                replies.fail(message.id, EngineError("The render process cannot do that."))
    requests.put(None)
