"""A file that is being made beside its place: it appears whole and on the disk, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from studio.core.problems import DataError, DiskFullError
from studio.core.units import file_size

MARGIN = 200_000_000
"""Bytes that are always left on the disk."""
_LOOK_EVERY = 16_000_000
"""Bytes written between two looks at the free room."""


class StagedFile:
    """What is written to a new file; looks at the room on its disk as it grows.

    Attributes:
        size: bytes written so far.
    """

    def __init__(self, file: BinaryIO, place: Path, most: int) -> None:
        self._file, self._place, self._most = file, place, most
        self._next_look = 0
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            DiskFullError: hardly any room is left.
            DataError: the file has become larger than it may.
        """
        self._file.write(data)
        self.size += len(data)
        if self.size > self._next_look:
            self._next_look = self.size + _LOOK_EVERY
            need_room(self._place.parent, len(data))
        if self._most and self.size > self._most:
            raise DataError(
                f"The file unpacks to more than {file_size(self._most)}, far more than its size"
                " lets expect.",
                "It may be damaged, or made to fill disks. If it is not, import it in parts.",
            )


@contextmanager
def staged_file(path: Path, most: int = 0) -> Iterator[StagedFile]:
    """Give a file to write to that takes its place when the body ends well.

    Args:
        path: where it goes; what is there is replaced.
        most: bytes it may have; 0 for no limit.

    Raises:
        DiskFullError: there is no room.
        DataError: the place cannot be written to.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb", buffering=1 << 20) as file:
            yield StagedFile(file, path, most)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as err:
        raise explained(path, err) from err
    finally:
        partial.unlink(missing_ok=True)


def need_room(folder: Path, size: int) -> None:
    """Refuse to fill the disk.

    Raises:
        DiskFullError: fewer bytes than that and a margin are free.
    """
    free = shutil.disk_usage(folder).free
    if free < size + MARGIN:
        raise DiskFullError(
            f"The disk of {folder} is nearly full: {file_size(free)} are left.",
            "Free some room, then do it again; what was begun has been removed.",
        )


def explained(path: Path, err: OSError) -> DataError | DiskFullError:
    """Return the sentence for a file that could not be written."""
    if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(
            f"The disk is full: {path.name} was not written.",
            "Free some room, then do it again; what was begun has been removed.",
            details=str(err),
        )
    return DataError(
        f"{path} cannot be written: {err.strerror or err}.",
        "Choose another place, or make this one writable.",
        details=str(err),
    )
