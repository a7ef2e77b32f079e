"""What runs and measurements took on this computer, for predictions and for the plot of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.calibration import Calibration, calibrate
from studio.core.pace import newest_speed
from studio.core.peakrecord import PeakRecord
from studio.core.recipe import Recipe
from studio.machine.peakhistory import keep_peak, read_peaks
from studio.machine.places import peaks_file


class PeakLibrary(QObject):
    """Holds this computer's records; read when they are first wanted, and when the file changes.

    Args:
        path: the file; that of this user by default.

    Signals:
        changed(): there are other records than before.
    """

    changed = Signal()

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path or peaks_file()
        self._stamp: tuple[int, int] | None = None
        self._records: list[PeakRecord] = []
        self._calibrations: dict[tuple[str, str], Calibration] = {}

    def records(self) -> list[PeakRecord]:
        """Return the records, oldest first."""
        self._read()
        return self._records

    def refresh(self) -> None:
        """Look whether the file has changed, as it does when a run ends."""
        if self._read():
            self.changed.emit()

    def keep(self, record: PeakRecord) -> None:
        """Add a record.

        Raises:
            StudioError: it cannot be written.
        """
        keep_peak(record, self._path)
        self.refresh()

    def calibration(self, device: str, quantization: str) -> Calibration:
        """Return what the records say of predictions for a device (cuda or cpu)."""
        records = self.records()
        key = (device, quantization)
        if key not in self._calibrations:
            self._calibrations[key] = calibrate(records, device, quantization)
        return self._calibrations[key]

    def speed(self, model: str, device: str) -> tuple[float, Recipe] | None:
        """Return the newest measured tokens a second of a model, and the settings it was with.

        Args:
            model: its name.
            device: cuda or cpu.
        """
        return newest_speed(self.records(), model, device)

    def _read(self) -> bool:
        """Read the file if it has changed; return whether it has."""
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return False
        self._stamp, self._records = stamp, read_peaks(self._path)
        self._calibrations.clear()
        return True

    def _stamp_now(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return 0, 0  # nothing was measured yet
        return found.st_mtime_ns, found.st_size
