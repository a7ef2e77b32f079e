"""Every action of the window: its words, its shortcut, its menu; pages add their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from studio.core.problems import StudioError
from studio.ui.look import fonts, tokens
from studio.ui.widgets.frame import Page

MENUS = ("File", "Edit", "View", "Data", "Model", "Train", "Chat", "Runs", "Help")
Act = Callable[[], object]
Keys = QKeySequence.StandardKey


class Actions(QObject):
    """Owns the menus and their actions; a StudioError of an act goes to on_problem.

    Menus of pages begin with what the window knows; a page's own actions (added to the page with
    addAction) follow below a line as soon as the page exists.
    """

    def __init__(
        self, bar: QMenuBar, parent: QObject, on_problem: Callable[[StudioError], object]
    ) -> None:
        super().__init__(parent)
        self._on_problem = on_problem
        self._menus: dict[str, QMenu] = {}
        bar.setFont(fonts.font())
        bar.setFixedHeight(max(tokens.HEIGHT_MENU, bar.sizeHint().height()))
        for name in MENUS:
            menu = bar.addMenu(name)
            menu.setFont(fonts.font())
            menu.setToolTipsVisible(False)
            self._menus[name] = menu

    def add(
        self, menu: str, words: str, act: Act, keys: object = "", *, check: bool = False
    ) -> QAction:
        """Add an action to a menu; keys is a standard key or text such as "Ctrl+K"."""
        made = QAction(words, self)
        made.setCheckable(check)
        if keys:
            made.setShortcut(QKeySequence(keys))  # type: ignore[call-overload]
        made.triggered.connect(lambda _=False: self._do(act))
        self._menus[menu].addAction(made)
        return made

    def _do(self, act: Act) -> None:
        try:
            act()
        except StudioError as problem:
            self._on_problem(problem)

    def line(self, menu: str) -> None:
        """Draw a line below what the menu has."""
        self._menus[menu].addSeparator()

    def show_letters(self, shown: bool) -> None:
        """Underline the letters that open the menus, while Alt is held."""
        for name, menu in self._menus.items():
            menu.setTitle(f"&{name}" if shown else name)

    def add_page(self, page: Page) -> None:
        """Put the page's own actions into the menu of its name."""
        menu = self._menus.get(page.title)
        if menu is None or not page.actions():
            return
        menu.addSeparator()
        menu.addActions(page.actions())

    def all(self) -> Iterator[tuple[str, QAction]]:
        """Yield (menu, action) in the order of the menus, those of submenus too."""
        for name, menu in self._menus.items():
            yield from ((name, act) for act in _leaves(menu))


def _leaves(menu: QMenu) -> Iterator[QAction]:
    for act in menu.actions():
        inner = act.menu()
        if isinstance(inner, QMenu):
            yield from _leaves(inner)
        elif not act.isSeparator():
            yield act
