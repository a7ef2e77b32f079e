"""One child process that answers requests as JSON lines; does not know what the requests mean."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QDir, QObject, QProcess, Qt, QTimer, Signal

from studio.app.pending import PendingRequests
from studio.app.processend import (
    GONE,
    GRACE_MS,
    end_and_wait,
    how_it_ended,
    process_environment,
)
from studio.core.protocol import PROTOCOL, RequestFailed
from studio.core.units import duration
from studio.core.wire import MAX_LINE, LineReader, Unknown
from studio.machine.enginecommand import engine_environment
from studio.machine.memorylimit import limit_memory

STDERR_KEPT = 64 * 1024
"""Bytes of what the process said last on stderr, for *Copy details*."""
SLICE = 256 * 1024
"""Bytes read in one turn of the event loop, so that a flood never stops the window."""
MOST_UNREAD = 2 * MAX_LINE
"""Bytes that may wait to be read; a process that sends more, and faster than we read, is ended."""


class Request(Protocol):
    """Any message of the protocol that asks for something."""

    @property
    def id(self) -> int: ...


class EngineClient(QObject):
    """Owns one engine process; starts it on demand and never waits for it.

    A request is pending until the client settles it or it fails. If the process dies, is silent
    too long or breaks the protocol, each pending request fails exactly once, and the next request
    starts a new process. Two processes of one client never run at the same time.

    Args:
        name: what the process is, for sentences: "chat engine".
        command: the argument list; never a shell line.
        network: whether the process may download.
        first_limit_ms: the least limit while a new process has not said anything yet.
        memory_limit_bytes: private memory the process may have (Linux); 0 for no limit.

    Signals:
        message_came(object): a reply to a pending request, in order.
        request_failed(object): a ``RequestFailed``; its request is no longer pending.
        process_ended(str): after all failures; a sentence, or "" for an end we asked for or an
            exit with code 0.
    """

    message_came = Signal(object)
    request_failed = Signal(object)
    process_ended = Signal(str)

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        parent: QObject | None = None,
        *,
        network: bool = False,
        first_limit_ms: int = 0,
        memory_limit_bytes: int = 0,
    ) -> None:
        super().__init__(parent)
        self.command = list(command)
        self._name, self._ids = name, itertools.count(1)
        self._first_limit_ms, self._memory_limit = first_limit_ms, memory_limit_bytes
        self._pending = PendingRequests()
        self._outbox: list[bytes] = []
        self._reader = LineReader(PROTOCOL)
        self._errors = bytearray()
        self._heard = self._told_to_end = False
        self._ending: str | None = None  # why we ended the process that is still there
        self._again = False  # and whether to start anew when it is gone
        self._watch = QTimer(self, singleShot=True)
        self._watch.timeout.connect(self._on_deadline_passed)
        self._grace = QTimer(self, singleShot=True, interval=GRACE_MS)
        self._grace.timeout.connect(self._on_grace_over)
        self._process = self._make_process()
        self.set_environment(engine_environment(network=network))

    def _make_process(self) -> QProcess:
        process = QProcess(self)
        process.setWorkingDirectory(QDir.rootPath())
        process.started.connect(self._on_started)
        process.readyReadStandardOutput.connect(self._on_stdout_ready)
        process.readyReadStandardError.connect(self._on_stderr_ready)
        process.finished.connect(self._on_finished)
        # queued: a failed start reports from inside start(), before ask() has returned
        process.errorOccurred.connect(self._on_error, Qt.ConnectionType.QueuedConnection)
        return process

    def set_environment(self, variables: Mapping[str, str]) -> None:
        """Say what is in the environment of the next process."""
        self._process.setProcessEnvironment(process_environment(variables))

    @property
    def running(self) -> bool:
        """Whether the process is there, or will be."""
        return self._again or (self._process.state() is not GONE and self._ending is None)

    @property
    def pid(self) -> int:
        """Process id, 0 when there is none."""
        return int(self._process.processId())

    @property
    def details(self) -> str:
        """The last words of the process on stderr, and lines of it that were not messages."""
        said = self._errors.decode("utf-8", "replace")
        bad = [line[:200].decode("utf-8", "replace") for line in self._reader.bad_lines]
        return "\n".join([said, "Lines that could not be read:", *bad] if bad else [said]).strip()

    def new_id(self) -> int:
        """Return an id no other request of this client has."""
        return next(self._ids)

    def start(self) -> None:
        """Start the process if there is none; returns at once."""
        if self._process.state() is not GONE:
            self._again = self._ending is not None
            return
        self._again, self._ending, self._heard = False, None, False
        self._reader, self._errors = LineReader(PROTOCOL), bytearray()
        self._process.start(self.command[0], self.command[1:])

    def ask(self, message: Request, limit_ms: int = 0, late: str = "") -> None:
        """Send a request; it is pending until :meth:`settle`.

        Args:
            message: has an id of :meth:`new_id`.
            limit_ms: how long the process may be silent about it before it is ended; 0 for ever.
            late: the sentence when it was.
        """
        self.expect(message.id, limit_ms, late)
        self.tell(message)

    def tell(self, message: Request) -> None:
        """Send a message that has no reply of its own."""
        self._outbox.append(PROTOCOL.encode(message))
        self.start()
        if self._process.state() is QProcess.ProcessState.Running and self._ending is None:
            self._send()

    def expect(self, request_id: int, limit_ms: int = 0, late: str = "") -> None:
        """Hold a request as pending without sending anything, or change its limit."""
        self._pending.add(request_id, limit_ms, late)
        self._renew()

    def settle(self, request_id: int) -> None:
        """Take a request as answered: what still comes for it is dropped."""
        self._pending.settle(request_id)
        self._watch_next()

    def end(self, why: str) -> None:
        """Ask the process to end, and kill it if it does not; pending requests fail with why."""
        if self._process.state() is not GONE and self._ending is None:
            self._process.closeWriteChannel()
            self._grace.start()
            self._told_to_end = False
        self._give_up(why)

    def kill(self, why: str) -> None:
        """End the process at once; pending requests fail with why."""
        self._process.kill()
        self._give_up(why)

    def close(self) -> None:
        """End the process and wait for it, at most a few seconds; answers no one any more."""
        self.blockSignals(True)
        self._grace.stop()
        self._give_up("")
        end_and_wait(self._process, begun=self._heard)

    def _on_grace_over(self) -> None:
        if self._told_to_end:
            self._process.kill()
        else:
            self._told_to_end = True
            self._process.terminate()
            self._grace.start()

    def _give_up(self, why: str) -> None:
        if self._process.state() is not GONE:
            self._ending = why
        self._again = False
        self._fail_all(why)

    def _send(self) -> None:
        lines, self._outbox = self._outbox, []
        for line in lines:
            self._process.write(line)
        self._renew()

    def _on_started(self) -> None:
        if self._memory_limit:
            limit_memory(self.pid, self._memory_limit)
        if self._ending is None:
            self._send()

    def _on_stdout_ready(self) -> None:
        if self._process.bytesAvailable() > MOST_UNREAD:
            self.kill(f"The {self._name} sent more than could be read, so it was ended.")
        self._read()
        if self._process.bytesAvailable() > 0:
            QTimer.singleShot(0, self, self._on_stdout_ready)

    def _read(self) -> None:
        """Take what the process has sent, at most one slice."""
        if self._process.bytesAvailable() == 0:
            return
        messages = list(self._reader.feed(bytes(self._process.read(SLICE).data())))
        if any(not isinstance(message, Unknown) for message in messages):
            self._heard = True
            self._renew()
        for message in messages:
            self._take(message)
        if self._reader.dropped_lines and self._ending is None:
            self.kill(f"The {self._name} sent a line longer than {MAX_LINE:,} bytes.")

    def _take(self, message: Any) -> None:
        if getattr(message, "id", None) not in self._pending:
            return
        if isinstance(message, RequestFailed):
            self.settle(message.id)
            self.request_failed.emit(message)
        else:
            self.message_came.emit(message)

    def _on_stderr_ready(self) -> None:
        self._errors += bytes(self._process.readAllStandardError().data())
        del self._errors[:-STDERR_KEPT]

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            why = f"The {self._name} could not be started: {self._process.errorString()}."
            self._fail_all(why)
            self.process_ended.emit(why)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._grace.stop()
        self._on_stderr_ready()
        while self._process.bytesAvailable() > 0:
            self._read()
        crashed = status is QProcess.ExitStatus.CrashExit
        ours, again = self._ending, self._again
        self._ending, self._again = None, False
        how = how_it_ended(self._name, code, crashed=crashed) if ours is None else ours
        if not again:  # else what is pending was asked of the next process
            self._fail_all(how)
        self.process_ended.emit("" if ours is not None or (code == 0 and not crashed) else how)
        if again:
            self.start()

    def _fail_all(self, why: str) -> None:
        self._outbox.clear()
        self._watch.stop()
        details = self.details
        for request_id in self._pending.take_all():
            self.request_failed.emit(RequestFailed(id=request_id, summary=why, details=details))

    def _renew(self) -> None:
        """Let the limits count from now: something was sent, or the process has spoken."""
        self._pending.renew(0 if self._heard else self._first_limit_ms)
        self._watch_next()

    def _watch_next(self) -> None:
        wait = self._pending.wait_ms()
        if wait is None:
            self._watch.stop()
        else:
            self._watch.start(wait)

    def _on_deadline_passed(self) -> None:
        self._read()  # what came while the window was busy counts
        late = self._pending.late()
        if late is None:
            self._watch_next()
        elif late and (self._heard or not self._first_limit_ms):
            self.kill(late)
        else:
            limit = duration(self._first_limit_ms / 1000)
            self.kill(f"The {self._name} gave no sign within {limit} of its start.")
