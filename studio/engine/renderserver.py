"""The render process: previews and checks of rows for the window, over JSON lines.

It holds tokenizers and no weights, and may be killed at any time: chat templates are code from
strangers, and one that never ends is ended by whoever asked.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.core.example import count_states
from studio.core.problems import EngineError, StudioError
from studio.core.protocol import (
    PROTOCOL,
    CheckDataset,
    CheckRows,
    DatasetChecked,
    RenderRow,
    RowRendered,
    RowsChecked,
)
from studio.core.wire import LineReader
from studio.data.store import Dataset
from studio.engine.checkserver import CheckServer
from studio.engine.render import Renderer
from studio.engine.replypipe import ReplyPipe
from studio.engine.rowchecks import RowChecks
from studio.engine.rowdraft import read_example

Request = RenderRow | CheckRows | CheckDataset
PIECE_ROWS = 200
"""Rows checked between two looks at what else is asked."""


def main(argv: Sequence[str]) -> int:
    """Answer requests from stdin until it ends."""
    del argv
    requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
    with ReplyPipe() as replies:
        server = RenderServer(replies)
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
        self._checks = CheckServer(self._renderer)
        self._check: (
            tuple[CheckRows | CheckDataset, Iterator[RowsChecked | DatasetChecked | None]] | None
        ) = None

    @property
    def busy(self) -> bool:
        """Whether a check is under way."""
        return self._check is not None

    def take(self, request: Request) -> None:
        """Answer a request, or begin to."""
        try:
            if isinstance(request, RenderRow):
                self._replies.send(self._rendered(request))
                return
            if self._check:
                newer = "A newer check of the rows took the place of this one."
                self._replies.fail(self._check[0].id, EngineError(newer))
            if isinstance(request, CheckDataset):
                self._check = request, self._checks.pieces(request)
            else:
                self._check = request, self._checked(request)
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

    def _renderer(self, model: str, template: str, system_prompt: str) -> Renderer:
        key = model, template, system_prompt
        if key not in self._renderers:
            self._renderers[key] = Renderer(Path(model), template, system_prompt)
        return self._renderers[key]

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

    def _checked(self, ask: CheckRows) -> Iterator[RowsChecked]:
        renderer = self._renderer(ask.model, ask.template, ask.system_prompt)
        dataset = Dataset.open(Path(ask.dataset), read_only=True)
        try:
            checks, total = RowChecks(), len(dataset)
            for start in range(0, max(total, 1), PIECE_ROWS):
                pieces = []
                read = dataset.read(start, min(start + PIECE_ROWS, total))
                examples = [read_example(row.kind, row.texts) for row in read]
                made = renderer.rows(examples, ask.max_tokens)
                for row, example, rendered in zip(read, examples, made, strict=True):
                    codes = checks.add(row.id, row.split, example, rendered)
                    counts = count_states(rendered.states)
                    trained = counts.trained + counts.end
                    pieces.append([row.id, counts.total, trained, counts.cut, codes])
                done = min(start + PIECE_ROWS, total)
                last = checks.found() if done == total else []
                yield RowsChecked(
                    id=ask.id, done=done, total=total, rows=pieces, findings=list(last)
                )
        finally:
            dataset.close()


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
