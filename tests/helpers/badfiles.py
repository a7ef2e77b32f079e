"""All files as they should not be; see :class:`~tests.helpers.badfile.BadFile`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helpers.badfile import BadFile
from tests.helpers.badlines import encodings, json_lines, line_ends, values
from tests.helpers.badlists import conversations, lists, preferences
from tests.helpers.badpacks import packed
from tests.helpers.badtables import no_rows, tables, texts

_FAMILIES = (
    encodings,
    line_ends,
    json_lines,
    values,
    lists,
    conversations,
    preferences,
    tables,
    texts,
    packed,
    no_rows,
)


def bad_files() -> Iterator[BadFile]:
    """Yield all of them."""
    for family in _FAMILIES:
        yield from family()
