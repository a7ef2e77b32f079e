"""Headers of safetensors files: what weights there are, without reading a single one of them.

Format: 8 bytes little-endian length, that many bytes of JSON, then the numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.problems import ModelError

MAX_HEADER = 100_000_000
"""Bytes; safetensors itself refuses longer headers."""
DTYPES = {
    "F64": ("fp64", 8),
    "F32": ("fp32", 4),
    "F16": ("fp16", 2),
    "BF16": ("bf16", 2),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
    "F8_E4M3": ("fp8", 1),
    "F8_E5M2": ("fp8", 1),
}
AGAIN = "Fetch the model again; the file did not come over whole."


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file: its name, type ("bf16") and dimensions."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def read_tensors(path: Path) -> list[Tensor]:
    """Return the tensors of a safetensors file, checked against the file's size.

    Raises:
        ModelError: the file is cut short or its header is not one.
    """
    try:
        whole = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if whole < 8 or length > min(MAX_HEADER, whole - 8):
                raise ModelError(f"{path.name} is cut short or is no safetensors file.", AGAIN)
            header = json.loads(file.read(length))
    except OSError as err:
        raise ModelError(
            f"{path.name} cannot be read: {err.strerror or err}.", "Check the folder's permissions."
        ) from err
    except (ValueError, RecursionError) as err:
        raise ModelError(f"{path.name} has a broken header.", AGAIN, details=str(err)) from err
    if not isinstance(header, dict):
        raise ModelError(f"{path.name} has a broken header.", AGAIN)
    return list(_tensors(path.name, header, whole - 8 - length))


def _tensors(file: str, header: dict[str, Any], room: int) -> Iterator[Tensor]:
    end = 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        try:
            dtype, each = DTYPES[entry["dtype"]]
            shape = tuple(int(side) for side in entry["shape"])
            start, stop = (int(at) for at in entry["data_offsets"])
        except (KeyError, TypeError, ValueError) as err:
            raise ModelError(
                f"{file} has a broken header.", AGAIN, details=f"{name!r:.80}: {entry!r:.200}"
            ) from err
        fits = 0 <= start <= stop and stop - start == math.prod(shape) * each
        if not fits or any(side < 0 for side in shape):
            raise ModelError(f"{file} has a broken header.", AGAIN, details=f"{name!r:.80}")
        end = max(end, stop)
        yield Tensor(name, dtype, shape)
    if end > room:
        raise ModelError(f"{file} is cut short: {end - room:,} bytes are missing.", AGAIN)
