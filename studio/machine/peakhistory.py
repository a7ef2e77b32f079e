"""What runs and measurements took on this computer: one record a line, in a file of the user's."""

from __future__ import annotations

import json
import os
from pathlib import Path

from studio.core.calibration import Calibration, calibrate
from studio.core.peakrecord import PeakRecord
from studio.core.problems import StudioError
from studio.machine.places import peaks_file

MOST = 400
"""Records that are kept; older ones say little of today's libraries."""
MOST_BYTES = 4 * 1024**2
"""Of the file, from its end, that are read: many times what the records need."""


def read_peaks(path: Path | None = None) -> list[PeakRecord]:
    """Return the records, oldest first; lines that are damaged or of another program are left out.

    A run that was measured more than once, since it was paused say, is there with its highest peak.

    Args:
        path: the file; that of this user by default.
    """
    kept: dict[object, PeakRecord] = {}
    for number, record in enumerate(_lines(path or peaks_file())):
        key: object = record.run or number
        before = kept.pop(key, None)
        kept[key] = before if before and before.measured > record.measured else record
    return list(kept.values())[-MOST:]


def keep_peak(record: PeakRecord, path: Path | None = None) -> None:
    """Add a record; the file is written anew when it has grown too long.

    Args:
        record: what was predicted and measured.
        path: the file; that of this user by default.

    Raises:
        StudioError: the file cannot be written.
    """
    path = path or peaks_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MOST_BYTES // 2:
            _write(path, read_peaks(path)[-MOST // 2 :])
        # A leading line break ends a line that a full disk or a crash has left unfinished
        line = b"\n" + json.dumps(record.to_mapping()).encode() + b"\n"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(fd, line)  # one call: two processes that end together do not mix their lines
        finally:
            os.close(fd)
    except OSError as err:
        raise StudioError(
            f"What was measured could not be kept in {path}: {err.strerror or err}.",
            "Look whether the disk is full, and who may write there.",
        ) from err


def calibration_here(device: str, quantization: str) -> Calibration:
    """Return what this user's records say of predictions for a device (cuda or cpu)."""
    return calibrate(read_peaks(), device, quantization)


def _lines(path: Path) -> list[PeakRecord]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - MOST_BYTES))
            lines = file.read(MOST_BYTES).splitlines()
    except OSError:
        return []  # nothing was measured yet, or it cannot be read: nothing is counted in
    return [record for line in lines if (record := _record(line)) is not None]


def _record(line: bytes) -> PeakRecord | None:
    try:
        values = json.loads(line)
        return PeakRecord.from_mapping(values) if isinstance(values, dict) else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _write(path: Path, records: list[PeakRecord]) -> None:
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    text = "".join(json.dumps(record.to_mapping()) + "\n" for record in records)
    staging.write_text(text, "utf-8")
    staging.replace(path)
