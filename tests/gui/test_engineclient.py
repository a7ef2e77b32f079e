"""The client of an engine process, against real processes that misbehave."""

from __future__ import annotations

import sys

import psutil
import pytest

from studio.app.engineclient import STDERR_KEPT, EngineClient
from studio.core.protocol import RenderRow
from tests.helpers import oddchild

CHILD = [sys.executable, oddchild.__file__]
LATE = "It did not finish."
LIMIT_MS = 400
PATIENCE_MS = 30_000


class Log:
    """What a client has told, in order."""

    def __init__(self, client: EngineClient) -> None:
        self.came: list = []
        self.failed: list = []
        self.ended: list[str] = []
        client.message_came.connect(self.came.append)
        client.message_came.connect(lambda message: client.settle(message.id))
        client.request_failed.connect(self.failed.append)
        client.process_ended.connect(self.ended.append)


@pytest.fixture
def client(qapp):
    made = EngineClient("test engine", CHILD, first_limit_ms=PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def log(client):
    return Log(client)


def ask(client: EngineClient, order: str, **limits: object) -> int:
    request = RenderRow(id=client.new_id(), model="m", row_kind="text", texts=[order])
    client.ask(request, **limits)
    return request.id


def pid_of(answer) -> int:
    return answer.parts[0]["tokens"][0][0]


def wait(qtbot, fact) -> None:
    qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)


def test_a_request_starts_the_process_and_is_answered(qtbot, client, log):
    first = ask(client, "hello")
    wait(qtbot, lambda: log.came)
    second = ask(client, "again")
    wait(qtbot, lambda: len(log.came) == 2)
    assert [message.id for message in log.came] == [first, second]
    assert pid_of(log.came[0]) == pid_of(log.came[1]) == client.pid
    assert not log.failed


def test_a_death_answers_every_pending_request_exactly_once(qtbot, client, log):
    asked = [ask(client, "die"), ask(client, "hello"), ask(client, "hello")]
    wait(qtbot, lambda: log.ended)
    assert [failed.id for failed in log.failed] == asked
    assert {failed.summary for failed in log.failed} == {log.ended[0]}
    assert "killed by the system (signal 9)" in log.ended[0]
    assert not log.came


def test_an_exit_code_and_the_last_words_are_told(qtbot, client, log):
    ask(client, "exit")
    wait(qtbot, lambda: log.failed)
    assert log.failed[0].summary == "The test engine ended with exit code 3."
    assert log.failed[0].details == "the last words"


def test_the_next_request_after_a_death_gets_a_new_process(qtbot, client, log):
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    ask(client, "die")
    wait(qtbot, lambda: log.failed)
    ask(client, "hello")
    wait(qtbot, lambda: len(log.came) == 2)
    assert pid_of(log.came[0]) != pid_of(log.came[1])


def test_a_request_asked_while_a_failure_is_told_is_answered(qtbot, client, log):
    client.request_failed.connect(lambda _failed: ask(client, "hello"))
    ask(client, "die")
    wait(qtbot, lambda: log.came)
    assert len(log.failed) == 1


def test_a_process_that_hangs_is_killed_and_started_again(qtbot, client, log):
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    hung = client.pid
    ask(client, "hang", limit_ms=LIMIT_MS, late=LATE)
    wait(qtbot, lambda: log.failed)
    ask(client, "hello")
    wait(qtbot, lambda: len(log.came) == 2)
    assert [failed.summary for failed in log.failed] == [LATE]
    assert log.ended == [""]  # we ended it: nothing new to tell
    assert not psutil.pid_exists(hung)


def test_a_process_that_never_says_a_word_is_killed_after_the_first_limit(qtbot, qapp):
    client = EngineClient("test engine", CHILD, first_limit_ms=LIMIT_MS)
    log = Log(client)
    ask(client, "hang", limit_ms=1, late=LATE)
    wait(qtbot, lambda: log.failed)
    client.close()
    assert "gave no sign within" in log.failed[0].summary


def test_a_request_without_a_limit_waits(qtbot, client, log):
    client.start()
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    ask(client, "hang")
    late = ask(client, "hello", limit_ms=LIMIT_MS, late=LATE)
    wait(qtbot, lambda: log.failed)
    assert late in [failed.id for failed in log.failed]


def test_garbage_lines_do_not_break_the_stream(qtbot, client, log):
    ask(client, "garbage")
    wait(qtbot, lambda: log.came)
    assert "not json" in client.details
    assert not log.failed


def test_a_line_without_an_end_is_not_kept_and_ends_the_process(qtbot, client, log):
    ask(client, "huge")
    wait(qtbot, lambda: log.ended)
    assert "sent a line longer than" in log.failed[0].summary
    assert not log.came


def test_only_the_end_of_much_noise_on_stderr_is_kept(qtbot, client, log):
    ask(client, "noise")
    wait(qtbot, lambda: log.came and client.details.endswith("the end"))
    assert len(client.details) <= STDERR_KEPT


def test_a_refused_request_fails_once_and_the_process_goes_on(qtbot, client, log):
    refused = ask(client, "refuse")
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    assert [(f.id, f.summary, f.hint) for f in log.failed] == [(refused, "No.", "Ask another.")]


def test_what_comes_for_a_settled_request_is_dropped(qtbot, client, log):
    client.settle(ask(client, "hello"))
    last = ask(client, "hello")
    wait(qtbot, lambda: log.came)
    assert [message.id for message in log.came] == [last]


def test_a_command_that_is_not_there_fails_the_request(qtbot, client, log):
    client.command = ["/nowhere/python"]
    asked = ask(client, "hello")
    assert not log.failed  # the caller has its id before the failure comes
    wait(qtbot, lambda: log.failed)
    assert log.failed[0].id == asked
    assert log.failed[0].summary.startswith("The test engine could not be started: ")
    assert log.ended == [log.failed[0].summary]


@pytest.mark.parametrize("order", ["hello", "hang", "deaf"])
def test_closing_leaves_no_process(qtbot, client, log, order):
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    if order != "hello":
        ask(client, order)
    if order == "deaf":
        wait(qtbot, lambda: len(log.came) == 2)
    pid = client.pid
    client.close()
    assert not psutil.pid_exists(pid)
    assert not log.failed  # nobody is told any more
    assert not client.running


def test_an_ended_process_is_gone_and_its_requests_have_failed(qtbot, client, log):
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    ask(client, "deaf")
    wait(qtbot, lambda: len(log.came) == 2)
    ask(client, "hang")
    client.end("Enough.")
    wait(qtbot, lambda: log.ended)
    assert [failed.summary for failed in log.failed] == ["Enough."]
    assert not client.running


def test_a_request_asked_while_the_process_ends_goes_to_the_next_one(qtbot, client, log):
    ask(client, "hello")
    wait(qtbot, lambda: log.came)
    before = client.pid
    client.end("Enough.")
    ask(client, "hello")
    wait(qtbot, lambda: len(log.came) == 2)
    assert client.pid not in (0, before)
    assert not log.failed


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_memory_beyond_the_limit_is_refused_to_the_process(qtbot, qapp):
    client = EngineClient("test engine", CHILD, memory_limit_bytes=1 << 30)
    log = Log(client)
    ask(client, "memory")
    wait(qtbot, lambda: log.failed)
    details = log.failed[0].details
    client.close()
    assert "MemoryError" in details
