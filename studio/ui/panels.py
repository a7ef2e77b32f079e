"""What the keyboard does on every page: F6 goes from panel to panel, Enter presses a button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from studio.ui.widgets.card import Card


def panels_of(page: QWidget | None) -> list[QWidget]:
    """Return the panels of a page in reading order: its cards, or the page itself."""
    if page is None:
        return []
    cards: list[QWidget] = [
        card for card in page.findChildren(Card) if card.isVisible() and _first(card)
    ]
    spots = {card: card.mapTo(page, card.rect().topLeft()) for card in cards}
    return sorted(cards, key=lambda card: (spots[card].x(), spots[card].y())) or [page]


def next_panel(panels: Sequence[QWidget], step: int) -> None:
    """Give the keyboard to the panel after (or before) the one that has it."""
    now = QApplication.focusWidget()
    at = next((i for i, p in enumerate(panels) if now and (p is now or p.isAncestorOf(now))), -1)
    if at < 0 and step < 0:
        at = 0
    for _ in panels:
        at = (at + step) % len(panels)
        target = _first(panels[at])
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return


def presses(event: QKeyEvent) -> bool:
    """Press the button that has the keyboard if the key is Enter; return whether that was so."""
    now = QApplication.focusWidget()
    enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    if not enter or event.isAutoRepeat() or not isinstance(now, QAbstractButton):
        return False
    now.click()
    return True


def _first(panel: QWidget) -> QWidget | None:
    """Return the first widget in a panel that takes the keyboard."""
    if panel.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return panel
    found: QWidget | None = panel.nextInFocusChain()
    while found is not None and found is not panel:
        takes = found.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes and panel.isAncestorOf(found) and found.isVisible() and found.isEnabled():
            return found
        found = found.nextInFocusChain()
    return None
