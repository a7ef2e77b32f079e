"""Makes rows of a Parquet file, and a Parquet file of rows: ``convert rows|parquet FILE --into FILE``.

In a process of its own: a hostile file can end this one, not the window. Ending it is how it is
cancelled; what it had begun lies beside the target with its process id in the name.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from studio.core.problems import StudioError
from studio.core.protocol import Converted, Progress
from studio.engine.growth import Tell
from studio.engine.replypipe import ReplyPipe

_EVERY_SECONDS = 0.1


def main(argv: Sequence[str]) -> int:
    """Convert one file and tell about it on stdout."""
    parser = argparse.ArgumentParser(prog="studio.engine convert")
    parser.add_argument("to", choices=("rows", "parquet"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--into", required=True, type=Path, help="the file to write")
    args = parser.parse_args(argv)
    with ReplyPipe() as pipe:
        try:
            rows, notes = _convert(args.to, args.file, args.into, teller(pipe))
        except StudioError as problem:
            pipe.fail(0, problem)
        else:
            pipe.send(Converted(id=0, path=str(args.into), rows=rows, notes=notes))
    return 0


def _convert(to: str, file: Path, into: Path, tell: Tell) -> tuple[int, list[str]]:
    if to == "rows":
        from studio.engine.parquetrows import read_parquet  # pyarrow loads in half a second

        return read_parquet(file, into, tell)
    from studio.engine.parquetfile import write_parquet

    return write_parquet(file, into, tell)


def teller(pipe: ReplyPipe) -> Tell:
    """Return what sends progress, a few times a second for the same thing."""
    last: tuple[str, float] = ("", 0.0)

    def tell(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if what == last[0] and done != total and now - last[1] < _EVERY_SECONDS:
            return
        last = (what, now)
        pipe.send(Progress(id=0, what=what, done=done, total=total))

    return tell
