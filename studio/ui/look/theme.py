"""Applies the look to the application: Fusion, palette, style sheet, live light and dark."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio.ui.look import fonts, tokens
from studio.ui.look.tokens import DARK, LIGHT, Colors, luminance

SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
"""The themes a user may choose, by the name the preferences use."""
SHEET = Path(__file__).with_name("theme.qss")
_active: Colors = LIGHT


def colors() -> Colors:
    """Return the colours in force; painters ask at every paint."""
    return _active


class Theme(QObject):
    """Keeps palette and style sheet in step with the system's colour scheme; the app owns it.

    Signals:
        changed(): the colours in force are others now.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app, self._system = app, QPalette(app.palette())
        self._template = Template(SHEET.read_text(encoding="utf-8"))
        app.setStyle("Fusion")
        app.setFont(fonts.font())
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        if hasattr(hints, "accessibility"):  # Qt 6.10 and later know high contrast
            hints.accessibility().contrastPreferenceChanged.connect(self._on_contrast_changed)
        self._apply(hints.colorScheme())

    def force(self, scheme: Qt.ColorScheme) -> None:
        """Show light or dark whatever the system says; Unknown follows the system again."""
        hints = QGuiApplication.styleHints()
        hints.setColorScheme(scheme)
        told = scheme is Qt.ColorScheme.Unknown or hints.colorScheme() is scheme
        if not told and scheme is not self._shown:
            self._apply(scheme)  # a platform without a theme of its own sends no signal

    def _on_contrast_changed(self) -> None:
        self._apply(self._app.styleHints().colorScheme())

    def _is_high_contrast(self) -> bool:
        hints = self._app.styleHints()
        if not hasattr(hints, "accessibility"):
            return False
        return bool(
            hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast
        )

    def _apply(self, scheme: Qt.ColorScheme) -> None:
        global _active
        self._shown = scheme
        if self._is_high_contrast():
            _active = high_contrast(self._system)
            self._app.setPalette(self._system)
        else:
            _active = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
            self._app.setPalette(palette(_active))
        self._app.setStyleSheet(self._template.substitute(sheet_values(_active)))
        self.changed.emit()


def sheet_values(c: Colors) -> dict[str, str]:
    """Return what the style sheet may name: colours, and sizes in px without unit."""
    sizes = {n.lower(): str(v) for n, v in vars(tokens).items() if isinstance(v, int)}
    return asdict(c) | sizes


def high_contrast(system: QPalette) -> Colors:
    """Return colours made of the system's own palette: no tints, every line in the text's colour."""
    roles = QPalette.ColorRole
    ground, text, chosen, on_chosen, window = (
        system.color(role).name().upper()
        for role in (roles.Base, roles.Text, roles.Highlight, roles.HighlightedText, roles.Window)
    )
    base = DARK if luminance(ground) < luminance(text) else LIGHT
    tints = ("accent_tint", "frozen_tint", "warning_tint", "danger_tint")
    grounds = ("surface", "raised", "sunken", "hover", "on_danger", *tints)
    inks = ("text", "muted", "border", "border_strong", "grid", "frozen")
    accents = ("accent", "accent_hover", "accent_pressed", "focus")
    changed = dict.fromkeys(grounds, ground) | dict.fromkeys(inks, text)
    changed |= dict.fromkeys(accents, chosen) | {"bg": window, "on_accent": on_chosen}
    return replace(base, **changed)


def palette(c: Colors) -> QPalette:
    """Return the system palette of one scheme."""
    roles = QPalette.ColorRole
    made = QPalette()
    for colour, names in (
        (c.bg, (roles.Window,)),
        (c.surface, (roles.Base, roles.AlternateBase, roles.Button)),
        (c.text, (roles.Text, roles.WindowText, roles.ButtonText, roles.HighlightedText)),
        (c.text, (roles.ToolTipText, roles.BrightText)),
        (c.muted, (roles.PlaceholderText,)),
        (c.accent_tint, (roles.Highlight,)),
        (c.accent, (roles.Link, roles.Accent)),
        (c.raised, (roles.ToolTipBase, roles.Light)),
        (c.border, (roles.Mid, roles.Midlight)),
        (c.border_strong, (roles.Dark, roles.Shadow)),
    ):
        for role in names:
            made.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(c.border_strong))
    return made
