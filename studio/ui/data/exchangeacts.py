"""What goes out and comes in from elsewhere: export, other kinds, datasets of the Hub."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from studio.app.filelook import Incoming
from studio.app.studio import Studio
from studio.core.protocol import Converted
from studio.data.packing import Ids
from studio.ui.data.convertdialog import ConvertDialog
from studio.ui.data.exportdialog import ExportDialog
from studio.ui.data.hubdialog import HubDialog


class ExchangeActs(QObject):
    """Opens the dialogs of the exchange and tells how they ended; the Data page owns it.

    Attributes:
        folder: where the system's dialog for a file starts.

    Signals:
        rows_came(object): a tuple of ``Incoming``, to be looked at and imported.
    """

    rows_came = Signal(object)

    def __init__(self, studio: Studio, page: QWidget) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self.folder = Path.home()

    def ask_export(self, shown: Ids | None, selected: Ids | None) -> ExportDialog | None:
        """Ask what of the open dataset to write where."""
        document = self._studio.datasets.current
        if document is None:
            return None
        document.settle()
        window = self._page.window()
        dialog = ExportDialog(window, document, self.folder, shown, selected)
        dialog.achieved.connect(self._on_exported)
        _show(dialog)
        return dialog

    def _on_exported(self, done: Converted) -> None:
        self.folder = Path(done.path).parent
        self._studio.said.emit(" ".join(done.notes), None)

    def ask_convert(self) -> ConvertDialog | None:
        """Ask which other kind to make of the open dataset."""
        document = self._studio.datasets.current
        if document is None:
            return None
        document.settle()
        dialog = ConvertDialog(self._page.window(), document, self._studio.workspace)
        dialog.achieved.connect(self._on_converted)
        _show(dialog)
        return dialog

    def _on_converted(self, done: Converted) -> None:
        library = self._studio.datasets
        library.listed.emit()
        library.open(Path(done.path).stem)
        self._studio.said.emit(" ".join(done.notes), None)

    def ask_hub(self) -> HubDialog:
        """Ask for a dataset of the Hub."""
        folder = self._studio.datasets.foreign.new_folder()
        dialog = HubDialog(self._page.window(), folder)
        dialog.achieved.connect(self._on_downloaded)
        _show(dialog)
        return dialog

    def _on_downloaded(self, done: Converted) -> None:
        path = Path(done.path)
        self.rows_came.emit((Incoming(path, path.stem),))


def _show(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
