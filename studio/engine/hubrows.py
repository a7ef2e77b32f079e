"""Reads the rows of a Hub dataset over the network and writes each as a line of JSON.

JSON, CSV and Parquet are read by our own readers, since those of the library make dates, numbers
and blanks of texts; everything else is read by the library, by the batch.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import pyarrow as pa
from datasets import IterableDataset, load_dataset, load_dataset_builder
from datasets.utils.logging import disable_progress_bar
from huggingface_hub import HfFileSystem

from studio.core.problems import FetchError
from studio.data.fileformats import Format, read_head, written
from studio.data.jsonarray import read_json
from studio.data.records import Record, preview
from studio.data.rowvalues import dump
from studio.data.tablerows import read_table
from studio.engine.growth import Tell
from studio.engine.hubdata import explained
from studio.engine.parquetrows import blocks, lines_of, opened
from studio.engine.stagedrows import StagedFile, staged_file

TAKEN = ("json", "csv", "parquet", "arrow", "text", "xml")
"""Builders of the library whose files hold rows of text."""
SPLIT, HUB_SPLIT = "split", "hub_split"
_BATCH_ROWS = 256
_OURS = {"train": r"train", "validation": r"val|dev", "test": r"test"}
_OUR_FILES = re.compile(r"\.(parquet|(jsonl?|ndjson|csv|tsv)(\.gz)?)$", re.IGNORECASE)


def builder_of(repo: str, revision: str, config: str) -> Any:
    """Return the library's builder of a configuration; it has read no rows yet.

    Raises:
        FetchError: it cannot be had, or its files are not of rows.
    """
    disable_progress_bar()
    with explained(repo, revision):
        builder = load_dataset_builder(repo, config or None, revision=revision)
    kind = type(builder).__module__.rpartition(".")[2]
    if kind not in TAKEN:
        raise FetchError(
            f"{repo} holds {kind} files, not rows of text.",
            "JSON, CSV, Parquet, Arrow and text can be taken.",
        )
    return builder


def splits_of(builder: Any) -> list[str]:
    """Return the names of a configuration's splits."""
    return [str(name) for name in builder.config.data_files or builder.info.splits or ()]


def take(
    repo: str, revision: str, config: str, split: str, into: Path, tell: Tell
) -> tuple[int, list[str]]:
    """Write the rows of a dataset's splits to a file; return how many, and notes for the user.

    Each row says in the column "hub_split" which split it is from, and in "split" which of ours
    that is, if there is more than one split and it has no such column of its own.

    Raises:
        FetchError: there is no such part, or the connection broke.
        DiskFullError: there is no room.
    """
    builder = builder_of(repo, revision, config)
    there = splits_of(builder)
    chosen = [split] if split else there
    if not chosen or any(name not in there for name in chosen):
        raise FetchError(
            f"{repo} has no split {split!r}.", f"It has {', '.join(there[:12]) or 'none'}."
        )
    rows, notes = 0, []
    with staged_file(into) as staged, explained(repo, revision):
        for name in chosen:
            marks = marks_of(name) if len(chosen) > 1 or marks_of(name)[SPLIT] != "train" else {}
            for count in _take_split(builder, revision, name, marks, staged, tell):
                rows += count
            if len(chosen) > 1 and not ours(name):
                notes.append(f"The split {name} is none of ours; its rows come in for training.")
    return rows, notes


def ours(split: str) -> str:
    """Return which of our splits one of the Hub's is; empty if none."""
    found = (name for name, known in _OURS.items() if re.match(known, split.lower()))
    return next(found, "")


def marks_of(split: str) -> dict[str, str]:
    """Return the columns that say where a row is from."""
    return {SPLIT: ours(split) or "train", HUB_SPLIT: split}


def _take_split(
    builder: Any, revision: str, split: str, marks: dict[str, str], staged: StagedFile, tell: Tell
) -> Iterator[int]:
    files = [str(file) for file in (builder.config.data_files or {}).get(split, ())]
    if files and all(_OUR_FILES.search(file) for file in files):
        for file in files:
            yield from _take_file(file, marks, staged, tell)
        return
    rows = load_dataset(
        builder.repo_id,
        builder.config.name,
        split=split,
        streaming=True,
        revision=revision,
    )
    yield from _take_batches(cast(IterableDataset, rows), split, marks, staged, tell)


def _take_batches(
    rows: IterableDataset, split: str, marks: dict[str, str], staged: StagedFile, tell: Tell
) -> Iterator[int]:
    """Write what the library reads; yield the number of rows of each batch."""
    info = (rows.info.splits or {}).get(split)
    done, total = 0, int(info.num_examples) if info is not None else 0
    for table in rows.with_format("arrow").iter(_BATCH_ROWS):
        for batch in cast(pa.Table, table).to_batches():
            staged.write(marked(lines_of(batch), marks))
            done += batch.num_rows
            tell(f"Reading rows of {split}", min(done, total or done), total)
            yield batch.num_rows


def _take_file(url: str, marks: dict[str, str], staged: StagedFile, tell: Tell) -> Iterator[int]:
    """Write the rows of a file as they are; yield a count now and then."""
    files = HfFileSystem()
    name = Path(url.partition("@")[2] or url)
    size = int(files.info(url)["size"])
    with files.open(url, "rb", block_size=1 << 20) as remote:
        if name.suffix.lower() == ".parquet":
            with opened(remote, name.name) as file:
                for block, count in blocks(file, name.name, tell):
                    staged.write(marked(block, marks))
                    yield count
            return
        packed = name.suffix.lower() == ".gz"
        plain = cast(BinaryIO, io.BufferedReader(cast(Any, remote)))
        plain = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if packed else plain
        for line in _file_lines(plain, name.with_suffix("") if packed else name):
            staged.write(marked(line, marks))
            tell(f"Reading {name.name}", min(int(remote.tell()), size), size)
            yield 1


def _file_lines(file: BinaryIO, path: Path) -> Iterable[bytes]:
    how = written(path.name, read_head(file))
    file.seek(0)
    if how.format is Format.JSONL:
        return _ended(file)
    if how.format is Format.JSON:
        return _record_lines(read_json(file, path.name))
    return _record_lines(read_table(file, how.delimiter, path.name))


def _ended(file: IO[bytes]) -> Iterator[bytes]:
    for line in file:
        if line.strip():
            yield line if line.endswith(b"\n") else line + b"\n"


def _record_lines(records: Iterable[Record]) -> Iterator[bytes]:
    for record in records:
        if record.values is None:  # the import says what is wrong with it
            shown = preview(record.raw or b"")
            yield json.dumps(f"{record.fault}: {shown}").encode() + b"\n"
        else:
            yield dump(record.values).encode("utf-8", "surrogatepass") + b"\n"


def marked(lines: bytes, marks: dict[str, str]) -> bytes:
    """Add columns to lines of JSON objects; a column that a line has already stays as it is."""
    if not marks:
        return lines
    made = []
    for line in lines.removesuffix(b"\n").split(b"\n"):
        body = line.strip()
        new = {k: v for k, v in marks.items() if not _names(body, k)}
        if not new or not (body.startswith(b"{") and body.endswith(b"}")):
            made.append(line + b"\n")  # what is no object the import names
            continue
        start = body[:-1].rstrip()
        between = b"" if start == b"{" else b", "
        made.append(start + between + json.dumps(new, ensure_ascii=False)[1:].encode() + b"\n")
    return b"".join(made)


def _names(body: bytes, column: str) -> bool:
    """Return whether an object has a column; most are told apart without being parsed."""
    if json.dumps(column).encode() not in body:
        return False
    try:
        return column in json.loads(body)
    except (ValueError, RecursionError):
        return True  # it is no JSON, and stays as it is
