"""Settings: the workspace, the colours, the network, what works here, what this is."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.settings import CHAT_AT_START, THEMES
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.ui.look import tokens
from studio.ui.look.fonts import Role
from studio.ui.menus import open_folder, show_about, show_doctor
from studio.ui.widgets.card import Card
from studio.ui.widgets.frame import Page
from studio.ui.widgets.parts import Button, Elided, fill, label, prose, scroller
from studio.ui.widgets.segmented import Segmented
from studio.ui.widgets.tokenfield import TokenField

WIDTH = 720
OFFLINE = (
    "Nothing is downloaded unless you press a button that says how much. Engines run without "
    "the network. There is no telemetry and no search for updates."
)


NETWORK = ("When I ask", "Never")
CHAT_WORDS = ("Ask me", "Unload it", "Keep it")
CHAT_SENSE = (
    "Unloaded, its memory is the run's, and the chat loads again with the next question. Kept, "
    "both share what is free. The conversation stays either way."
)
TOKEN = (
    "Some models ask for your consent on their page and for a token of your account. It goes to "
    "searches and downloads of models alone, and is never written to a file."
)


class SettingsPage(Page):
    """The preferences; each is kept at once.

    Attributes:
        theme_choice: system, light or dark.
        network_choice: whether models may be fetched when asked for.
        token: takes the user's token for the Hub.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__("Settings", "Each change is kept at once")
        self._studio = studio
        self.theme_choice = Segmented("Colours", "System", "Light", "Dark")
        self.theme_choice.set_current(THEMES.index(studio.settings.values.theme))
        self.theme_choice.chosen.connect(self._on_theme_chosen)
        studio.settings.changed.connect(self._on_setting_changed)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        cards = (
            self._workspace(),
            self._look(),
            self._network(),
            self._token(),
            self._run_starts(),
            self._machine(),
        )
        fill(QVBoxLayout(inner), *cards, None, gap=tokens.GAP_CARD)
        outer = QWidget()
        row = fill(QHBoxLayout(outer))
        row.addWidget(inner, 1)
        row.addStretch(1)
        row.setStretch(0, 1000)
        self.body.addWidget(scroller(outer))

    def _workspace(self) -> Card:
        path = Elided(str(self._studio.workspace.path), Role.BODY, "text")
        path.middle = True
        show = Button("Open the folder", "folder", compact=True)
        show.clicked.connect(self._on_folder_asked)
        sense = "Datasets, models and runs lie here. Another folder: graft-studio --workspace DIR."
        return _card("Workspace", path, show, sense)

    def _look(self) -> Card:
        return _card("Colours", None, self.theme_choice, "System follows the desktop, live.")

    def _network(self) -> Card:
        self.network_choice = Segmented("Models and datasets of the Hub", *NETWORK)
        self.network_choice.set_current(int(self._studio.settings.values.offline))
        self.network_choice.chosen.connect(self._on_network_chosen)
        return _card(
            "Network", label("Models and datasets of the Hub"), self.network_choice, OFFLINE
        )

    def _token(self) -> Card:
        tokens, self.token = self._studio.tokens, TokenField()
        self.token.given.connect(tokens.keep)
        self.token_words = prose(tokens.sentence, Role.SMALL)
        self.forget_button = Button("Forget it", "delete", "quiet", compact=True)
        self.forget_button.setAccessibleName("Forget the token")
        self.forget_button.clicked.connect(tokens.clear)
        tokens.changed.connect(lambda: self.token_words.setText(tokens.sentence))
        card = _card("Token for the Hub", self.token, self.forget_button, TOKEN)
        fill(card.body, fill(QVBoxLayout(), self.token_words, edge=(14, 0, 12, 13)))
        return card

    def _run_starts(self) -> Card:
        self.chat_choice = Segmented("The chat when a run starts", *CHAT_WORDS)
        self.chat_choice.set_current(
            CHAT_AT_START.index(self._studio.settings.values.chat_at_start)
        )
        self.chat_choice.chosen.connect(
            lambda at: self._studio.settings.set("chat_at_start", CHAT_AT_START[at])
        )
        return _card("When a run starts", label("The chat's model"), self.chat_choice, CHAT_SENSE)

    def _machine(self) -> Card:
        examine = Button("Examine this computer", "gauge", compact=True)
        examine.clicked.connect(lambda: show_doctor(self.window(), self._studio.workspace.path))
        about = Button("About Graft Studio", "info", compact=True)
        about.clicked.connect(lambda: show_about(self.window(), self._studio.machine.reading))
        acts = QWidget()
        fill(QHBoxLayout(acts), examine, about, gap=8)
        sense = "Tries a real 4-bit training step, and says what is missing and what to do."
        return _card("This computer", None, acts, sense)

    def _on_theme_chosen(self, at: int) -> None:
        self._studio.settings.set("theme", THEMES[at])

    def _on_network_chosen(self, at: int) -> None:
        self._studio.settings.set("offline", bool(at))

    def _on_setting_changed(self, name: str) -> None:
        if name == "theme":
            self.theme_choice.set_current(THEMES.index(self._studio.settings.values.theme))
        elif name == "chat_at_start":
            at = CHAT_AT_START.index(self._studio.settings.values.chat_at_start)
            self.chat_choice.set_current(at)
        elif name == "offline":
            self.network_choice.set_current(int(self._studio.settings.values.offline))

    def _on_folder_asked(self) -> None:
        try:
            open_folder(self._studio.workspace.path)
        except StudioError as problem:
            self._studio.problem_met.emit(problem)


def _card(title: str, value: QWidget | None, control: QWidget | None, sense: str) -> Card:
    """Return a card of one setting: value left, control right, one sentence below."""
    made = Card(title)
    row = fill(QHBoxLayout(), gap=12)
    if value is not None:
        row.addWidget(value, 1)
    if control is not None:
        row.addWidget(control)
    if value is None:
        row.addStretch(1)
    words = fill(QVBoxLayout(), row, prose(sense), gap=8, edge=(14, 12, 14, 13))
    made.body.addLayout(words)
    return made
