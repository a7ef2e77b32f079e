"""What the Data page shows while no dataset is open."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill, label

WORDS = (
    "Drop files here: JSON, JSONL, CSV, TSV, Parquet, text or Markdown, also packed. They are"
    " copied; the files themselves stay as they are."
)


class EmptyData(Card):
    """One heading, one sentence, two ways to begin.

    Signals:
        import_asked(): the user wants to choose a file.
        example_asked(): the user wants the example dataset.
    """

    import_asked = Signal()
    example_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("No dataset is open")
        self.import_button = Button("Import…", "import", kind="primary")
        self.example_button = Button("Open the example")
        self.import_button.clicked.connect(self.import_asked)
        self.example_button.clicked.connect(self.example_asked)
        words = label(WORDS, tone="muted")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = label("No dataset is open", Role.HEADING, fonts.BOLD)
        head.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = fill(QHBoxLayout(), None, self.import_button, self.example_button, None, gap=10)
        fill(self.body, None, head, words, 8, buttons, None, gap=8, edge=24)
