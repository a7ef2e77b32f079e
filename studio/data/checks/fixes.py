"""What can be done about problems, as one undoable step each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from studio.core.example import FIELDS, TRAIN, ExampleError
from studio.data.checks import emptiness, encoding, marks, personal
from studio.data.packing import Ids
from studio.data.passages import TOOLS, passages, with_passages
from studio.data.store import Change, Dataset, Row

DELETE, MOVE, CHANGE = "delete", "move", "change"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Fix:
    """What a button does about a problem.

    Attributes:
        how: "delete" takes the rows out, "move" puts them into the training split, "change"
            changes their texts.
        one, many: what the button says for one row and for {n} rows; also the step's name.
        change: of a text, if texts are changed.
    """

    how: str
    one: str
    many: str
    change: Callable[[str], str] | None = None

    def label(self, rows: int) -> str:
        """Return what the button says."""
        return self.one if rows == 1 else self.many.format(n=f"{rows:,}")


def _replacing(code: str, one: str, many: str) -> Fix:
    return Fix(CHANGE, one, many, lambda text: personal.without(code, text))


_ROWS = Fix(DELETE, "Delete the row", "Delete {n} rows")
_COPIES = Fix(DELETE, "Delete the copy", "Delete {n} copies")
_TO_TRAIN = Fix(MOVE, "Move it to train", "Move {n} rows to train")
FIXES: dict[str, Fix] = {
    "not_example": _ROWS,
    "no_answer": _ROWS,
    "no_text": _ROWS,
    "no_question": _ROWS,
    "answer_is_question": _ROWS,
    "same_answers": _ROWS,
    "duplicate": _COPIES,
    "near_duplicate": _COPIES,
    "leak": _TO_TRAIN,
    "leak_near": _TO_TRAIN,
    "blank_edges": Fix(CHANGE, "Trim the row", "Trim {n} rows", emptiness.trimmed),
    "control": Fix(CHANGE, "Remove them", "Remove them from {n} rows", encoding.without_controls),
    "hidden": Fix(CHANGE, "Remove them", "Remove them from {n} rows", encoding.without_hidden),
    "half_character": Fix(
        CHANGE, "Remove them", "Remove them from {n} rows", encoding.without_surrogates
    ),
    "mojibake": Fix(CHANGE, "Repair the row", "Repair {n} rows", encoding.repaired),
    "special_text": Fix(
        CHANGE, "Remove the marks", "Remove marks from {n} rows", marks.without_marks
    ),
    "email": _replacing("email", "Replace by [e-mail]", "Replace in {n} rows by [e-mail]"),
    "phone": _replacing("phone", "Replace by [phone]", "Replace in {n} rows by [phone]"),
    "card": _replacing("card", "Replace by [card]", "Replace in {n} rows by [card]"),
    "iban": _replacing("iban", "Replace by [account]", "Replace in {n} rows by [account]"),
    "secret": _replacing("secret", "Replace by [secret]", "Replace in {n} rows by [secret]"),
}
"""By code; what is not here, nobody but the user can mend."""

Cell = tuple[int, str, str]
"""Row id, field and new text."""


def changed_cells(fix: Fix, rows: Iterable[Row]) -> Iterator[Cell]:
    """Yield the cells that a fix changes; turns that cannot be read stay as they are."""
    if fix.change is None:
        return
    for row in rows:
        fields = FIELDS[row.kind]
        for field, before in zip(fields, row.texts, strict=True):
            if field == TOOLS:
                continue
            try:
                said = passages(field, before)
                after = with_passages(field, before, [fix.change(text) for text in said])
            except ExampleError:
                continue
            if after != before:
                yield row.id, field, after


def mend(
    dataset: Dataset,
    fix: Fix,
    row_ids: Ids,
    tell: Callable[[int, int], object] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Change | None:
    """Do what a fix says with some rows, as one step; None if it was cancelled or changes nothing.

    Raises:
        DataError: the dataset cannot be written, or the rows are in a frozen split.
    """
    name = fix.label(len(row_ids))
    if fix.how == DELETE:
        return dataset.delete(row_ids)
    if fix.how == MOVE:
        return dataset.set_split(row_ids, TRAIN, name=name)
    cells: list[Cell] = []
    for start in range(0, len(row_ids), _PAGE):
        if cancelled():
            return None
        cells += changed_cells(fix, dataset.rows_of(row_ids[start : start + _PAGE].tolist()))
        tell(min(start + _PAGE, len(row_ids)), len(row_ids))
    return dataset.edit_cells(name, cells) if cells else None
