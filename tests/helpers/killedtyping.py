"""A window in which a row is typed in until it is killed: ``... killedtyping WORKSPACE DATASET``.

Says each key that was typed, and when by the system's monotonic clock.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest

from studio.core.workspace import Workspace
from studio.ui.pages.datapage import DataPage
from studio.ui.start import build_window, make_application
from tests.helpers.killing import LETTERS

KEY_MS = 20


def main() -> None:
    app = make_application()
    window = build_window(app, Workspace(Path(sys.argv[1])))
    window.show()
    window.studio.datasets.open(sys.argv[2])
    window.open_page("Data")
    page = window.page("Data")
    assert isinstance(page, DataPage)
    page.table.go_to(0)
    page.record.focus("output")
    field = page.record.fields["output"]
    field.moveCursor(field.textCursor().MoveOperation.End)
    typed = 0

    def type_one() -> None:
        nonlocal typed
        QTest.keyClicks(field, LETTERS[typed % len(LETTERS)])
        typed += 1
        sys.stdout.write(f"{typed} {time.monotonic()}\n")
        sys.stdout.flush()

    timer = QTimer(interval=KEY_MS)
    timer.timeout.connect(type_one)
    timer.start()
    app.exec()


if __name__ == "__main__":
    main()
