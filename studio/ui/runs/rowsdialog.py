"""Shows examples of the rows that two runs do not share."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.data.rowsdiff import RowChange, RowsDiff
from studio.ui.dialogs.frame import Dialog
from studio.ui.widgets.cells import Entry
from studio.ui.widgets.lists import EntryList

WIDTH, HEIGHT = 720, 460
MOST_WORDS = 400
_TITLES = {
    "added": ("Only in {second}", "right", "good"),
    "removed": ("Only in {first}", "left", "frozen"),
    "changed": ("Changed", "edit", "warning"),
    "moved": ("In another split", "split", "plain"),
}


class RowsDialog(Dialog):
    """A list of rows; each says in which run it is, and what it says."""

    def __init__(self, parent: QWidget | None, diff: RowsDiff, titles: tuple[str, str]) -> None:
        first, second = titles
        counts = [
            f"{getattr(diff, kind):,} {words[0].format(first=first, second=second).lower()}"
            for kind, words in _TITLES.items()
            if getattr(diff, kind)
        ]
        shown = sum(map(len, diff.examples.values()))
        whole = sum(getattr(diff, kind) for kind in _TITLES)
        more = f" The first {shown:,} of {whole:,} are shown." if shown < whole else ""
        super().__init__(parent, "Rows that differ", f"{'; '.join(counts)}.{more}")
        self.list = EntryList("Rows that differ")
        entries = [
            _entry(kind, change, titles)
            for kind, changes in diff.examples.items()
            for change in changes
        ]
        self.list.set_entries(entries, 0 if entries else -1)
        self.body.addWidget(self.list, 1)
        self.resize(WIDTH, HEIGHT)
        self.add_act("Close")


def _entry(kind: str, change: RowChange, titles: tuple[str, str]) -> Entry:
    words, icon, tone = _TITLES[kind]
    name = _words(change.after or change.before)
    where = f"{change.dataset} " if change.dataset else ""
    split = " → ".join(dict.fromkeys(split for split in change.splits if split))
    below = f"{where}row {change.row:,} · {split}"
    if kind == "changed":
        below += " · " + "; ".join(_changed(change))
    mark = words.format(first=titles[0], second=titles[1])
    return Entry(name[:MOST_WORDS], below[:MOST_WORDS], icon, mark[:40], tone, _both(change))


def _words(texts: tuple[tuple[str, str], ...]) -> str:
    return " · ".join(" ".join(text[:MOST_WORDS].split()) for _, text in texts if text)


def _changed(change: RowChange) -> list[str]:
    """Return what each changed field said before."""
    before = dict(change.before)
    return [
        f"{field} was “{' '.join(before.get(field, '')[:120].split())}”"
        for field, text in change.after
        if before.get(field) != text
    ]


def _both(change: RowChange) -> str:
    parts = [f"Before: {_words(change.before)}"] if change.before else []
    parts += [f"After: {_words(change.after)}"] if change.after else []
    return "\n".join(parts)[:2000]
