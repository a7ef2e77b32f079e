"""An evaluation's results as a table of plain text."""

from __future__ import annotations

from studio.core.evaluation import BASE, Results
from studio.core.metrics.catalogue import BY_NAME, GENERAL, METRICS
from studio.core.verdict import chance_words, score_words, verdict_words


def table_lines(results: Results) -> list[str]:
    """Return a table of metrics by columns, and a sentence for each column against the base."""
    names = [m.name for m in METRICS if m.name in results.columns[0].metrics]
    heads = ["", *(column.name for column in results.columns)]
    body = []
    for name in names:
        cells = [BY_NAME[name].title]
        for column in results.columns:
            value, interval = score_words(name, column.metrics[name])
            cells.append(f"{value} ({interval})")
        body.append(cells)
    widths = [max(len(row[at]) for row in (heads, *body)) for at in range(len(heads))]
    lines = [_line(row, widths) for row in (heads, *body)]
    for column in results.columns:
        if column.name != BASE and results.main in column.gains:
            lines += ["", f"{column.name} against the base"]
            told = [results.main, *(n for n in ("perplexity", *GENERAL) if n in column.gains)]
            said = [verdict_words(name, column.gains[name]) for name in told]
            said.insert(1, chance_words(results.main, column.gains[results.main]))
            lines += [f"  {words}" for words in said if words]
        if results.main in column.over_examples:
            words = verdict_words(results.main, column.over_examples[results.main])
            lines.append(f"  Against the base that is shown examples: {words}")
    return lines


def _line(cells: list[str], widths: list[int]) -> str:
    first, *rest = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([first, *rest]).rstrip()
