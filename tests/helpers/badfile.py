"""What a file as it should not be is, and what an import has to say about it.

A case names the rows that come in and the line and reason of each that does not; the byte is that
of the line's start, found in the content. A file that cannot be imported at all is refused with a
sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GOOD = b'{"instruction": "q", "input": "", "output": "a"}'
BAD = b'{"instruction": "q" "output": "a"}'
COMMA = "a comma is missing at column 21"
CHAT = b'{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'
SHARE = b'{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}'
PAIR = b'{"prompt": "q", "chosen": "a", "rejected": "b"}'
MARKED = b'{"prompt": "q", "completion": "a", "label": true}'


@dataclass(frozen=True)
class BadFile:
    """A file and its verdict.

    Attributes:
        title: what is wrong with it.
        name: of the file.
        content: of the file.
        rows: how many rows come in; None if the file is refused.
        problems: line and words of the reason of each row that does not.
        said: words of the sentence with which the file is refused.
        texts: texts of the first row, where they could have been changed.
        zipped: whether lines and bytes count in what is packed, not in the file.
    """

    title: str
    name: str
    content: bytes
    rows: int | None = None
    problems: tuple[tuple[int, str], ...] = ()
    said: str = ""
    texts: tuple[str, ...] = ()
    inside: bytes = field(default=b"", repr=False)

    def byte(self, line: int) -> int:
        """Return where a line starts, from 1."""
        content = self.inside or self.content
        at = 0
        for _ in range(line - 1):
            at = content.index(b"\n", at) + 1
        return at


def refused(title: str, name: str, content: bytes, said: str) -> BadFile:
    """Return a file that cannot be imported."""
    return BadFile(title, name, content, said=said)


def between(title: str, line: bytes, reason: str, good: bytes = GOOD) -> BadFile:
    """Return lines of which the second is bad."""
    content = good + b"\n" + line + b"\n" + good + b"\n"
    return BadFile(title, "rows.jsonl", content, 2, ((2, reason),))
