"""Rules for every test: own home, no stray Qt warning, nothing left running."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two test processes share the cores

import psutil
import pytest
from hypothesis import HealthCheck, settings
from pytestqt.qtbot import QtBot

# the same examples each time, however slow they come: a failure is of the change that is tested
settings.register_profile(
    "gate", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("gate")

# a shell that starts tests in the background lets them, and all they start, be deaf to Ctrl+C
signal.signal(signal.SIGINT, signal.default_int_handler)

_TIDY_SECONDS = 300
_WAIT_MS = 30_000


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell a failure when it happens: who ends a session that hangs still knows what failed."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stderr.write(f"\nFAILED in {report.when}: {report.nodeid}\n{report.longreprtext}\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """End a process that hangs while it tidies up: a failure has stopped all other clocks."""
    faulthandler.dump_traceback_later(_TIDY_SECONDS, exit=True, file=sys.__stderr__)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny random model with a real tokenizer; nobody may change it."""
    from tests.helpers.tinymodel import make_tiny_model  # torch, which most tests do not need

    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def schooled(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Folder of a tiny model that answers the general questions; all workers share one."""
    from tests.helpers.schooled import schooled_once  # torch, which most tests do not need

    root = tmp_path_factory.getbasetemp()
    return schooled_once(tiny_model, root.parent if "PYTEST_XDIST_WORKER" in os.environ else root)


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """Wait longer than by default: a busy computer is slow, which is no failure."""
    for name in ("waitUntil", "waitSignal", "waitSignals"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=_WAIT_MS))
    return qtbot


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the user's own files."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GRAFT_WORKSPACE", raising=False)
    return home


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that left a thread, process, timer or window, not the one after it."""
    _set_modules_aside()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before_threads = set(threading.enumerate())
    before_children = {child.pid for child in psutil.Process().children(recursive=True)}
    qt = "qtbot" in request.fixturenames or "qapp" in request.fixturenames
    started: list[object] = []
    if qt:
        from PySide6.QtCore import QThread

        original = QThread.start

        def start(self: QThread, *args: object) -> None:
            started.append(self)
            original(self, *args)

        QThread.start = start  # type: ignore[method-assign]
    yield
    for number, handler in handlers.items():  # an engine in this process takes them for itself
        signal.signal(number, handler)
    if qt:
        QThread.start = original  # type: ignore[method-assign]
        _no_qt_leftovers(started)
    threads = [
        t
        for t in set(threading.enumerate()) - before_threads
        if t.is_alive() and not t.daemon and not t.name.startswith("Dummy")
    ]
    for thread in threads:
        thread.join(3)  # one that is ending is not left running
    threads = [thread for thread in threads if thread.is_alive()]
    assert not threads, f"threads left running: {threads}"
    children = [
        child
        for child in psutil.Process().children(recursive=True)
        if child.pid not in before_children and child.status() != psutil.STATUS_ZOMBIE
    ]
    _, alive = psutil.wait_procs(children, timeout=3)
    assert not alive, f"processes left running: {alive}"


_modules_set_aside = 0


def _set_modules_aside() -> None:
    """Keep what imported modules made out of later collections, which every test ends with.

    Only between tests, when nothing of a test is alive; there are half a million objects in torch.
    """
    global _modules_set_aside
    if len(sys.modules) - _modules_set_aside > 50:
        _modules_set_aside = len(sys.modules)
        gc.collect()
        gc.freeze()


def _no_qt_leftovers(threads: list[object]) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication

    for thread in threads:
        assert isinstance(thread, QThread)
        try:
            assert thread.wait(3_000), "a QThread was left running"
        except RuntimeError:
            pass  # already deleted, so it had finished
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        windows = [w for w in app.topLevelWidgets() if w.isVisible()]
        assert not windows, f"windows left open: {windows}"
    timers = [obj for obj in gc.get_objects() if type(obj) is QTimer and _is_running(obj)]
    assert not timers, f"timers left running: {[t.parent() for t in timers]}"


def _is_running(timer: object) -> bool:
    try:
        return bool(timer.isActive())  # type: ignore[attr-defined]
    except RuntimeError:
        return False
