"""The row of the form that takes a JSON Schema from a file."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Signal

from studio.core.metrics.jsonanswers import not_looked_at
from studio.core.problems import StudioError
from studio.data.evaluationsetup import read_schema
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button

NONE = "None: JSON answers are held against the form of the written ones."
CHOOSE = "Choose a file…"
LONGEST_NAME = 26


class SchemaRow(FormRow):
    """By which schema answers are judged; none at first.

    Signals:
        requested(): a file is to be chosen.

    Attributes:
        text: the schema that was chosen; empty for none.
    """

    requested = Signal()

    def __init__(self) -> None:
        self.button = Button(CHOOSE, "folder")
        super().__init__("JSON Schema", self.button, NONE)
        self.text = ""
        self.button.clicked.connect(self.requested)
        self.reset_requested.connect(self.clear)

    def take(self, path: Path) -> None:
        """Judge answers by the schema in a file; say it if it is none, and keep what was chosen."""
        try:
            self.text = read_schema(path)
        except StudioError as problem:
            self.set_error(f"{problem.summary} {problem.hint}")
            return
        short = path.name if len(path.name) <= LONGEST_NAME else f"{path.name[:LONGEST_NAME]}…"
        self.button.setText(short.replace("&", "&&"))
        left_out = not_looked_at(json.loads(self.text))
        words = f" Not looked at: {', '.join(left_out)}." if left_out else ""
        self.set_error("")
        self.set_help(f"Answers that are JSON of this form count.{words}")
        self.set_changed(True)

    def clear(self) -> None:
        """Judge by no schema."""
        self.text = ""
        self.button.setText(CHOOSE)
        self.set_error("")
        self.set_help(NONE)
        self.set_changed(False)
