"""Writes a dataset to a file, or makes it over as a dataset of another kind.

``exchange export DATASET --into FILE`` and ``exchange convert DATASET --to KIND --into DATASET``.
In a process of its own, so that the window goes on while a million rows are written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studio.core.problems import StudioError
from studio.core.protocol import Converted
from studio.data.converting import convert, way_named
from studio.data.datasetinfo import write_entry
from studio.data.exporting import ExportReport, export
from studio.data.exportplan import Container, ExportPlan, plan_of
from studio.data.exportrows import Rows
from studio.data.rowreader import RowReader
from studio.data.store import Dataset
from studio.engine.convert import teller
from studio.engine.growth import Tell
from studio.engine.replypipe import ReplyPipe


def main(argv: Sequence[str]) -> int:
    """Do one of the two and tell about it on stdout."""
    parser = argparse.ArgumentParser(prog="studio.engine exchange")
    parser.add_argument("act", choices=("export", "convert"))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--into", required=True, type=Path)
    parser.add_argument("--plan", default="{}", help="what to export, as JSON")
    parser.add_argument("--ids", type=Path, help="the rows to export, as a numpy file")
    parser.add_argument("--to", default="", help="the kind to convert to")
    parser.add_argument("--how", default="", help="the way to convert")
    args = parser.parse_args(argv)
    with ReplyPipe() as pipe:
        tell = teller(pipe)
        try:
            with Dataset.open(args.dataset, read_only=True) as dataset:
                if args.act == "export":
                    ids = np.load(args.ids, allow_pickle=False) if args.ids else None
                    plan = plan_of(json.loads(args.plan), ids)
                    report = export_any(dataset, args.into, plan, tell)
                    rows, said = report.rows, report.sentence
                else:
                    made = convert(
                        dataset,
                        args.into,
                        way_named(dataset.kind, args.to, args.how),
                        progress=lambda done, total: tell("Making rows over", done, total),
                    )
                    rows, said = made.rows, made.sentence
        except StudioError as problem:
            pipe.fail(0, problem)
        else:
            pipe.send(Converted(id=0, path=str(args.into), rows=rows, notes=[said]))
    return 0


def export_any(dataset: RowReader, path: Path, plan: ExportPlan, tell: Tell) -> ExportReport:
    """Write rows to a file of any kind, Parquet too; see :func:`studio.data.exporting.export`.

    Raises:
        DataError: the place cannot be written to.
        DiskFullError: there is no room.
    """

    def progress(done: int, total: int) -> None:
        tell("Writing rows", done, total)

    if plan.container is not Container.PARQUET:
        return export(dataset, path, plan, progress=progress)
    from studio.engine.parquetfile import write_parquet  # pyarrow loads in half a second

    with tempfile.TemporaryDirectory(prefix=".graft-", dir=_folder(path)) as folder:
        lines = Path(folder) / "rows.jsonl"
        report = export(dataset, lines, plan.as_lines, progress=progress)
        _, notes = write_parquet(lines, path, tell)
    if plan.info:
        write_entry(path, Rows(dataset, plan).reading)
    return ExportReport(
        path, report.rows, report.lines, report.left_out, report.reasons, tuple(notes)
    )


def _folder(path: Path) -> Path | None:
    """Return the folder of a file if it is there; the export says it if not."""
    return path.parent if path.parent.is_dir() else None
