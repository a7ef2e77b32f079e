"""The chat's memory when a run starts: offered, given back before the start, remembered."""

from __future__ import annotations

import sys

import psutil
import pytest

from studio.app.chatclient import READY, ChatClient
from studio.app.roomoffer import KEEP, LATER, UNLOAD
from studio.app.studio import Studio
from studio.core.workspace import Workspace
from studio.ui.dialogs.roomdialog import RoomDialog
from studio.ui.pages.settingspage import SettingsPage
from tests.helpers import fakechat

PATIENCE_MS = 30_000


class Bench:
    """A studio whose chat, a scripted one, holds a model; starts are counted, not made."""

    def __init__(self, qtbot, folder):
        self.qtbot = qtbot
        self.studio = Studio(Workspace(folder / "ws").create())
        command = [sys.executable, "-u", fakechat.__file__]
        self.studio.chat = ChatClient(self.studio, command=command)
        self.offers, self.starts, self.said = [], [], []
        self.studio.ask_room = self.offers.append
        self.studio.said.connect(lambda words, undo: self.said.append(words))
        self.studio.chat.load("m", adapter="a")
        self.wait(lambda: self.studio.chat.state == READY)
        self.pid = self.studio.chat.pid

    def wait(self, fact):
        self.qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)

    def start(self):
        self.studio.runs.before_start(lambda: self.starts.append(psutil.pid_exists(self.pid)))


@pytest.fixture
def bench(qtbot, tmp_path):
    made = Bench(qtbot, tmp_path)
    yield made
    made.studio.close()


def test_nothing_starts_and_nothing_is_unloaded_before_the_user_said_so(bench):
    bench.start()
    assert len(bench.offers) == 1 and not bench.starts
    assert bench.offers[0].held_bytes == pytest.approx(
        psutil.Process(bench.pid).memory_info().rss, rel=0.2
    )
    bench.studio.room.answer(LATER, remember=True)
    assert not bench.starts and bench.studio.chat.state == READY
    bench.start()
    assert len(bench.offers) == 2  # later is never remembered


def test_the_run_starts_when_the_memory_is_really_given_back(bench):
    bench.start()
    bench.studio.room.answer(UNLOAD)
    bench.wait(lambda: bench.starts)
    assert bench.starts == [False]  # the process was gone already
    assert any(words.endswith("GiB back for the run") for words in bench.said)
    bench.start()
    assert len(bench.offers) == 1 and len(bench.starts) == 2  # there is nothing left to offer


def test_a_kept_chat_goes_on_and_is_not_counted_as_free(bench):
    assert bench.studio.chat_pid_that_goes == bench.pid
    bench.start()
    bench.studio.room.answer(KEEP, remember=True)
    assert bench.starts == [True] and bench.studio.chat.state == READY
    assert bench.studio.chat_pid_that_goes == 0
    bench.start()
    assert len(bench.offers) == 1 and len(bench.starts) == 2


def test_what_was_remembered_is_done_and_settings_can_change_it(bench, qtbot):
    page = SettingsPage(bench.studio)
    qtbot.addWidget(page)
    bench.start()
    bench.studio.room.answer(UNLOAD, remember=True)
    bench.wait(lambda: bench.starts)
    assert page.chat_choice.current() == 1
    bench.studio.chat.reload()
    bench.wait(lambda: bench.studio.chat.state == READY)
    bench.start()
    bench.wait(lambda: len(bench.starts) == 2)
    assert len(bench.offers) == 1
    page.chat_choice.chosen.emit(0)
    assert bench.studio.settings.values.chat_at_start == "ask"


def test_where_there_is_nobody_to_ask_the_chat_is_unloaded(bench):
    bench.studio.ask_room = None
    bench.start()
    bench.wait(lambda: bench.starts == [False])


def test_the_dialog_says_what_is_held_and_esc_is_not_now(bench, qtbot):
    bench.start()
    dialog = RoomDialog(None, bench.offers[0], 3 * 1024**3)
    qtbot.addWidget(dialog)
    assert dialog.windowTitle().startswith("The chat holds ")
    assert "Free beside it: 3.0 GiB" in dialog.accessibleDescription()
    dialog.reject()
    assert dialog.choice == LATER
    dialog.keep_button.click()
    assert dialog.choice == KEEP
    dialog.unload_button.click()
    assert dialog.choice == UNLOAD
