"""The real chat process, driven line by line."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.core.protocol import (
    PROTOCOL,
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
    RequestFailed,
)
from studio.machine.enginecommand import engine_command, engine_environment


class ChatProcess:
    """Asks and waits for replies; numbers requests by itself."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.last_id = 0
        self.pieces: list[Piece] = []

    def send(self, message: Any) -> None:
        self.process.stdin.write(PROTOCOL.encode(message))
        self.process.stdin.flush()

    def next(self) -> Any:
        line = self.process.stdout.readline()
        assert line, "the chat process ended"
        message = PROTOCOL.decode(line)
        if isinstance(message, Piece):
            self.pieces.append(message)
        return message

    def load(self, model: Path, adapter: Path | str = "", **fields: Any) -> Any:
        """Return ChatLoaded or RequestFailed."""
        self.last_id += 1
        self.send(LoadChat(id=self.last_id, model=str(model), adapter=str(adapter), **fields))
        while True:
            message = self.next()
            if isinstance(message, ChatLoaded | RequestFailed):
                assert message.id == self.last_id
                return message

    def start(self, prompt: str, **fields: Any) -> int:
        self.last_id += 1
        self.pieces.clear()
        self.send(Generate(id=self.last_id, prompt=prompt, **fields))
        return self.last_id

    def ask(self, prompt: str, count: int = 2, **fields: Any) -> Any:
        """Return the answers by column, or RequestFailed."""
        return self.finish(self.start(prompt, **fields), count)

    def finish(self, request: int, count: int = 2) -> Any:
        answers: dict[str, AnswerEnded] = {}
        while len(answers) < count:
            message = self.next()
            assert message.id == request
            if isinstance(message, RequestFailed):
                return message
            if isinstance(message, AnswerEnded):
                answers[message.column] = message
        return answers


@contextmanager
def chat_process() -> Iterator[ChatProcess]:
    with subprocess.Popen(
        engine_command("chat"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=engine_environment(),
    ) as process:
        try:
            yield ChatProcess(process)
        finally:
            process.kill()
