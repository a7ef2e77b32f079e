"""Asks for the row in hand as the model sees it, when it or the recipe changes."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from studio.app.renderclient import tokens_of
from studio.app.rowchecks import RowChecks
from studio.app.studio import Studio
from studio.core.example import Kind
from studio.core.problems import RecipeError
from studio.core.protocol import RequestFailed, RowRendered
from studio.core.recipe import Recipe
from studio.data.store import Row
from studio.ui.data.templatechoice import TemplateChoice
from studio.ui.data.tokencard import CUT, TokenCard

ROUND = 64
"""A limit that is offered is a multiple of this many tokens."""
LATE_MS = 300
"""Tokens that are not there by then give way to a sentence: those shown are of another text."""
LATE = "The tokens of this row are being counted."


class Preview(QObject):
    """Keeps the token card in step with row, model and recipe.

    The Data page owns it, and switches it on while it is in front.
    """

    def __init__(self, studio: Studio, card: TokenCard, checks: RowChecks, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._card, self._checks = studio, card, checks
        self._row: Row | None = None
        self._request = 0
        self._on = False
        self._late = QTimer(self, singleShot=True, interval=LATE_MS)
        self._late.timeout.connect(lambda: card.say(LATE))
        studio.renders.row_rendered.connect(self._on_row_rendered)
        studio.renders.failed.connect(self._on_failed)
        studio.models.chosen.connect(self._on_setting_changed)
        studio.draft.changed.connect(self._on_setting_changed)
        card.limit_chosen.connect(self.choose_limit)
        self._template = TemplateChoice(studio, card.bar, self)

    def set_on(self, on: bool) -> None:
        """Ask for what is shown from now on, or nothing any more."""
        self._on = on
        if on:
            self._card.set_limit(self._recipe.max_tokens)
            self.show(self._row)

    def show(self, row: Row | None) -> None:
        """Show a row as the model sees it, or nothing."""
        self._row = self._template.row = row
        self._late.stop()
        if not self._on:
            return
        model = self._studio.models.current
        self._card.set_templated(row is None or row.kind is not Kind.TEXT)
        if row is None:
            self._card.say("Choose a row to see its tokens.")
        elif model is None:
            self._card.say("A model decides how text becomes tokens.", ask_model=True)
        else:
            recipe = self._recipe
            self._request = self._studio.renders.render(
                model.folder,
                kind=row.kind,
                texts=row.texts,
                max_tokens=recipe.max_tokens,
                template=recipe.template,
                system_prompt=recipe.system_prompt,
            )
            self._late.start()

    def choose_limit(self, limit: int) -> None:
        """Make this the longest sequence, in tokens."""
        try:
            self._studio.draft.edit("max_tokens", limit)
        except RecipeError as problem:
            self._studio.problem_met.emit(problem)
            self._card.set_limit(self._recipe.max_tokens)

    @property
    def _recipe(self) -> Recipe:
        return self._studio.draft.recipe

    def _on_setting_changed(self, _what: object = None) -> None:
        self._card.set_limit(self._recipe.max_tokens)
        self.show(self._row)

    def _on_row_rendered(self, rendered: RowRendered) -> None:
        if rendered.id != self._request or self._row is None:
            return
        self._late.stop()
        parts = tokens_of(rendered)
        tokens = parts[0].tokens if parts else ()
        self._card.bar.show_template(rendered.template)
        self._card.show_parts(parts)
        finding = rendered.findings[0] if rendered.findings else None
        cut = finding is not None and finding[0] in CUT
        self._card.show_finding(finding, self._offer(len(tokens)) if cut else 0)

    def _offer(self, tokens: int) -> int:
        """Return a limit that holds this row, and the longest one if the model can take it."""
        model = self._studio.models.current
        room = model.context if model is not None and model.context else 1 << 20
        longest = int(self._checks.lengths.tokens.max(initial=tokens))
        for wanted in (max(longest, tokens), tokens):
            rounded = -(-wanted // ROUND) * ROUND
            if wanted <= room:
                return min(rounded, room)
        return 0

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request:
            self._late.stop()
            self._card.say(f"{failed.summary} {failed.hint}".strip())
