"""Asks a render process what training would make of all rows of a dataset."""

from __future__ import annotations

from typing import Any

from studio.core.problems import StudioError
from studio.core.protocol import CheckRows, RequestFailed, RowsChecked
from studio.machine.enginecommand import engine_command, replies


def check_rows(request: CheckRows) -> tuple[list[Any], list[Any]]:
    """Return the rows' measures and the findings, both as in :class:`RowsChecked`.

    Raises:
        StudioError: the rows cannot be rendered.
    """
    rows: list[Any] = []
    findings: list[Any] = []
    for reply in replies(engine_command("render"), request):
        if isinstance(reply, RequestFailed):
            raise StudioError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, RowsChecked):
            rows.extend(reply.rows)
            findings.extend(reply.findings)
    return rows, findings
