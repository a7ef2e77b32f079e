"""The dialog that takes a dataset of the Hub: what is there is asked first, then downloaded."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from studio.app.convertjob import ConvertJob
from studio.core.protocol import Converted, HubDataset
from studio.core.units import file_size
from studio.core.workspace import file_name
from studio.machine.network import network_refusal
from studio.ui.data.jobdialog import JobDialog, wide
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import PickField
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, fill, prose

FACTS = (
    "The network is used when you ask, and only to read from the Hugging Face Hub. Nothing of the"
    " dataset is run."
)
ALL = "All splits"
NOT_SAID = "not said"


class HubDialog(JobDialog):
    """Asks for a dataset of the Hub and takes its rows.

    Args:
        parent: above which it opens.
        folder: where the rows are written before they are imported.

    Attributes:
        found: what the Hub has, once it was asked.
        staged: the file with the rows, once they are there.
    """

    def __init__(self, parent: QWidget | None, folder: Path) -> None:
        super().__init__(parent, "Import from the Hub", FACTS)
        self._folder = folder
        self.found: HubDataset | None = None
        self.staged: Path | None = None
        self.repo, self.revision = QLineEdit(), QLineEdit("main")
        self.repo.setPlaceholderText("owner/name")
        self.config, self.split = PickField(), PickField(ALL)
        self.facts = prose("", Role.SMALL)
        self._lay_out()
        self.repo.textChanged.connect(self._on_other_asked)
        self.revision.textChanged.connect(self._on_other_asked)
        self.config.currentIndexChanged.connect(self._list_splits)
        self._on_other_asked()
        if any(why := network_refusal()):
            self.say(" ".join(why))
        self.fit()

    def _lay_out(self) -> None:
        self.look_button = Button("Ask the Hub", "search")
        self.look_button.clicked.connect(self.look_up)
        self.rows = {
            "repo": FormRow("Dataset", self.repo, "As its page is called: owner/name."),
            "revision": FormRow("Revision", self.revision, "A branch, a tag or a commit."),
            "config": FormRow("Part", self.config, "What the Hub calls configuration or subset."),
            "split": FormRow("Split", self.split, "The splits become train, validation and test."),
        }
        for row, control in zip(
            self.rows.values(), (self.repo, self.revision, self.config, self.split), strict=True
        ):
            wide(row, control)
        for key in ("repo", "revision"):
            self.body.addWidget(self.rows[key])
        self.body.addLayout(fill(QHBoxLayout(), self.look_button, None))
        for key in ("config", "split"):
            self.body.addWidget(self.rows[key])
        self.body.addWidget(self.facts)
        self.add_foot("Download and look").clicked.connect(self.take)

    def _on_other_asked(self) -> None:
        self.found = None
        for key in ("config", "split"):
            self.rows[key].setVisible(False)
        self.facts.setVisible(False)
        self.show_ready()

    def show_ready(self) -> None:
        """Let the Hub be asked once a name is there, and be downloaded from once it answered."""
        name = self.repo.text().strip().strip("/")
        self.look_button.setEnabled("/" in name and not self.busy and not any(network_refusal()))
        if self.primary is not None:
            self.primary.setEnabled(self.found is not None and not self.busy)

    def look_up(self) -> None:
        """Ask the Hub what it has under the name."""
        repo, revision = self.repo.text().strip(), self.revision.text().strip() or "main"
        self.run_job(ConvertJob.look_up(repo, revision), "Asking the Hub")

    def take(self) -> None:
        """Download the rows that are chosen; the dialog closes when they are there."""
        if self.found is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = file_name(self.found.repo.rpartition("/")[2], "dataset")
        self.staged = self._folder / f"{name}.jsonl"
        split = self.split.currentData() or ""
        job = ConvertJob.take(self.found, self.config.currentData() or "", split, self.staged)
        self.run_job(job, "Downloading")

    def on_done(self, outcome: object) -> None:
        if isinstance(outcome, Converted):
            super().on_done(outcome)
        elif isinstance(outcome, HubDataset):
            self.found = outcome
            self._show_found(outcome)

    def _show_found(self, found: HubDataset) -> None:
        self.config.clear()
        for config, _splits in found.configs:
            self.config.addItem(str(config), str(config))
        self._list_splits()
        self.rows["config"].setVisible(len(found.configs) > 1)
        self.rows["split"].setVisible(True)
        size = file_size(found.size_bytes) if found.size_bytes else "of a size that is not said"
        self.facts.setText(
            f"Files of {size} in all, licence: {found.licence or NOT_SAID}. The rows are read over"
            f" the network and written to {self._folder}, then imported; nothing else is kept."
        )
        self.facts.setVisible(True)
        self.show_ready()
        self.fit()

    def _list_splits(self) -> None:
        at = self.config.currentIndex()
        known = self.found.configs[at][1] if self.found is not None and at >= 0 else []
        self.split.clear()
        self.split.addItem(ALL, "")
        for name in known:
            self.split.addItem(str(name), str(name))
