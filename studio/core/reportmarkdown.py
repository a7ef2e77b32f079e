"""Writes a report as Markdown; pictures become the tables of their numbers."""

from __future__ import annotations

from studio.core.reportblocks import Block, Exchange, Picture, Readings, Report, Table, Words
from studio.core.reporttext import fenced, in_markdown, one_line, quoted


def markdown_of(report: Report) -> str:
    """Return a report as Markdown; it holds no HTML and no link."""
    parts = [f"# {_flat(report.title)}", _flat(report.line)]
    for section in report.sections:
        if section.blocks:
            parts += [f"## {_flat(section.title)}", blocks_text(section.blocks)]
    parts += ["---", _flat(report.foot)]
    return "\n\n".join(parts) + "\n"


def blocks_text(blocks: tuple[Block, ...]) -> str:
    """Return blocks as Markdown."""
    return "\n\n".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Words(text=text, strong=strong):
            return f"**{_flat(text)}**" if strong else _flat(text)
        case Table():
            return _table(block)
        case Picture(told=told, table=table):
            return f"{_flat(told)}\n\n{_table(table)}"
        case Readings(items=items):
            return "\n".join(
                f"- {_flat(name)}: **{_flat(value)}**" + (f" ({_flat(beside)})" if beside else "")
                for name, value, beside in items
            )
        case Exchange(title=title, voices=voices):
            said = [f"### {_flat(title)}"]
            for voice in voices:
                said += [f"{_flat(voice.who)}:", fenced(quoted(voice.text))]
            return "\n\n".join(said)


def _table(table: Table) -> str:
    heads = table.heads or ("",) * len(table.rows[0] if table.rows else ())
    rule = ["---:" if at in table.numbers else "---" for at in range(len(heads))]
    lines = [_row(tuple(map(_flat, heads))), _row(tuple(rule))]
    lines += [_row(tuple(map(_flat, row))) for row in table.rows]
    text = "\n".join(lines)
    return f"{_flat(table.caption)}\n\n{text}" if table.caption else text


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _flat(text: str) -> str:
    return in_markdown(one_line(text, 1_000))
