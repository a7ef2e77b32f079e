"""Packed files as they should not be."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator

from tests.helpers.badfile import BAD, COMMA, GOOD, PAIR, BadFile, refused


def packed() -> Iterator[BadFile]:
    """Yield packed files."""
    lines = GOOD + b"\n" + BAD + b"\n" + GOOD + b"\n"
    packed = gzip.compress(lines)
    yield BadFile("packed lines", "rows.jsonl.gz", packed, 2, ((2, COMMA),), inside=lines)
    yield BadFile("packed under another name", "rows.jsonl", packed, 2, ((2, COMMA),), inside=lines)
    yield refused(
        "a packed file that is cut",
        "rows.jsonl.gz",
        gzip.compress(GOOD * 5000)[:-40],
        "is damaged or cut short",
    )
    wrong = bytearray(gzip.compress(GOOD * 50))
    wrong[-6] ^= 0xFF
    yield refused(
        "a packed file with a wrong sum", "rows.jsonl.gz", bytes(wrong), "is damaged or cut short"
    )
    yield refused(
        "packed twice", "rows.jsonl.gz", gzip.compress(gzip.compress(GOOD)), "is packed twice"
    )
    yield refused("a packed file of nothing", "rows.jsonl.gz", gzip.compress(b""), "is empty")
    yield refused("a bomb", "rows.jsonl.gz", bomb(80), "unpacks to more than")
    yield BadFile("a zip of two", "rows.zip", zipped({"a.jsonl": GOOD, "b.jsonl": GOOD}), 2)
    yield BadFile(
        "a zip with names that lead out",
        "rows.zip",
        zipped({"../../../tmp/a.jsonl": GOOD, "/etc/b.jsonl": GOOD, "c:\\d.jsonl": GOOD}),
        3,
    )
    yield BadFile(
        "a zip with other files",
        "rows.zip",
        zipped({"a.jsonl": GOOD, "b.png": b"x", "__MACOSX/._a.jsonl": b"x"}),
        1,
    )
    yield refused(
        "a zip without rows",
        "rows.zip",
        zipped({"b.png": b"x"}),
        "holds no file that can be imported",
    )
    yield refused("a zip of nothing", "rows.zip", zipped({}), "holds no file that can be imported")
    yield refused(
        "a zip that is cut",
        "rows.zip",
        zipped({"a.jsonl": GOOD * 99})[:-30],
        "is damaged or cut short",
    )
    yield refused(
        "a zip with a wrong sum",
        "rows.zip",
        zipped({"a.jsonl": GOOD}, zipfile.ZIP_STORED).replace(
            b'"output": "a"', b'"output": "b"', 1
        ),
        "is damaged or cut short",
    )
    yield refused("a locked zip", "rows.zip", _locked(), "is locked with a password")
    yield refused(
        "a zip bomb", "rows.zip", zipped({"a.jsonl": b"\n" * 80_000_000}), "unpacks to more than"
    )
    yield refused(
        "two kinds in a zip",
        "rows.zip",
        zipped({"a.jsonl": GOOD, "b.jsonl": PAIR}),
        "rows of different kinds",
    )
    yield refused("a tar archive", "rows.tar", _tar(), "is a tar archive")
    yield refused("a packed tar archive", "rows.tar.gz", gzip.compress(_tar()), "is a tar archive")
    yield refused(
        "a Parquet file without its name", "rows.jsonl", b"PAR1" + b"x" * 99, "is a Parquet file"
    )


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def bomb(mib: int) -> bytes:
    """Return a packed file that unpacks to so many MiB of blank lines behind a good row."""
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=9) as file:
        file.write(GOOD + b"\n")
        for _ in range(mib):
            file.write((b" " * 4095 + b"\n") * 256)
    return held.getvalue()


def _locked() -> bytes:
    made = bytearray(zipped({"a.jsonl": GOOD}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(mark) + place] |= 1
    return bytes(made)


def _tar() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        info = tarfile.TarInfo("rows.jsonl")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
    return held.getvalue()
