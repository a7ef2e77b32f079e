"""One window a workspace, a log that catches what nobody caught, a clean first paint."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile, qWarning
from pytestqt.qtbot import QtBot

from studio.core.problems import RunError
from studio.core.workspace import Workspace
from studio.data.demo import install_demo
from studio.ui import start
from studio.ui.crash import CrashWatch
from studio.ui.dialogs import frame
from studio.ui.look.theme import Theme
from studio.ui.widgets.frame import Page

CRASHING = """
import ctypes, sys
from pathlib import Path
from studio.ui.crash import CrashWatch
watch = CrashWatch(Path(sys.argv[1]))
watch.start()
ctypes.string_at(0)
"""
OPENING = """
import sys
from pathlib import Path
from studio.core.workspace import Workspace
from studio.ui.start import build_window, make_application
app = make_application()
window = build_window(app, Workspace(Path(sys.argv[1])).create())
window.painted.connect(lambda: (print(*[m for m in sys.argv[2:] if m in sys.modules]), window.close()))
window.show()
sys.exit(app.exec())
"""
HEAVY = (
    *("torch", "transformers", "peft", "bitsandbytes", "datasets"),
    *("pyqtgraph", "numpy", "sqlite3", "pyarrow"),
)


def test_the_window_is_painted_before_anything_heavy_is_loaded(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", OPENING, str(tmp_path / "w"), *HEAVY],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_a_second_window_on_a_workspace_is_refused_with_a_sentence(
    qtbot: QtBot, light: Theme, tmp_path: Path, monkeypatch, capsys
):
    workspace = Workspace(tmp_path / "w").create()
    told: list[str] = []
    monkeypatch.setattr(frame, "tell", lambda _parent, what, facts: told.append(f"{what} {facts}"))
    held = QLockFile(str(workspace.path / start.LOCK))
    assert held.tryLock(0)
    assert start.open_studio(workspace=str(workspace.path)) == 1
    held.unlock()
    assert "is open in another window" in told[0]
    assert "--workspace DIR" in told[0]
    assert told[0] in capsys.readouterr().err


def test_a_workspace_that_cannot_be_made_is_refused_with_a_sentence(
    qtbot: QtBot, light: Theme, tmp_path: Path, monkeypatch
):
    (tmp_path / "file").write_text("")
    told: list[str] = []
    monkeypatch.setattr(frame, "tell", lambda _parent, what, _facts: told.append(what))
    assert start.open_studio(workspace=str(tmp_path / "file" / "w")) == 1
    assert "cannot be used" in told[0]


def test_a_crash_leaves_a_report_that_is_told_once(qtbot: QtBot, tmp_path: Path):
    crashed = subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path)], capture_output=True, check=False
    )
    assert crashed.returncode != 0
    watch = CrashWatch(tmp_path)
    watch.start()
    report = watch.last_report()
    assert report is not None
    assert "ended unexpectedly" in report.summary
    assert "Segmentation fault" in report.details or "access violation" in report.details
    assert watch.last_report() is None
    watch.stop()
    assert CrashWatch(tmp_path).last_report() is None


@pytest.fixture
def watch(qtbot: QtBot, tmp_path: Path):
    made = CrashWatch(tmp_path)
    made.start()
    yield made
    made.stop()


def test_an_exception_that_reached_the_top_becomes_a_sentence_and_a_log(
    watch: CrashWatch, tmp_path: Path, capsys
):
    told: list[object] = []
    watch.problem_met.connect(told.append)
    error = KeyError("colour")
    sys.excepthook(KeyError, error, None)
    assert told[0].summary == "Something in this program went wrong: KeyError."
    assert "KeyError: 'colour'" in told[0].details
    assert "KeyError: 'colour'" in (tmp_path / "window.log").read_text()
    problem = RunError("It is training already.")
    sys.excepthook(RunError, problem, None)
    assert told[1] is problem


def test_an_exception_in_a_thread_is_told_too(qtbot: QtBot, watch: CrashWatch):
    with qtbot.waitSignal(watch.problem_met) as told:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    assert "ZeroDivisionError" in told.args[0].summary


def test_what_qt_warns_of_is_in_the_log(watch: CrashWatch, tmp_path: Path):
    qWarning("a wire came loose")
    logging.getLogger("studio").info("a note")
    words = (tmp_path / "window.log").read_text()
    assert "WARNING studio.qt a wire came loose" in words
    assert "INFO studio a note" in words


@pytest.mark.parametrize("name", ["Runs", "Settings"])
def test_the_window_opens_on_the_page_it_was_left_on(
    qtbot: QtBot, light: Theme, qapp, tmp_path: Path, name: str
):
    workspace = Workspace(tmp_path / "w").create()
    first = start.build_window(qapp, workspace)
    assert first.current_page == "Data"
    first.studio.datasets.install_demo()
    first.open_page(name)
    first.close()
    again = start.build_window(qapp, workspace)
    assert again.current_page == name
    again.close()
    for window in (first, again):
        window.deleteLater()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal there sends no such signal")
def test_ctrl_c_closes_the_window_in_order(qtbot: QtBot, light: Theme, qapp, tmp_path: Path):
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    window = start.build_window(qapp, Workspace(tmp_path / "w").create())
    window.show()
    start.close_on_signals(window)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        qtbot.waitUntil(lambda: not window.isVisible())
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
    window.deleteLater()


def test_a_window_with_data_paints_its_frame_first_and_then_the_page(
    qtbot: QtBot, light: Theme, qapp, tmp_path: Path
):
    workspace = Workspace(tmp_path / "w").create()
    install_demo(workspace)
    window = start.build_window(qapp, workspace)
    frame_first = window._stack.currentWidget()
    with qtbot.waitSignal(window.painted, timeout=30_000):
        window.show()
    assert type(frame_first) is Page
    qtbot.waitUntil(lambda: type(window._stack.currentWidget()).__name__ == "DataPage")
    qtbot.waitUntil(lambda: window._stack.count() == 1)
    window.close()
    window.deleteLater()


def test_a_module_is_imported_a_module_and_its_packages_at_a_time():
    code = (
        "import sys\n"
        "from studio.ui.warming import pieces_of\n"
        "sizes, before = [], len([m for m in sys.modules if m.startswith('studio')])\n"
        "for name in pieces_of('studio.data.store'):\n"
        "    now = len([m for m in sys.modules if m.startswith('studio')])\n"
        "    sizes.append(now - before)\n"
        "    before = now\n"
        "print(name, len(sizes) > 10, max(sizes) <= 3, 'numpy' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["studio.data.store", "True", "True", "True"]
