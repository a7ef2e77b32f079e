"""What the studio adds to the first token after Send, with a warm process, to bare generate.

    python -m tests.bench.first_token WORKSPACE [--repeats 10] [--same-head]

The newest run of the workspace answers beside its base on the real Chat page (offscreen), as a user
asks; from Send until the first words stand in the page. By turns with it a second process, which
loads the same columns, calls transformers' generate for one token on the same prompts in one batch.
Both read each prompt for the first time. The difference is what the studio adds; it is below zero
where the studio reads the prompt faster than generate does by more than that. With --same-head
generate, too, gets what makes the studio's last layer fast, and what the studio adds stands alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.app.chatclient import FAILED, READY
from studio.core.protocol import LoadChat
from studio.core.sampler import Sampler
from studio.core.workspace import Workspace
from studio.machine.enginecommand import engine_environment

AIM_MS = 50.0
LONGEST_S = 240.0
WORDS = "The guest asks about breakfast, parking and the train to the coast. "
LENGTHS = {"short": 0, "long": 30}
"""Prompts by how often the words stand before the question."""


def bare(same_head: bool) -> None:
    """Be the other process: load what stdin says, then time the first token of each prompt."""
    import torch

    from studio.engine.answers import prompt_ids
    from studio.engine.chatmodel import load_chat
    from studio.engine.decoding import head_reads_densely

    chat = load_chat(LoadChat(**json.loads(sys.stdin.readline())))
    for line in sys.stdin:
        ids = prompt_ids(chat, json.loads(line), None, [])
        batch = torch.tensor([ids] * len(chat.columns), device=chat.model.device)
        start = time.perf_counter()
        chat.switch.adapt(sorted(chat.columns.values()))
        head = head_reads_densely(chat.model) if same_head else nullcontext()
        with torch.inference_mode(), head:
            chat.model.generate(
                input_ids=batch,
                attention_mask=torch.ones_like(batch),
                max_new_tokens=1,
                do_sample=False,
            )
        print(f"bare {time.perf_counter() - start}", flush=True)


class Bare:
    """The other process, asked one prompt after the other."""

    def __init__(self, request: LoadChat, same_head: bool = False) -> None:
        command = [sys.executable, "-m", "tests.bench.first_token", "--bare"]
        command += ["--same-head"] if same_head else []
        pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(
            command, env=engine_environment(), stderr=subprocess.DEVNULL, **pipe
        )
        self._write(asdict(request))

    def seconds(self, prompt: str) -> float:
        """Return how long the first token took."""
        self._write(prompt)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("bare "):
                return float(line.split()[1])
        raise SystemExit("The process of bare generate has ended.")

    def _write(self, body: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(body) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


class Window:
    """The real Chat page."""

    def __init__(self, workspace: Path) -> None:
        from PySide6.QtCore import QEventLoop, QTimer
        from PySide6.QtWidgets import QApplication

        from studio.app.studio import Studio
        from studio.ui.pages.chatpage import ChatPage

        self._app = QApplication(sys.argv[:1])
        self._sleep = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        self._tick = QTimer(interval=250)  # so that a wait without events still has its end
        self._tick.start()
        self._studio = Studio(Workspace(workspace))
        self._page = ChatPage(self._studio)
        self._page.resize(1440, 900)
        self._page.show()
        self._studio.runs.refresh()
        self._until(lambda: self._page.desk.run is not None)
        self._page.parts.composer.panel.set_sampler(Sampler(max_new_tokens=2))
        self.seconds("Hello")  # loads the model

    @property
    def request(self) -> LoadChat:
        """What the page has loaded."""
        wanted = self._studio.chat.wanted
        assert wanted is not None
        return wanted

    def seconds(self, prompt: str) -> float:
        """Return how long it is from Send until words stand in every column."""
        self._page.asking.new()
        start = time.perf_counter()
        self._page.asking.ask(prompt, alone=True)
        self._until(lambda: all(a.view.source for a in self._answers()) and self._answers())
        spent = time.perf_counter() - start
        self._until(lambda: self._studio.chat.state == READY and not self._page.asking.waits)
        return spent

    def close(self) -> None:
        """End the chat engine."""
        self._page.hide()
        self._studio.close()

    def _answers(self) -> list[Any]:
        exchanges = self._page.parts.conversation.exchanges
        return list(exchanges[-1].answers) if exchanges else []

    def _until(self, fact: Callable[[], object]) -> None:
        """Sleep between events as a window does: asking all the time takes a core from the engine."""
        end = time.monotonic() + LONGEST_S
        while not fact():
            self._app.processEvents(self._sleep)
            if self._studio.chat.state == FAILED or time.monotonic() > end:
                problem = self._page.parts.notices.banner.problem
                raise SystemExit(f"The chat did not answer: {problem or self._studio.chat.state}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--same-head", action="store_true", help="in both processes")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.bare:
        bare(args.same_head)
        return
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    window = Window(args.workspace)
    other = Bare(window.request, args.same_head)
    print("prompt  bare generate  Send to words  added (median)  lowest to highest  aim")
    for name, times in LENGTHS.items():
        _measure(name, times, args.repeats, window, other)
    other.close()
    window.close()


def _measure(name: str, times: int, repeats: int, window: Window, other: Bare) -> None:
    prompts = [f"{WORDS * times}Question {at}: may I leave late?" for at in range(repeats + 1)]
    pairs = []
    for at, prompt in enumerate(prompts):
        sides = (other.seconds, window.seconds) if at % 2 else (window.seconds, other.seconds)
        found = {side.__self__.__class__: side(prompt) for side in sides}  # type: ignore[attr-defined]
        pairs.append((found[Bare], found[Window]))
    pairs = pairs[1:]  # the first of each length packs and allocates
    added = [1000 * (window - bare) for bare, window in pairs]
    middle = statistics.median(added)
    alone, sent = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
    print(
        f"{name:6}  {alone:10.0f} ms  {sent:10.0f} ms  {middle:11.0f} ms  "
        f"{min(added):8.0f} to {max(added):.0f}  under {AIM_MS:.0f}, "
        f"{'kept' if middle < AIM_MS else 'missed'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
