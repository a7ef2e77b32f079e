"""Writes a report as one HTML page that needs nothing else: no script, no link, no font."""

from __future__ import annotations

from studio.core.reportblocks import Block, Exchange, Picture, Readings, Report, Table, Words
from studio.core.reporttext import in_html, one_line, quoted
from studio.core.resources import resource

_STYLE = "report/report.css"
_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
"""


def html_of(report: Report) -> str:
    """Return a report as an HTML page.

    Raises:
        OSError: the style that comes with the studio is missing.
    """
    style = resource(_STYLE).read_text(encoding="utf-8")
    title = in_html(one_line(report.title))
    parts = [_HEAD.format(policy=_NOTHING_ELSE, title=title, style=style)]
    kind, line = in_html(report.kind), in_html(one_line(report.line, 500))
    parts.append(f'<header><p class="kind">{kind}</p>\n<h1 dir="auto">{title}</h1>\n')
    parts.append(f'<p class="line" dir="auto">{line}</p></header>\n')
    for section in report.sections:
        if section.blocks:
            body = "\n".join(map(_block, section.blocks))
            heading = in_html(one_line(section.title))
            parts.append(f"<section>\n<h2>{heading}</h2>\n{body}\n</section>\n")
    parts.append(f"<footer>{in_html(one_line(report.foot))}</footer>\n</main>\n</body>\n</html>\n")
    return "".join(parts)


def _block(block: Block) -> str:
    match block:
        case Words(text=text, strong=strong):
            kind = ' class="strong"' if strong else ""
            return f'<p{kind} dir="auto">{in_html(one_line(text, 2_000))}</p>'
        case Table():
            return _table(block)
        case Picture(svg=svg, told=told):
            return f"<figure>{svg}<figcaption>{in_html(one_line(told, 600))}</figcaption></figure>"
        case Readings(items=items):
            return f'<dl class="readings">{"".join(map(_reading, items))}</dl>'
        case Exchange():
            return _exchange(block)


def _reading(item: tuple[str, str, str]) -> str:
    name, value, beside = (in_html(one_line(text)) for text in item)
    return f'<div><dt>{name}</dt><dd><b>{value}</b><span dir="auto">{beside}</span></dd></div>'


def _table(table: Table) -> str:
    caption = f"<caption>{in_html(one_line(table.caption))}</caption>" if table.caption else ""
    heads = "".join(
        f'<th scope="col"{_side(table, at)}>{in_html(one_line(head))}</th>'
        for at, head in enumerate(table.heads)
    )
    head = f"<thead><tr>{heads}</tr></thead>" if heads else ""
    rows = "".join(_row(table, at) for at in range(len(table.rows)))
    kind = "" if heads else ' class="facts"'
    return f'<div class="wide"><table{kind}>{caption}{head}<tbody>{rows}</tbody></table></div>'


def _row(table: Table, at: int) -> str:
    tone = f' class="{table.tones[at]}"' if table.tones and table.tones[at] else ""
    cells = "".join(
        f'<td dir="auto"{_side(table, place)}>{in_html(one_line(cell))}</td>'
        for place, cell in enumerate(table.rows[at])
    )
    return f"<tr{tone}>{cells}</tr>"


def _side(table: Table, at: int) -> str:
    return ' class="number"' if at in table.numbers else ""


def _exchange(block: Exchange) -> str:
    said = "".join(
        f'<div class="voice {voice.tone}"><h4 dir="auto">{in_html(one_line(voice.who))}</h4>'
        f'<p dir="auto">{in_html(quoted(voice.text)) or "<i>nothing</i>"}</p></div>'
        for voice in block.voices
    )
    return f'<div class="exchange"><h3 dir="auto">{in_html(one_line(block.title))}</h3>{said}</div>'
