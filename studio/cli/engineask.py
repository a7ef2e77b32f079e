"""Asks an engine for something that is converted or fetched, and notes how far it is."""

from __future__ import annotations

import sys
from typing import TypeVar

from studio.cli.output import note
from studio.core.problems import EngineError, StudioError
from studio.core.protocol import Converted, HubDataset, Progress, RequestFailed
from studio.machine.enginecommand import replies

Answer = TypeVar("Answer", Converted, HubDataset)


def ask_engine(command: list[str], *, network: bool = False) -> Converted:
    """Run an engine until it has made a file.

    Raises:
        StudioError: it cannot be made.
        EngineError: the engine ended without an answer.
    """
    return _ask(command, Converted, network=network)


def look_up(command: list[str]) -> HubDataset:
    """Run an engine that asks the Hub about a dataset.

    Raises:
        StudioError: it is not there, or the Hub cannot be reached.
        EngineError: the engine ended without an answer.
    """
    return _ask(command, HubDataset, network=True)


def _ask(command: list[str], wanted: type[Answer], *, network: bool) -> Answer:
    shown = sys.stderr.isatty()
    last = ""
    for reply in replies(command, network=network):
        if isinstance(reply, wanted):
            return reply
        if isinstance(reply, RequestFailed):
            raise StudioError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, Progress) and network and reply.what != last:
            note(reply.what)
            last = reply.what
        elif isinstance(reply, Progress) and shown and reply.total:
            sys.stderr.write(f"  {100 * reply.done // reply.total} %\r")
            sys.stderr.flush()
    raise EngineError("The process ended without an answer.", "Do it again.")
