"""What is said before a start about measuring what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from studio.app.findings import WARN, Action, Facts, Finding
from studio.core.probes import leak_words


def guard_findings(facts: Facts) -> Iterator[Finding]:
    """Say which general questions the training rows hold, and so measure nothing."""
    found = facts.leaks
    if found is None or not found.leaks or not facts.recipe.guard.enabled:
        return
    rows = sorted({row for named in found.leaks.values() for row in named})
    summary, _ = leak_words(found.leaks, found.probes)
    label = "Show the row" if len(rows) == 1 else f"Show {len(rows):,} rows"
    hint = "What is trained on cannot tell what is forgotten; the others are asked."
    yield Finding("probes_leak", WARN, summary, hint, Action(label, "rows", rows))
