"""A child process that answers, hangs, dies or babbles, as the instruction of a row says."""

from __future__ import annotations

import os
import signal
import sys
import time

from studio.core.protocol import (
    PROTOCOL,
    Check,
    DatasetChecked,
    Fetched,
    Progress,
    RequestFailed,
    RowRendered,
)
from studio.core.wire import LineReader


def send(message: object) -> None:
    sys.stdout.buffer.write(PROTOCOL.encode(message))
    sys.stdout.buffer.flush()


def say(raw: bytes) -> None:
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


def do(order: str) -> None:
    if order == "hang":
        while True:
            time.sleep(60)
    if order == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif order == "exit":
        print("the last words", file=sys.stderr)
        os._exit(3)
    elif order == "garbage":
        say(b"not json\n\xff\xfe\n[1,2]\n" + b'{"kind":"RowRendered","id":"x"}\n\n{"kind":"New"}\n')
    elif order == "huge":
        for _ in range(40):
            say(b"x" * (1 << 20))
        say(b"\n")
    elif order == "noise":
        sys.stderr.write("noise " * 100_000 + "the end\n")
        sys.stderr.flush()
    elif order == "memory":
        sys.stderr.write(str(len(bytearray(2 << 30))))


def serve() -> None:
    reader = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for ask in reader.feed(line):
            order = getattr(ask, "texts", ["pieces"])[0]
            do(order)
            if order == "refuse":
                send(RequestFailed(id=ask.id, summary="No.", hint="Ask another."))
            elif order == "pieces":
                for done in (1, 2, 3):
                    end = done == 3
                    send(DatasetChecked(id=ask.id, what="rows", done=done, total=3, finished=end))
            else:
                tokens = [[os.getpid(), order, "trained", False, "user"]]
                send(RowRendered(id=ask.id, parts=[{"name": "", "tokens": tokens}]))
    if order == "deaf":
        while True:
            time.sleep(60)


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if part == "fetch":
        send(Progress(id=0, what="Downloading", done=1, total=2))
        if sys.argv[2] == "starter":
            send(Fetched(id=0, path=sys.argv[3], source="from a wheel"))
        elif sys.argv[2] == "broken":
            send(RequestFailed(id=0, summary="Its hash is wrong.", hint="Try again."))
        else:
            time.sleep(60)
    elif part == "doctor":
        send(Check(id=0, name="python", level="good", summary="Python 3.11"))
        send(Check(id=0, name="gpu", level="warn", summary="No GPU"))
    else:
        serve()


if __name__ == "__main__":
    main()
