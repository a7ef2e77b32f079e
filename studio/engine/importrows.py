"""Imports or surveys files in a process of its own: ``import``, one request on stdin.

Reading a million rows keeps an interpreter busy, and the window needs its own. The import is
cancelled by closing stdin, also when the window dies.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from studio.core.problems import EngineError, StudioError
from studio.core.protocol import (
    PROTOCOL,
    Imported,
    ImportRows,
    RowsComing,
    RowsSurveyed,
    SurveyRows,
)
from studio.core.wire import LineReader
from studio.data.importing import ImportProgress, import_file, import_files
from studio.data.importwire import plan_of, report_body
from studio.data.surveying import survey
from studio.engine.replypipe import ReplyPipe

_EVERY_SECONDS = 0.1


def main(argv: Sequence[str]) -> int:
    """Import what the request on stdin names."""
    del argv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the blocks that tidy up
    cancelled = threading.Event()
    with ReplyPipe() as pipe:
        request = _request()
        if request is None:
            pipe.fail(0, EngineError("The import process was not told what to import."))
            return 1
        threading.Thread(target=_wait_for_end, args=(cancelled,), daemon=True).start()
        try:
            if isinstance(request, SurveyRows):
                _survey(request, pipe, cancelled)
            else:
                _import(request, pipe, cancelled)
        except StudioError as problem:
            pipe.fail(request.id, problem)
    return 0


def _request() -> ImportRows | SurveyRows | None:
    messages = LineReader(PROTOCOL).feed(sys.stdin.buffer.readline())
    return next((each for each in messages if isinstance(each, (ImportRows, SurveyRows))), None)


def _wait_for_end(cancelled: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    cancelled.set()


def _survey(request: SurveyRows, pipe: ReplyPipe, cancelled: threading.Event) -> None:
    found = survey([plan_of(body) for body in request.plans], cancelled.is_set)
    if found is not None:
        pipe.send(
            RowsSurveyed(
                id=request.id, rows=found.rows, faults=found.faults, filled=dict(found.filled)
            )
        )


def _import(request: ImportRows, pipe: ReplyPipe, cancelled: threading.Event) -> None:
    told = 0.0

    def progress(so_far: ImportProgress) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _EVERY_SECONDS:
            told = now
            pipe.send(
                RowsComing(
                    id=request.id,
                    file=so_far.file,
                    done=so_far.done,
                    total=so_far.total,
                    rows=so_far.rows,
                )
            )

    target = Path(request.dataset)
    if request.plans:
        plans = [plan_of(body) for body in request.plans]
        report = import_files(plans, target, progress=progress, cancelled=cancelled.is_set)
    else:
        source = Path(request.source)
        report = import_file(source, target, progress=progress, cancelled=cancelled.is_set)
    pipe.send(Imported(id=request.id, report=report_body(report)))
