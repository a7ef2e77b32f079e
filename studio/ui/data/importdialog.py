"""Shows what files were recognised as, with their first rows, before they are imported."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from studio.app.filelook import FileLook, Looked
from studio.app.importplan import ImportPlan, first_name
from studio.app.rowsurvey import RowSurvey
from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data.bytestreams import TooLarge
from studio.data.layouts import kind_words
from studio.data.looking import Plan
from studio.data.surveying import Survey, survey_remarks
from studio.data.textrows import Each
from studio.ui.data.sampletable import SampleTable
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, ChoiceField, fill, label, prose
from studio.ui.widgets.segmented import Segmented
from studio.ui.widgets.toggle import Toggle

SIZE = (960, 620)
FIELD_WIDTH, KIND_WIDTH, NAME_WIDTH = 170, 196, 260
"""Px of a drop-down, of the longest one, and of the name."""
KEPT = "Columns that are kept as they are come out again at export. The files are only read."
READ_ONLY = "The files are only read."
APART = "The files are of different kinds, so each becomes a dataset of its own."
EACH_WORDS = {
    Each.FILE: "A row of each file",
    Each.PARAGRAPH: "A row of each paragraph",
    Each.LINE: "A row of each line",
}
ENCODINGS = {"": "Found out", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}


class ImportDialog(Dialog):
    """Asks how files become datasets; what was decided is in ``plan`` when it is accepted.

    Args:
        parent: above which it opens.
        plan: what was recognised.
        look: looks at the files again when the user says something else about them.
        survey: counts their rows.
    """

    def __init__(
        self, parent: QWidget | None, plan: ImportPlan, look: FileLook, survey: RowSurvey
    ) -> None:
        files = len(plan.plans)
        title = f"Import {plan.plans[0].name}" if files == 1 else f"Import {files:,} files"
        super().__init__(parent, title)
        self.plan, self._look, self._at = plan, look, 0
        self._survey = survey
        self._found: Survey | None = None
        self._trouble: DataError | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self.resize(*SIZE)
        self._show()
        self._count()
        if plan.lack() and self.table.columns:
            self.table.header.field(self.table.columns[0]).setFocus()
        else:
            self.import_button.setFocus()

    def _make_parts(self) -> None:
        plan = self.plan
        self.words = label("", Role.BODY, fonts.MEDIUM)
        self.file_field = ChoiceField(*(each.name for each in plan.plans))
        self.file_field.setAccessibleName("File that is shown")
        self.kind_field = ChoiceField()
        self.kind_field.setAccessibleName("What the rows become")
        for kind in Kind:
            self.kind_field.addItem(kind_words(kind), kind)
        self.each_field = ChoiceField()
        self.each_field.setAccessibleName("What becomes a row")
        for each, words in EACH_WORDS.items():
            self.each_field.addItem(words, each)
        self.each_field.setCurrentIndex(list(EACH_WORDS).index(plan.asked.each))
        self.encoding_field = ChoiceField()
        self.encoding_field.setAccessibleName("Encoding of the text")
        for encoding, words in ENCODINGS.items():
            self.encoding_field.addItem(words, encoding)
        self.together = Segmented("Datasets", "One dataset", "A dataset each")
        self.table = SampleTable()
        self.note, self.remarks = Note(tone="warning"), prose("")
        self.name_field = QLineEdit(first_name(plan.plans))
        self.name_field.setAccessibleName("Name of the dataset")
        self.name_field.setFixedWidth(NAME_WIDTH)
        self.again = Toggle("Do not ask for files like this")
        self.go_on = Button("Read it, however large", compact=True)

    def _lay_out(self) -> None:
        fields = fill(QHBoxLayout(), self.words, None, gap=8)
        for field in (self.file_field, self.each_field, self.encoding_field, self.kind_field):
            field.setMinimumWidth(FIELD_WIDTH)
            fields.addWidget(field)
        self.kind_field.setMinimumWidth(KIND_WIDTH)
        name_label = label("Name", Role.SMALL, tone="muted")
        name_label.setBuddy(self.name_field)
        self._name_label = name_label
        below = fill(QHBoxLayout(), name_label, self.name_field, self.together, None, gap=8)
        self.body.addLayout(fields)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.note)
        self.body.addWidget(self.remarks)
        self.body.addLayout(below)
        self.acts.insertWidget(0, self.again)
        self.acts.insertWidget(1, self.go_on)
        self.add_act("Cancel")
        self.import_button = self.add_act("Import", "primary")
        self.go_on.hide()
        self.file_field.setVisible(len(self.plan.plans) > 1)

    def _connect(self) -> None:
        self.file_field.currentIndexChanged.connect(self._on_file_chosen)
        self.kind_field.activated.connect(self._on_kind_chosen)
        self.each_field.activated.connect(self._look_again)
        self.encoding_field.activated.connect(self._look_again)
        self.table.header.role_chosen.connect(self._on_role_chosen)
        self.together.chosen.connect(self._on_together_chosen)
        self.go_on.clicked.connect(self._read_all)
        self.name_field.textChanged.connect(lambda _text: self._show_acts())
        self._look.looked.connect(self._on_looked)
        self._survey.counted.connect(self._on_counted)
        self._survey.failed.connect(self._on_count_failed)
        self.finished.connect(lambda _code: self._survey.stop())

    @property
    def shown(self) -> Plan:
        """The file whose rows are shown."""
        return self.plan.plans[self._at]

    @property
    def name(self) -> str:
        """What the dataset is going to be called."""
        return self.name_field.text().strip() or first_name(self.plan.plans)

    def _show(self) -> None:
        plan, shown = self.plan, self.shown
        kind = plan.kind(shown)
        roles = shown.reading.roles if shown.reading is not None else {}
        self.words.setText(plan.words(shown))
        self.kind_field.setCurrentIndex(self.kind_field.findData(kind))
        self.kind_field.setVisible(bool(shown.columns))
        self.each_field.setVisible(plan.has_text)
        odd = any(each.written.remark or each.written.encoding for each in plan.plans)
        self.encoding_field.setVisible(odd or bool(plan.asked.encoding))
        self.table.show_rows(shown.columns, shown.samples, kind, roles)
        if plan.apart or not plan.may_join:
            plan.apart = True
        self.together.setVisible(len(plan.plans) > 1 and plan.may_join)
        self.together.set_current(1 if plan.apart else 0)
        self._show_acts()

    def _show_acts(self) -> None:
        plan = self.plan
        lack = plan.lack()
        named = len(plan.plans) == 1 or not plan.apart
        self.name_field.setVisible(named)
        self._name_label.setVisible(named)
        self._show_note(lack)
        found = survey_remarks(self._found, self.shown.reading) if self._found is not None else []
        said = [*(remark for each in plan.plans for remark in each.remarks), *found]
        said += [APART] if len({plan.kind(each) for each in plan.plans}) > 1 else []
        known = self.shown.reading.roles if self.shown.reading is not None else {}
        said += [KEPT] if len(known) < len(self.shown.columns) else [READ_ONLY]
        self.remarks.setText(" ".join(dict.fromkeys(said)))
        rows = self._found.rows if self._found is not None else None
        words = {None: "Import", 1: "Import 1 row"}.get(rows, f"Import {rows or 0:,} rows")
        self.import_button.setText(words)
        self.import_button.setEnabled(not lack and self._trouble is None)

    def _show_note(self, lack: str) -> None:
        self.go_on.setVisible(isinstance(self._trouble, TooLarge))
        self.note.setVisible(bool(lack) or self._trouble is not None)
        if self._trouble is not None:
            self.note.say(self._trouble.summary, self._trouble.hint, "danger")
        elif lack:
            self.note.say(lack, "", "warning")

    # what the user says

    def _on_file_chosen(self, at: int) -> None:
        self._at = max(0, at)
        self._show()

    def _on_kind_chosen(self, _at: int) -> None:
        self.plan.choose_kind(self.shown, Kind(self.kind_field.currentData()))
        self._show()

    def _on_role_chosen(self, column: str, role: str) -> None:
        self.plan.choose_role(self.shown, column, role)
        self._show()

    def _on_together_chosen(self, at: int) -> None:
        self.plan.apart = at == 1
        self._show()

    def _look_again(self) -> None:
        each, encoding = Each(self.each_field.currentData()), self.encoding_field.currentData()
        self._look.look(replace(self.plan.asked, each=each, encoding=encoding))

    def _read_all(self) -> None:
        self._look.look(replace(self.plan.asked, unlimited=True))

    def _on_looked(self, looked: Looked) -> None:
        if looked.plans:
            self.plan.take_counts(looked)
            self._at = min(self._at, len(looked.plans) - 1)
            self._trouble = None
            self._count()
        elif looked.problems:
            problem = looked.problems[0]
            self._trouble = DataError(problem.summary, problem.hint)
        self._show()

    # how many rows there are

    def _count(self) -> None:
        self._found = None
        self._survey.start(self.plan.plans)

    def _on_counted(self, found: Survey) -> None:
        self._found = found
        self._show_acts()

    def _on_count_failed(self, problem: DataError) -> None:
        self._trouble = problem
        self._show_acts()
