"""Asks for the row in hand as the model sees it, and for checks of all rows, when they change."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import RowCheck, RowChecks
from studio.app.studio import Studio
from studio.core.example import Token, TokenState
from studio.core.problems import RecipeError
from studio.core.protocol import RequestFailed, RowRendered
from studio.core.recipe import Recipe
from studio.data.store import Change, Row
from studio.ui.data.tokencard import CUT, TokenCard

CHECK_MS = 700
"""A pause in editing after which all rows are checked again."""
MOST_ROWS = 50_000
"""Rows up to which all are checked again by themselves; beyond, when the user asks."""
ROUND = 64
"""A limit that is offered is a multiple of this many tokens."""


class Preview(QObject):
    """Keeps the token card and the checks in step with row, model and recipe.

    The Data page owns it, and switches it on while it is in front.
    """

    def __init__(self, studio: Studio, card: TokenCard, checks: RowChecks, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._card, self._checks = studio, card, checks
        self._row: Row | None = None
        self._request = 0
        self._on = False
        self._asked_for: tuple[object, ...] = ()
        self._timer = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._timer.timeout.connect(self.check)
        studio.renders.row_rendered.connect(self._on_row_rendered)
        studio.renders.failed.connect(self._on_failed)
        studio.models.chosen.connect(self._on_setting_changed)
        studio.draft.changed.connect(self._on_setting_changed)
        card.limit_chosen.connect(self.choose_limit)

    def set_on(self, on: bool) -> None:
        """Ask for what is shown from now on, or nothing any more."""
        self._on = on
        if on:
            self._card.set_limit(self._recipe.max_tokens)
            self.show(self._row)
            self._check_soon()
        else:
            self._timer.stop()

    def set_document(self, document: DatasetDocument | None) -> None:
        """Check the rows of another dataset."""
        self._checks.clear()
        self._asked_for = ()
        if document is not None:
            document.changed.connect(self._on_document_changed)
            self._check_soon()

    def show(self, row: Row | None) -> None:
        """Show a row as the model sees it, or nothing."""
        self._row = row
        if not self._on:
            return
        model = self._studio.models.current
        if row is None:
            self._card.say("Choose a row to see its tokens.")
        elif model is None:
            self._card.say("A model decides how text becomes tokens.", ask_model=True)
        else:
            recipe = self._recipe
            self._request = self._studio.renders.render(
                model.folder,
                instruction=row.instruction,
                input=row.input,
                output=row.output,
                max_tokens=recipe.max_tokens,
                template=recipe.template,
                system_prompt=recipe.system_prompt,
            )

    def check(self) -> None:
        """Check all rows now."""
        self._timer.stop()
        document, model = self._studio.datasets.current, self._studio.models.current
        if document is None or model is None or not self._on:
            return
        recipe = self._recipe
        rendering = (recipe.max_tokens, recipe.template, recipe.system_prompt)
        wanted = (document.path, document.revision, model.folder, *rendering)
        if wanted != self._asked_for or self._checks.trouble is not None:
            self._asked_for = wanted
            self._checks.ask(model.folder, document.path, *rendering)

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

    def _check_soon(self) -> None:
        document = self._studio.datasets.current
        if not self._on or document is None:
            return
        if len(document) <= MOST_ROWS or not self._checks.rows:
            self._timer.start()

    def _on_document_changed(self, change: Change) -> None:
        self._checks.forget(change.rows)
        self._check_soon()

    def _on_setting_changed(self, _what: object = None) -> None:
        self._card.set_limit(self._recipe.max_tokens)
        self.show(self._row)
        self._check_soon()

    def _on_row_rendered(self, rendered: RowRendered) -> None:
        if rendered.id != self._request or self._row is None:
            return
        tokens = [
            Token(int(token), str(text), TokenState(state), bool(special))
            for token, text, state, special in rendered.tokens
        ]
        codes = tuple(finding[0] for finding in rendered.findings)
        trained = sum(t.state in (TokenState.TRAINED, TokenState.END) for t in tokens)
        self._checks.learn(self._row.id, RowCheck(len(tokens), trained, codes))
        self._card.show_tokens(tokens)
        finding = rendered.findings[0] if rendered.findings else None
        cut = finding is not None and finding[0] in CUT
        self._card.show_finding(finding, self._offer(len(tokens)) if cut else 0)

    def _offer(self, tokens: int) -> int:
        """Return a limit that holds this row, and the longest one if the model can take it."""
        model = self._studio.models.current
        room = model.context if model is not None and model.context else 1 << 20
        longest = max((check.tokens for check in self._checks.rows.values()), default=tokens)
        for wanted in (max(longest, tokens), tokens):
            rounded = -(-wanted // ROUND) * ROUND
            if wanted <= room:
                return min(rounded, room)
        return 0

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request:
            self._card.say(f"{failed.summary} {failed.hint}".strip())
