"""What is said before a start about measuring what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from studio.app.findings import WARN, Action, Facts, Finding
from studio.core.probes import MOST_NAMED, leak_words


def guard_findings(facts: Facts) -> Iterator[Finding]:
    """Say which general questions the training rows hold, and so measure nothing."""
    found = facts.leaks
    if found is None or not facts.recipe.guard.enabled or not (found.leaks or found.elsewhere):
        return
    rows = sorted({row for named in found.leaks.values() for row in named})
    every = {probe: found.leaks.get(probe, []) for probe in (*found.leaks, *found.elsewhere)}
    summary, _ = leak_words(every, found.probes)
    label = "Show the row" if len(rows) == 1 else f"Show {len(rows):,} rows"
    hint = "What is trained on cannot tell what is forgotten; the others are asked."
    others = sorted({name for names in found.elsewhere.values() for name in names})
    if others:
        hint = f"Rows of {', '.join(others[:MOST_NAMED])} hold them. {hint}"
    action = Action(label, "rows", rows) if rows else None
    yield Finding("probes_leak", WARN, summary, hint, action)
