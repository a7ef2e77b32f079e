"""Writing a chat template: its text, and at once what it makes of a row."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QTextCursor, QTextFormat
from PySide6.QtWidgets import QDialog, QMenu, QPlainTextEdit, QSplitter, QTextEdit, QWidget

from studio.app.renderclient import tokens_of
from studio.app.studio import Studio
from studio.core.example import Kind
from studio.core.protocol import RequestFailed, RowRendered
from studio.core.templates import BUILT_INS
from studio.data.store import Row
from studio.machine.models import own_template_text
from studio.ui.data.templatebar import pop_up
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import Button, prose, restyle
from studio.ui.widgets.tokenstate import spans_of
from studio.ui.widgets.tokenview import TokenView

PAUSE_MS = 300
"""A pause in typing after which the row is rendered again."""
FACTS = (
    "Jinja over messages, tools, bos_token, eos_token and add_generation_prompt. It runs in a "
    "sandbox, for at most 2 s and 512 MiB."
)
EXAMPLE = ("What is the capital of Norway?", "", "Oslo.")
"""A row for a dataset without rows."""
_LINE = re.compile(r"\bline (\d+):")


class TemplateDialog(Dialog):
    """An editor with a live preview; errors are shown at their line.

    Attributes:
        editor: the template.
        view: the row's tokens under it.
        words: what is wrong, or that nothing is.
    """

    def __init__(self, parent: QWidget | None, studio: Studio, row: Row | None) -> None:
        super().__init__(parent, "Chat template", FACTS)
        self._studio, self._row, self._request = studio, row, 0
        self.editor, self.view = QPlainTextEdit(), TokenView()
        self.words = prose("", Role.SMALL)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._lay_out()
        self._pause.timeout.connect(self._render)
        studio.renders.row_rendered.connect(self._on_row_rendered)
        studio.renders.failed.connect(self._on_failed)
        self.editor.textChanged.connect(self._on_text_changed)
        self.editor.setPlainText(self._first_text())

    def _lay_out(self) -> None:
        self.editor.setFont(fonts.mono())
        self.editor.setAccessibleName("Template")
        self.editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.editor)
        halves.addWidget(self.view)
        self.editor.setMinimumHeight(160)
        self.view.setMinimumHeight(140)
        self.body.addWidget(halves, 1)
        self.words.setMinimumHeight(32)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self.words)
        self.acts.insertWidget(0, self._start_button())
        self.add_act("Cancel")
        self.use_button = self.add_act("Use this template", "primary")
        self.resize(720, 620)

    def _start_button(self) -> Button:
        button = Button("Start from", drop=True)
        menu = QMenu(button)
        menu.setFont(fonts.font())
        model = self._studio.models.current
        own = own_template_text(model.folder) if model is not None else ""
        if own:
            menu.addAction("The model's own", partial(self.editor.setPlainText, own))
        for each in BUILT_INS.values():
            menu.addAction(each.title, partial(self.editor.setPlainText, each.text))
        button.clicked.connect(lambda: pop_up(menu, button))
        return button

    def _first_text(self) -> str:
        template, model = self._studio.draft.recipe.template, self._studio.models.current
        if template in BUILT_INS:
            return BUILT_INS[template].text
        own = own_template_text(model.folder) if model is not None else ""
        return template or own or BUILT_INS["plain"].text

    def text(self) -> str:
        """Return the template as it stands."""
        return self.editor.toPlainText()

    def _on_text_changed(self) -> None:
        self.use_button.setEnabled(False)
        self._pause.start()

    def _render(self) -> None:
        """Ask for the row as this template writes it."""
        model, recipe = self._studio.models.current, self._studio.draft.recipe
        if not self.text().strip():
            self._tell("The template is empty: nothing would be trained.", "danger")
        elif model is None:
            self._tell("Choose a model to see what the template makes of a row.", "muted")
            self.use_button.setEnabled(True)
        else:
            row = self._row
            self._request = self._studio.renders.render(
                model.folder,
                kind=row.kind if row else Kind.TRIPLE,
                texts=row.texts if row else EXAMPLE,
                max_tokens=recipe.max_tokens,
                template=self.text(),
                system_prompt=recipe.system_prompt,
            )

    def _on_row_rendered(self, rendered: RowRendered) -> None:
        if rendered.id != self._request:
            return
        parts, limit = tokens_of(rendered), self._studio.draft.recipe.max_tokens
        self.view.set_tokens(spans_of(parts[0].tokens) if parts else (), limit)
        if rendered.findings:
            _code, level, summary, hint = rendered.findings[0]
            self._tell(f"{summary} {hint}", "danger" if level == "stop" else "muted")
        else:
            self._tell("The answer is trained with its end of turn.", "muted")
        self.use_button.setEnabled(True)

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request:
            self.view.set_tokens((), 0)
            self._tell(f"{failed.summary} {failed.hint}".strip(), "danger")

    def _tell(self, words: str, tone: str) -> None:
        self.words.setText(words)
        self.words.setProperty("tone", tone)
        restyle(self.words)
        found = _LINE.search(words) if tone == "danger" else None
        self.editor.setExtraSelections([self._line(int(found.group(1)))] if found else [])

    def _line(self, number: int) -> QTextEdit.ExtraSelection:
        """Return the whole line, counted from 1, in the colour of what is wrong."""
        marked = QTextEdit.ExtraSelection()
        block = self.editor.document().findBlockByNumber(number - 1)
        marked.cursor = QTextCursor(block)
        marked.format.setBackground(QColor(colors().danger_tint))
        marked.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        return marked


def ask_template(parent: QWidget | None, studio: Studio, row: Row | None) -> str | None:
    """Let a template be written; return it, or None if it is not to be used."""
    dialog = TemplateDialog(parent, studio, row)
    try:
        taken = dialog.exec() == QDialog.DialogCode.Accepted
        return dialog.text() if taken else None
    finally:
        dialog.deleteLater()
