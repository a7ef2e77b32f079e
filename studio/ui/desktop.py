"""What the desktop around the window is told: progress in title and taskbar, the end of a run.

On Linux over D-Bus: the launcher entry of Unity, which several desktops read, and the desktop
portal for notifications. Elsewhere, or where no portal answers, the tray shows them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from studio.core.units import percent

if TYPE_CHECKING:
    from studio.app.runstore import RunStore

NAME = "Graft Studio"
PORTAL = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop")
NOTIFIES = "org.freedesktop.portal.Notification"
LAUNCHER = "com.canonical.Unity.LauncherEntry"
LAUNCHER_PATH = "/io/github/graft_studio/launcher"
SHOWN_MS = 10_000
"""How long the tray shows a message."""
TITLE = 60
"""Characters of a run's title in the window's."""


def window_title(store: RunStore | None) -> str:
    """Return the window's title while a run trains, or none does."""
    if store is None:
        return NAME
    state = store.state
    title = " ".join(store.title.split())[:TITLE]
    done = percent(state.step / state.total_steps) if state.total_steps else ""
    return " · ".join(part for part in (done, title, NAME) if part)


def end_words(store: RunStore) -> tuple[str, str]:
    """Return title and text of the notification that a run has ended."""
    from studio.ui.train.summary import summary_of  # only at an end: the window opens sooner
    from studio.ui.train.words import BADGES, problem_of

    title = f"{' '.join(store.title.split())[:TITLE]}: {BADGES[store.state.state][1].lower()}"
    problem, found = problem_of(store), summary_of(store)
    if problem is not None:
        return title, problem.summary
    where = f"Step {store.state.step:,} of {store.state.total_steps:,}."
    return title, f"{found.verdict} {where}" if found is not None else where


class Desktop(QObject):
    """Tells the desktop about the run that trains; the window owns it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._share: float | None = None
        self._tray: QSystemTrayIcon | None = None

    def show_run(self, live: RunStore | None) -> None:
        """Show how far the run is that trains."""
        title = window_title(live)
        if title != self._window.windowTitle():
            self._window.setWindowTitle(title)
        total = live.state.total_steps if live is not None else 0
        share = round(live.state.step / total, 2) if live is not None and total else None
        if share != self._share:
            self._share = share
            self._tell_launcher(share)

    def on_run_ended(self, store: RunStore) -> None:
        """Notify of the end of a run, unless the window is looked at."""
        if not self._window.isActiveWindow():
            self.notify(*end_words(store))

    def notify(self, title: str, text: str) -> None:
        """Show a notification; both are plain text."""
        if not (sys.platform.startswith("linux") and self._ask_portal(title, text)):
            self._show_in_tray(title, text)

    def _ask_portal(self, title: str, text: str) -> bool:
        from PySide6.QtDBus import (  # only when needed, and only where it is
            QDBusConnection,
            QDBusMessage,
            QDBusPendingCallWatcher,
        )

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            return False
        call = QDBusMessage.createMethodCall(*PORTAL, NOTIFIES, "AddNotification")
        call.setArguments(["run-ended", {"title": title, "body": text}])
        watcher = QDBusPendingCallWatcher(bus.asyncCall(call), self)
        watcher.finished.connect(lambda done: self._on_answered(done.isError(), title, text))
        watcher.finished.connect(watcher.deleteLater)
        return True

    def _on_answered(self, refused: bool, title: str, text: str) -> None:
        if refused:
            self._show_in_tray(title, text)

    def _show_in_tray(self, title: str, text: str) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(QGuiApplication.windowIcon(), self)
        self._tray.show()  # a message needs an icon to come from
        self._tray.showMessage(title, text, QGuiApplication.windowIcon(), SHOWN_MS)
        QTimer.singleShot(SHOWN_MS, self._tray, self._tray.hide)

    def _tell_launcher(self, share: float | None) -> None:
        if not sys.platform.startswith("linux"):
            return
        from PySide6.QtDBus import QDBusConnection, QDBusMessage  # only where it is

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            return
        told = QDBusMessage.createSignal(LAUNCHER_PATH, LAUNCHER, "Update")
        facts = {"progress": share or 0.0, "progress-visible": share is not None}
        application = f"application://{QGuiApplication.desktopFileName()}.desktop"
        told.setArguments([application, facts])
        bus.send(told)
