"""What the views and dialogs of the Data page may ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from studio.app.rowchecks import RowChecks
from studio.app.studio import Studio
from studio.data.order import Ids


@dataclass(frozen=True, slots=True)
class PageContext:
    """The page as its parts know it.

    Attributes:
        studio: the application.
        checks: what is known of the open dataset's rows.
        attempt: do something that may fail with a sentence; whether it was done.
        show_rows: show only these rows, under these words ("Near duplicates of row 7").
        select_rows: show all rows with these selected, the first in hand.
        show_expression: show the rows that an expression of the search field finds.
    """

    studio: Studio
    checks: RowChecks
    attempt: Callable[[Callable[[], object]], bool]
    show_rows: Callable[[Ids, str], None]
    select_rows: Callable[[Ids], None]
    show_expression: Callable[[str], None]
