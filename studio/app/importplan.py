"""What the user decides about files before they are imported, as one value without a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from studio.app.filelook import Looked
from studio.app.importmemory import Habit, ImportMemory
from studio.core.example import Kind
from studio.data.fileformats import Format
from studio.data.layouts import Layout, Reading, kind_words, recognise_as, words_of
from studio.data.looking import Plan
from studio.data.rowshapes import lacking
from studio.data.textrows import Each

_PACKED = (".gz", ".zip")


class ImportPlan:
    """Files that were looked at, how each is read, and whether they become one dataset.

    Attributes:
        plans: in the order of the files.
        apart: a dataset of each file, not one of all.
    """

    def __init__(self, looked: Looked, memory: ImportMemory) -> None:
        self.asked = looked.asked
        self._memory = memory
        self.plans = [self._as_before(plan) for plan in looked.plans]
        self._always_apart = looked.apart
        self.apart = looked.apart or not self._alike()

    def _as_before(self, plan: Plan) -> Plan:
        habit = self._memory.habit(plan.columns)
        return plan if habit is None or not plan.columns else plan.read_as(habit.reading)

    def _alike(self) -> bool:
        return len({(plan.columns, self.kind(plan)) for plan in self.plans}) <= 1

    @property
    def may_join(self) -> bool:
        """Whether all files can become one dataset."""
        return not self._always_apart and len({self.kind(plan) for plan in self.plans}) == 1

    @property
    def has_text(self) -> bool:
        """Whether some file is running text, so that it has to be said what a row is."""
        return any(plan.written.format is Format.TEXT for plan in self.plans)

    def kind(self, plan: Plan) -> Kind:
        """Return what the rows of a file become."""
        return plan.reading.kind if plan.reading is not None else Kind.TRIPLE

    def words(self, plan: Plan) -> str:
        """Return in words what a file was recognised as."""
        if plan.reading is None:
            return "What the columns are has to be said"
        if plan.reading.layout is Layout.OWN:
            return f"{kind_words(plan.reading.kind)}, as you said"
        return words_of(plan.reading)

    def lack(self) -> str:
        """Return why the files cannot be imported yet, as a sentence; empty if they can."""
        for plan in self.plans:
            where = f"{plan.name}: " if len(self.plans) > 1 else ""
            if plan.reading is None:
                return f"{where}Say in the headings what the columns are."
            if lack := lacking(plan.reading.kind, plan.reading.roles):
                return where + lack
        return ""

    def choose_kind(self, plan: Plan, kind: Kind) -> None:
        """Make rows of another kind of a file and those like it, with the roles that fit best."""
        self._read_as(plan, recognise_as(kind, plan.samples))

    def choose_role(self, plan: Plan, column: str, role: str) -> None:
        """Say what a column is, in this file and those like it."""
        before = plan.reading or Reading(self.kind(plan), Layout.OWN, {})
        roles = {name: known for name, known in before.roles.items() if name != column}
        if role:
            roles[column] = role
        order = {name: at for at, name in enumerate(plan.columns)}
        roles = dict(sorted(roles.items(), key=lambda item: order.get(item[0], 0)))
        usual = recognise_as(before.kind, plan.samples)
        same = usual.roles == roles
        self._read_as(plan, usual if same else Reading(before.kind, Layout.OWN, roles))

    def _read_as(self, plan: Plan, reading: Reading) -> None:
        self.plans = [
            each.read_as(reading) if each.columns == plan.columns else each for each in self.plans
        ]

    def take_counts(self, looked: Looked) -> None:
        """Take the files as another look found them, read as they were before."""
        known = {plan.columns: plan.reading for plan in self.plans}
        self.asked = looked.asked
        self.plans = [
            replace(plan, reading=known.get(plan.columns, plan.reading)) for plan in looked.plans
        ]

    def groups(self, name: str) -> list[tuple[str, list[Plan]]]:
        """Return the datasets that are to be made: a name and the files of each."""
        if self.apart and len(self.plans) > 1:
            return [(dataset_name(plan), [plan]) for plan in self.plans]
        return [(name, self.plans)]

    def remember(self, *, ask: bool) -> None:
        """Do the same with the next files of these columns."""
        for plan in {plan.columns: plan for plan in self.plans}.values():
            if plan.reading is not None:
                self._memory.remember(plan.columns, Habit(plan.reading, self.asked.each, ask))


def is_settled(looked: Looked, memory: ImportMemory) -> bool:
    """Return whether files were asked about before, and are not to be asked about again."""
    habits = [memory.habit(plan.columns) for plan in looked.plans]
    return bool(habits) and all(habit is not None and not habit.ask for habit in habits)


def usual_each(looked: Looked, memory: ImportMemory) -> Each:
    """Return what became a row of running text the last time."""
    texts = (plan for plan in looked.plans if plan.written.format is Format.TEXT)
    habits = (memory.habit(plan.columns) for plan in texts)
    return next((habit.each for habit in habits if habit is not None), Each.FILE)


def dataset_name(plan: Plan) -> str:
    """Return what a dataset of a file is called: the file's name without its endings."""
    part = plan.part
    name = Path(part.name if part.packing == "zip" else part.called or part.path.name)
    while name.suffix.lower() in _PACKED:
        name = name.with_suffix("")
    return name.stem or name.name


def first_name(plans: Sequence[Plan]) -> str:
    """Return what one dataset of all these files is called."""
    part = plans[0].part
    if len(plans) > 1 and part.packing == "zip":
        return part.path.stem
    return dataset_name(plans[0])
