"""Free room on the disk a folder lies on."""

from __future__ import annotations

from pathlib import Path

import psutil

from studio.core.problems import DiskFullError, StudioError
from studio.core.units import file_size


def free_bytes(place: Path) -> int:
    """Return the bytes that may still be written where a folder lies or would be made.

    Raises:
        StudioError: the disk does not answer.
    """
    existing = next(path for path in (place, *place.absolute().parents) if path.exists())
    try:
        return int(psutil.disk_usage(str(existing)).free)
    except OSError as err:
        raise StudioError(
            f"The disk of {existing} does not answer: {err.strerror or err}.",
            "Connect it again, or choose another workspace.",
        ) from err


def require_room(place: Path, needed: int, what: str) -> None:
    """Refuse what would fill the disk.

    Args:
        place: a folder that is there or would be made.
        needed: bytes.
        what: what needs them, as the start of a sentence: "Two checkpoints and the adapter".

    Raises:
        DiskFullError: fewer bytes are free.
    """
    free = free_bytes(place)
    if free < needed:
        raise DiskFullError(
            f"{what} need {file_size(needed)}; {file_size(free)} are free where {place} lies.",
            f"Free {file_size(needed - free)}, or choose a workspace on another disk.",
        )
