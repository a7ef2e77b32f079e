"""What is done with the texts of many rows at once, each said exactly and one step to undo."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from studio.core.example import ExampleError
from studio.data.bulkrows import Cancelled, Edit, Progress, rows_of_all
from studio.data.packing import Ids
from studio.data.passages import passages, with_passages, written_fields
from studio.data.store import Change, Dataset, Row


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A change of texts that needs no choice.

    Attributes:
        name: short, for a menu and for the step in undo.
        done: what the toast says of rows, such as "trimmed".
        sentence: exactly what it does.
        change: from a text to another.
    """

    name: str
    done: str
    sentence: str
    change: Callable[[str], str]


_LINE_END = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANK = "\t \xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INNER = re.compile(rf"(?<=[^{_BLANK}\n])[{_BLANK}]++(?=[^{_BLANK}\n])")
_AT_END = re.compile(rf"(?<![{_BLANK}])[{_BLANK}]++(?=\n|\Z)")
_EMPTY_LINES = re.compile("\n{3,}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufff9-\ufffb]")
_QUOTES = str.maketrans("“”„‟‘’‚‛", "\"\"\"\"''''")


def _one_blank(text: str) -> str:
    text = _LINE_END.sub("\n", text)
    text = _AT_END.sub("", _INNER.sub(" ", text))
    return _EMPTY_LINES.sub("\n\n", text)


CLEANINGS = (
    Cleaning(
        "Trim the ends",
        "trimmed",
        "Blanks and line ends at the beginning and at the end of each text go.",
        str.strip,
    ),
    Cleaning(
        "Normalise blanks",
        "with blanks normalised",
        "Every line end becomes one of Unix. Inside of a line each run of blanks, tabs and"
        " no-break spaces becomes one blank. Blanks at the end of lines go. Of several empty"
        " lines one stays. Indentation stays.",
        _one_blank,
    ),
    Cleaning(
        "Compose letters (Unicode NFC)",
        "composed",
        "A letter and its accent become one character. Nothing looks different.",
        lambda text: unicodedata.normalize("NFC", text),
    ),
    Cleaning(
        "Unify forms of characters (Unicode NFKC)",
        "unified",
        "As NFC, and forms of a character become the plain one: ﬁ becomes fi, ² becomes 2,"
        " full-width Ａ becomes A. What looked different may look the same afterwards.",
        lambda text: unicodedata.normalize("NFKC", text),
    ),
    Cleaning(
        "Straighten quotes",
        "with straight quotes",
        "“ ” „ become \" and ‘ ’ ‚ become '. Guillemets stay.",
        lambda text: text.translate(_QUOTES),
    ),
    Cleaning(
        "Remove control characters",
        "without control characters",
        "Characters nobody sees go: U+0000 to U+001F without tab and line ends, U+007F to"
        " U+009F, byte-order marks and interlinear marks. Direction marks and joiners stay.",
        lambda text: _CONTROL.sub("", text),
    ),
)


def clean(
    data: Dataset,
    ids: Ids,
    cleaning: Cleaning,
    fields: Sequence[str] = (),
    progress: Progress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Change:
    """Clean the texts of some rows as one step; the change has no rows if none was unclean.

    Args:
        data: the dataset.
        ids: its rows, (N,).
        cleaning: what to do.
        fields: names of texts; all if none are named.
        progress: told the rows done and all rows.
        cancelled: asked between pages.

    Raises:
        DataError: it could not be saved; nothing is changed.
        Stopped: it was asked to stop; nothing is changed.
    """
    names = written_fields(fields or data.fields)
    rows = rows_of_all(data, ids, progress, cancelled)
    return data.edit_cells(cleaning.name, _cleaned(rows, names, cleaning.change))


def _cleaned(
    rows: Iterator[Row], fields: Sequence[str], change: Callable[[str], str]
) -> Iterator[Edit]:
    for row in rows:
        for field in fields:
            old = row.text(field)
            try:
                new = with_passages(field, old, [change(each) for each in passages(field, old)])
            except ExampleError:
                continue  # no JSON: left as it is, and shown as a problem of the row
            if new != old:
                yield row.id, field, new
