"""Names of columns where there is little room."""

from __future__ import annotations

import re

WIDEST = 32
_DAY = re.compile(r"\d{4}-\d\d-\d\d-")


def short_name(name: str) -> str:
    """Return a column's name without the day that its run began on, cut in the middle if long."""
    rest = _DAY.sub("", name, count=1) if _DAY.match(name) else name
    if len(rest) <= WIDEST:
        return rest
    return f"{rest[: WIDEST // 2]}…{rest[-WIDEST // 2 :]}"
