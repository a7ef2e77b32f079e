"""An engine that has ended before it was asked: a sentence, whatever was still on its way to it."""

from __future__ import annotations

import sys

import pytest

from studio.core.problems import EngineError
from studio.core.protocol import RenderRow, StopGenerating
from studio.machine import engineprocess
from studio.machine.enginecommand import replies

LONG = RenderRow(id=1, model="", row_kind="text", texts=["x" * 4_000_000])


def test_more_than_a_pipe_holds_is_sent_to_one_that_does_not_read():
    with pytest.raises(EngineError, match="ended with code 3"):
        list(replies([sys.executable, "-c", "raise SystemExit(3)"], LONG))


def test_an_ended_process_is_told_as_such_though_something_was_on_its_way(monkeypatch):
    command = [sys.executable, "-c", "pass"]
    monkeypatch.setattr(engineprocess, "engine_command", lambda _part: command)
    ended = EngineError("The process ended.")
    with pytest.raises(EngineError) as caught:
        _ask_twice(ended)
    assert caught.value is ended


def _ask_twice(ended: EngineError) -> None:
    with engineprocess.engine_process("chat", ended) as process:
        assert list(process) == []
        while True:  # its end of the pipe may stand a moment more; a full one waits for that
            process.send(StopGenerating(id=1))
