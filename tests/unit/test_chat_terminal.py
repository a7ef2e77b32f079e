"""The command chat on a real terminal: live text of several columns, commands, Ctrl+C."""

from __future__ import annotations

import io
import os
import re
import select
import subprocess
import sys
import time

import pytest

from studio.cli.chatlive import LiveText, fitted, printable, wrapped
from studio.core.workspace import Workspace
from tests.helpers import fakechat
from tests.helpers.chatrun import make_trained_run
from tests.helpers.children import held

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a terminal of Unix")
RUN = "2026-11-22-hotel-1"
PATIENCE_S = 60
CHAT = """
import sys
from studio.machine import engineprocess
engineprocess.engine_command = lambda part: [sys.executable, "-u", sys.argv[1]]
from studio.cli import run_command
sys.exit(run_command(sys.argv[2:]))
"""


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_each_column_shows_the_end_of_its_text_over_what_was_there():
    out = Screen()
    live = LiveText(["base", "adapted"], out)
    live.begin()
    live.add("base", "one two\n\x1b[31mthree", 3)
    live.add("adapted", "four", 1)
    drawn = out.getvalue().split("\x1b[J")
    assert drawn[2].splitlines()[:4] == [
        "base  3 tokens",
        "  one two",
        "  \ufffd[31mthree",
        "adapted  1 token",
    ]
    up = re.search(r"\x1b\[(\d+)A", drawn[1])[1]
    assert int(up) == drawn[1].count("\n")  # as many lines as were drawn
    live.end()
    assert out.getvalue().endswith("\x1b[J")


def test_nothing_is_drawn_where_there_is_no_terminal():
    out = io.StringIO()
    live = LiveText(["base"], out)
    live.add("base", "words", 1)
    live.end()
    assert out.getvalue() == ""


def test_lines_fit_with_wide_and_combining_letters():
    assert wrapped("abcdef", 4) == ["abcd", "ef"]
    assert wrapped("東京都", 4) == ["東京", "都"]
    assert wrapped("e\u0301e\u0301e\u0301", 2) == ["e\u0301e\u0301", "e\u0301"]
    assert wrapped("a\n\nb", 9) == ["a", "", "b"]
    assert fitted("name\nof two lines", 8) == "name of "
    assert printable("\x1b]0;x\x07\ud800\n") == "\ufffd]0;x\ufffd\ufffd\n"


class Terminal:
    """Types into a command and reads what it shows."""

    def __init__(self, terminal):
        self._terminal, self.shown = terminal, ""

    def type(self, text):
        os.write(self._terminal, text.encode())

    def wait(self, words):
        """Read until words were shown behind those that were waited for before."""
        end = time.monotonic() + PATIENCE_S
        while words not in self.shown:
            ready, _, _ = select.select([self._terminal], [], [], 1)
            if ready:
                self.shown += os.read(self._terminal, 65_536).decode("utf-8", "replace")
            assert time.monotonic() < end, f"{words!r} was never shown; {self.shown[-2_000:]!r}"
        self.shown = self.shown.split(words, 1)[1]


def test_a_conversation_on_a_terminal(tmp_path):
    workspace = Workspace(tmp_path / "ws").create()
    make_trained_run(workspace)
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", CHAT, fakechat.__file__, "chat", RUN]
    command += ["--workspace", str(workspace.path)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    environment = os.environ | {"COLUMNS": "100", "LINES": "30"}
    child = subprocess.Popen(command, **pipes, start_new_session=True, env=environment)
    with held(child):
        os.close(theirs)
        it = Terminal(ours)
        it.wait("/quit")
        it.wait("You: ")
        it.type("hello there\n")
        it.wait("The base answers: hello there")
        it.wait("The adapted answers: hello there")
        it.wait("ended by itself")
        it.wait("You: ")
        it.type("/nonsense\n")
        it.wait("/new  /system TEXT")
        it.wait("You: ")
        it.type("/seed 7\nrecall\n")
        it.wait("None|7|0|[]|hello there -> ")
        it.wait("You: ")
        it.type("endless\n")
        it.wait("word3")
        child.send_signal(2)  # what a terminal does with Ctrl+C
        it.wait("stopped")
        it.wait("You: ")
        it.type("/quit\n")
        assert child.wait(PATIENCE_S) == 0
    os.close(ours)
