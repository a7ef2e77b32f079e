"""The dialog that makes a dataset of another kind; what is lost is said before."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from studio.app.convertjob import ConvertJob
from studio.app.opendataset import OpenDataset
from studio.core.example import Kind
from studio.core.workspace import Workspace
from studio.data.conversions import KTO, Way, ways_from
from studio.data.datasetnames import free_name
from studio.ui.data.jobdialog import JobDialog, wide
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import fill, label, prose

FACTS = "A new dataset is made; this one stays as it is. Splits and tags go along."
NAMES = {
    Kind.TRIPLE: "Questions and answers",
    Kind.CONVERSATION: "Conversations",
    Kind.PREFERENCE: "Preferences",
    KTO: "Marked answers",
}
NOTHING = "Nothing is lost."


class ConvertDialog(JobDialog):
    """Asks for a way and a name, and makes the dataset.

    Attributes:
        choices: a button for each way, in order.
    """

    def __init__(self, parent: QWidget | None, document: OpenDataset, workspace: Workspace) -> None:
        super().__init__(parent, f"Make {document.path.stem} over", FACTS)
        self._document, self._workspace = document, workspace
        self._ways = ways_from(document.kind)
        self._group = QButtonGroup(self)
        self.choices: list[QRadioButton] = []
        column = fill(QVBoxLayout(), gap=2)
        for at, way in enumerate(self._ways):
            column.addWidget(self._choice(at, way))
            said = prose(way.loses or NOTHING, Role.CAPTION)
            said.setContentsMargins(24, 0, 0, 6)
            column.addWidget(said)
        self.body.addLayout(column)
        self.name = QLineEdit()
        self.name_row = wide(FormRow("Name", self.name, ""), self.name)
        self.body.addWidget(self.name_row)
        if not self._ways:
            self.body.addWidget(
                label("Running text has no question and no answer, so it stays text.")
            )
        button = self.add_foot("Make the dataset")
        button.clicked.connect(self.convert)
        self._group.idToggled.connect(self._on_chosen)
        if self.choices:
            self.choices[0].setChecked(True)
        self.fit()

    def _choice(self, at: int, way: Way) -> QRadioButton:
        made = QRadioButton(f"{NAMES[way.to_name]}: {way.title[:1].lower()}{way.title[1:]}")
        made.setFont(fonts.font(Role.BODY, fonts.MEDIUM))
        made.setAccessibleDescription(way.loses or NOTHING)
        self._group.addButton(made, at)
        self.choices.append(made)
        return made

    @property
    def way(self) -> Way:
        """The way that is chosen."""
        return self._ways[max(self._group.checkedId(), 0)]

    def _on_chosen(self, _at: int, on: bool) -> None:
        if on:
            title = f"{self._document.path.stem}-{self.way.to_name}"
            self.name.setText(free_name(self._workspace, title))

    def show_ready(self) -> None:
        """Let it be made if there is a way."""
        if self.primary is not None:
            self.primary.setEnabled(bool(self._ways) and not self.busy)

    def convert(self) -> None:
        """Make the dataset; the dialog closes when it is there."""
        name = self.name.text().strip()
        free = free_name(self._workspace, name)
        if not name or free != name:
            self.name_row.set_error(f"It is taken, or no file name; {free} is free.")
            return
        self.name_row.set_error("")
        into = self._workspace.dataset(name)
        self.run_job(ConvertJob.convert(self._document.path, into, self.way), "Making rows over")
