"""What stands in the menus: the studio's own acts, in words of the field."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QActionGroup, QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from studio.app.settings import THEMES
from studio.core.problems import StudioError
from studio.data.fileformats import ENDINGS, PARQUET
from studio.machine.devices import MachineReading
from studio.machine.enginecommand import engine_command
from studio.ui.actions import Actions, Keys
from studio.ui.widgets.rail import PAGES

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow

_NAMES = (*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS), ".zip", PARQUET)
FILES = f"Rows and text ({' '.join('*' + ending for ending in _NAMES)});;All files (*)"


def fill_menus(window: StudioWindow, acts: Actions) -> None:
    """Put everything the window can do into its menus."""
    studio = window.studio
    acts.add("File", "Open the example", studio.datasets.install_demo, "Ctrl+Shift+E")
    acts.add("File", "Import data…", lambda: import_data(window), Keys.Open)
    acts.add("File", "Import from the Hub…", lambda: import_from_hub(window))
    acts.add("File", "Open the workspace's folder", lambda: open_folder(studio.workspace.path))
    acts.line("File")
    acts.add("File", "Settings", lambda: window.open_page("Settings"), "Ctrl+,")
    acts.add("File", "Quit", window.close, "Ctrl+Q")
    _fill_view(window, acts)
    _fill_work(window, acts)
    acts.add("Help", "Shortcuts", lambda: show_shortcuts(window), "F1")
    acts.add(
        "Help", "What works on this computer", lambda: show_doctor(window, studio.workspace.path)
    )
    acts.add("Help", "About Graft Studio", lambda: show_about(window, studio.machine.reading))


def _fill_view(window: StudioWindow, acts: Actions) -> None:
    for at, name in enumerate(PAGES, 1):
        acts.add("View", name, partial(window.open_page, name), f"Ctrl+{at}")
    acts.line("View")
    acts.add("View", "Find an action", lambda: show_palette(window), "Ctrl+K")
    acts.add("View", "Next panel", lambda: window.cycle_panel(1), "F6")
    acts.add("View", "Previous panel", lambda: window.cycle_panel(-1), "Shift+F6")
    acts.line("View")
    group = QActionGroup(acts)
    for name in THEMES:
        words = {"system": "Colours of the system", "light": "Light", "dark": "Dark"}[name]
        choose = partial(window.studio.settings.set, "theme", name)
        act = acts.add("View", words, choose, check=True)
        act.setChecked(window.studio.settings.values.theme == name)
        group.addAction(act)
        window.theme_actions[name] = act


def _fill_work(window: StudioWindow, acts: Actions) -> None:
    studio = window.studio
    acts.add("Model", "Get the starter model", studio.models.fetch_starter)
    acts.add("Model", "Add a model's folder…", lambda: add_model(window))
    acts.add("Train", "Check and start", lambda: check_and_start(window), "Ctrl+R")
    live = [
        acts.add("Train", "Save a checkpoint now", studio.runs.save),
        acts.add("Train", "Pause", studio.runs.pause),
        acts.add("Train", "Stop and keep", studio.runs.stop),
    ]
    window.live_actions = live
    acts.add("Runs", "Read the list again", studio.runs.refresh)


def check_and_start(window: StudioWindow) -> None:
    """Go to the Train page with the recipe as it stands, ready to start."""
    if window.studio.runs.live is None:
        window.studio.runs.close_current()
    window.open_page("Train")


def import_data(window: StudioWindow) -> None:
    """Ask for files and import them."""
    from studio.ui.pages.datapage import DataPage  # only when asked: the window opens sooner

    window.open_page("Data")
    page = window.page("Data")
    assert isinstance(page, DataPage)
    page.ask_for_files()


def import_from_hub(window: StudioWindow) -> None:
    """Ask for a dataset of the Hub and import it."""
    from studio.ui.pages.datapage import DataPage  # only when asked: the window opens sooner

    page = window.page("Data")
    assert isinstance(page, DataPage)
    window.open_page("Data")
    page.acts.exchange.ask_hub()


def add_model(window: StudioWindow) -> None:
    """Ask for a folder and add the model in it."""
    name = QFileDialog.getExistingDirectory(window, "Add a model's folder")
    if not name:
        return
    window.studio.models.add_folder(Path(name))
    window.open_page("Model")


def open_folder(folder: Path) -> None:
    """Show one of our own folders in the system's file manager.

    Raises:
        StudioError: there is no file manager.
    """
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        raise StudioError("No file manager answered.", f"The folder is {folder}.")


def show_palette(window: StudioWindow) -> None:
    """Let the user find an action by its name."""
    from studio.ui.dialogs.palette import Palette  # only when asked: the window opens sooner

    _show(Palette(window, list(window.acts.all())))


def show_shortcuts(window: StudioWindow) -> None:
    """Show every shortcut."""
    from studio.ui.dialogs.about import ShortcutsDialog  # only when asked

    _show(ShortcutsDialog(window, list(window.acts.all())))


def show_about(parent: QWidget, reading: MachineReading | None) -> None:
    """Show versions and licences."""
    from studio.ui.dialogs.about import AboutDialog  # only when asked

    _show(AboutDialog(parent, reading))


def show_doctor(parent: QWidget, workspace: Path) -> None:
    """Examine this machine, with the disk and the models of a workspace, and show each check."""
    from studio.app.doctorclient import DoctorClient  # only when asked, like the dialog
    from studio.ui.dialogs.doctordialog import DoctorDialog

    command = engine_command("doctor", "--workspace", str(workspace))
    dialog = DoctorDialog(parent, DoctorClient(command=command))
    _show(dialog)
    dialog.examine()


def _show(dialog: QDialog) -> None:
    """Show a dialog above the window without stopping what goes on behind it."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setModal(True)
    dialog.open()
