"""Makes a new dataset of another kind out of a dataset, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.core.example import ExampleError, Kind
from studio.core.problems import DataError
from studio.data.conversions import KTO, Maker, Way, WontConvert, ways_from
from studio.data.loading import Loader
from studio.data.records import preview
from studio.data.rowreader import Row, RowReader
from studio.data.rowwriting import default_of

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What a conversion did; left_out rows are listed in the new dataset."""

    rows: int
    left_out: int
    dataset: Path

    @property
    def sentence(self) -> str:
        """The outcome in a line."""
        said = f"{self.rows:,} {'row is' if self.rows == 1 else 'rows are'} in."
        if not self.left_out:
            return said
        left = "1 row is" if self.left_out == 1 else f"{self.left_out:,} rows are"
        return f"{said} {left} left out; each is listed with its reason."


def way_named(kind: Kind, to: str, how: str = "") -> Way:
    """Return the way from a kind to another by its name, such as "triple" and "each".

    Raises:
        DataError: there is no such way; the reason says why.
    """
    ways = [way for way in ways_from(kind) if way.to_name == to]
    if not ways:
        raise DataError(*_no_way(kind, to))
    if not how:
        return ways[0]
    found = next((way for way in ways if way.how == how), None)
    if found is None:
        raise DataError(
            f"{how!r} is no way to convert; there are {', '.join(way.how for way in ways)}."
        )
    return found


def _no_way(kind: Kind, to: str) -> tuple[str, str]:
    if to == Kind.PREFERENCE and kind in (Kind.TRIPLE, Kind.CONVERSATION):
        return (
            "A preference needs a rejected answer beside the chosen one, and these rows have one"
            " answer each.",
            "Import preference pairs, or write the rejected answers yourself.",
        )
    if kind is Kind.TEXT:
        return "Running text has no question and no answer, so it stays text.", ""
    offered = ", ".join(dict.fromkeys(way.to_name for way in ways_from(kind)))
    return f"Rows of the kind {kind} cannot be made {to!r}.", f"They can become {offered}."


def convert(
    dataset: RowReader,
    path: Path,
    way: Way,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ConvertReport:
    """Fill a new dataset with the rows of another, made over in one way.

    Splits, tags and other columns stay with their rows. Rows that cannot be made over are
    listed in the new dataset as left out, with the number they had.

    Args:
        dataset: what to read.
        path: where the new dataset appears, whole.
        way: of the dataset's kind.
        progress: called now and then with rows done and rows in all.
        cancelled: asked now and then; True ends it without a trace.

    Raises:
        DataError: there is a dataset at the path already, or not one row can be made over.
        DiskFullError: there is no room.
    """
    loader, intake = Loader(path, way.to), way.start()
    try:
        standard = default_of(way.to, marked=way.to_name == KTO)
        name, layout = dataset.path.stem, standard.layout.value
        source = loader.add_source(name, "converted", standard.roles, layout)
        left_out = 0
        for start in _pages(len(dataset), progress, cancelled):
            left_out += _convert_page(dataset, start, intake, loader, source)
        left_out += _leave_single(dataset, intake.rest(), loader, source)
        if not loader.rows:
            raise DataError(f"Not one row of {name} can be made over.", "Choose another way.")
        loader.finish()
    finally:
        loader.discard()
    return ConvertReport(loader.rows, left_out, path)


def _pages(
    rows: int, progress: Callable[[int, int], None] | None, cancelled: Callable[[], bool] | None
) -> Iterator[int]:
    """Yield where each page starts, until somebody wants no more."""
    for start in range(0, rows, _PAGE):
        if cancelled is not None and cancelled():
            raise DataError("The conversion was stopped; nothing of it is left.")
        if progress is not None:
            progress(start, rows)
        yield start


def _convert_page(dataset: RowReader, start: int, make: Maker, loader: Loader, source: int) -> int:
    """Make the rows of a page over; return how many could not be."""
    rows, left_out = dataset.read(start, start + _PAGE), 0
    originals = dataset.originals([row.id for row in rows])
    for at, row in enumerate(rows, start):
        try:
            made = make(row.texts)
        except (WontConvert, ExampleError) as err:
            _leave_out(loader, source, at, row, str(err))
            left_out += 1
            continue
        for texts in made:
            loader.add(texts, row.split, row.tags, originals[row.id][1], None, source)
    return left_out


def _leave_single(dataset: RowReader, rest: Iterable[int], loader: Loader, source: int) -> int:
    """Leave the rows out that found no counterpart; return how many."""
    left_out = 0
    for at in rest:
        (row,) = dataset.read(at, at + 1)
        _leave_out(loader, source, at, row, "no other answer to its question is its counterpart")
        left_out += 1
    return left_out


def _leave_out(loader: Loader, source: int, at: int, row: Row, reason: str) -> None:
    loader.leave_out(at + 1, 0, reason, preview(" ".join(row.texts).encode()), source=source)
