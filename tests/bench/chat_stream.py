"""Measures how long the window's event loop stands still while two columns stream.

    python tests/bench/chat_stream.py [--tokens 2000] [--a-second 100]

A process without a model streams words with marks into both columns of the real window; gaps are
those of ui_gaps.py. Prints one JSON document: while it streams, and while the finished answers
are formatted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from studio.app import chatclient
from studio.app.chatclient import ANSWERING, READY, ChatClient
from studio.core.protocol import (
    PROTOCOL,
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
)
from studio.core.wire import LineReader
from studio.core.workspace import Workspace

COLUMNS = ("base", "adapted")
WORDS = [
    "The",
    "**desk**",
    "keeps",
    "`three`",
    "things",
    "for",
    "you,",
    "Tomas",
    "says.\n\n-",
    "one\n",
    "and\n\n```python\nfor key in range(3):\n    print(key)\n```\n\n",
]


def stream(tokens: int, a_second: float) -> None:
    """Be the chat process: answer every question with so many tokens at such a pace."""
    reader = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for ask in reader.feed(line):
            if isinstance(ask, LoadChat):
                send(
                    ChatLoaded(
                        id=ask.id,
                        device="cpu",
                        precision="fp32",
                        quantization="nf4",
                        columns=list(COLUMNS),
                        base_proven=True,
                    )
                )
            elif isinstance(ask, Generate):
                answer(ask, tokens, a_second)


def answer(ask: Generate, tokens: int, a_second: float) -> None:
    """Write both answers, 25 pieces a second as the engine does."""
    began, told, text = time.monotonic(), 0, ""
    while told < tokens:
        time.sleep(0.04)
        now = time.monotonic() - began
        count = min(int(now * a_second), tokens)
        piece = "".join(f"{WORDS[n % len(WORDS)]} " for n in range(told, count))
        text, told = text + piece, count
        for column in COLUMNS:
            send(Piece(id=ask.id, column=column, text=piece, tokens=count, seconds=now))
    ended = {"tokens": tokens, "seconds": now, "first_seconds": 0.04, "reason": "end"}
    for column in COLUMNS:
        send(AnswerEnded(id=ask.id, column=column, text=text, **ended))  # type: ignore[arg-type]


def send(message: object) -> None:
    """Write one message."""
    sys.stdout.buffer.write(PROTOCOL.encode(message))
    sys.stdout.buffer.flush()


def measure(tokens: int, a_second: float, folder: Path) -> dict[str, object]:
    """Return the gaps of the window while two columns stream, and of their formatting."""
    from studio.ui.pages.chatpage import ChatPage
    from studio.ui.start import build_window, make_application
    from tests.bench.ui_gaps import Heartbeat, live
    from tests.helpers.chatrun import make_trained_run

    command = [sys.executable, __file__, "--stream", "--tokens", f"{tokens}"]
    command += ["--a-second", f"{a_second}"]
    workspace = Workspace(folder).create()
    make_trained_run(workspace)
    app = make_application()
    chatclient.ChatClient = lambda parent: ChatClient(parent, command=command)  # type: ignore
    window = build_window(app, workspace)
    window.resize(1440, 900)
    window.show()
    window.studio.warm()
    window.studio.page_requested.emit("Chat")
    live(3.0)
    page = window.findChild(ChatPage)
    assert isinstance(page, ChatPage)
    page.ask("go")
    live(60.0, lambda: window.studio.chat.state == ANSWERING)
    if window.studio.chat.state != ANSWERING:
        raise SystemExit(f"The chat is {window.studio.chat.state} instead of answering.")
    heart = Heartbeat()
    heart.start()
    live(600.0, lambda: window.studio.chat.state == READY)
    streamed = heart.stop()
    window.close()
    return {"tokens": tokens, "tokens_a_second": a_second, "streaming_and_formatting": streamed}


def main() -> None:
    """Measure, or be the process that streams."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=2_000)
    parser.add_argument("--a-second", type=float, default=100.0)
    parser.add_argument("--stream", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stream:
        stream(args.tokens, args.a_second)
        return
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        print(json.dumps(measure(args.tokens, args.a_second, Path(folder) / "workspace"), indent=1))


if __name__ == "__main__":
    main()
