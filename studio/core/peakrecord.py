"""One measured peak beside its prediction, as it is kept on a computer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

KINDS = ("run", "measurement")
"""What was measured: a whole run, or two steps of one on its longest rows."""
CARD, PROCESSOR = "cuda", "cpu"
_MOST_TEXT = 200
_MOST_BYTES = 1 << 50
_MOST_SPEED = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakRecord:
    """A peak that was predicted and measured; sizes in bytes.

    Attributes:
        kind: one of KINDS.
        name: the run's title, or the model that was measured.
        run: the run's id; empty for a measurement.
        time: when it ended, in seconds since the epoch.
        device: "cpu" or "cuda:0", with the name of the processor or card.
        quantization: nf4, fp4, int8 or none.
        predicted: what was shown before.
        plain: the same without what this computer's records added to it.
        measured: the most that the process held.
        parts: the plain prediction, part by part.
        model: name of the base model.
        method: the recipe's, in its own word.
        recipe: the settings that time depends on.
        tokens_per_second: non-padding tokens a second in steps; 0 where not known.
    """

    kind: str
    name: str
    predicted: int
    plain: int
    measured: int
    device: str
    quantization: str
    run: str = ""
    time: float = 0.0
    model: str = ""
    method: str = ""
    tokens_per_second: float = 0.0
    parts: Mapping[str, int] = field(default_factory=dict[str, int])
    recipe: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def off(self) -> float:
        """How far the measured peak was from what was shown, as a share: 0.04 is 4 % more."""
        return self.measured / self.predicted - 1

    @property
    def key(self) -> tuple[str, bool]:
        """Return what computer and backend it stands for: see :func:`backend_key`."""
        return backend_key(self.device, self.quantization)

    def to_mapping(self) -> dict[str, Any]:
        """Return the record as plain values."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return found | {"parts": dict(self.parts), "recipe": dict(self.recipe)}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> PeakRecord:
        """Return the record that plain values stand for; unknown ones are passed over.

        Raises:
            ValueError: a value is missing or is no such value.
        """

        def text(name: str) -> str:
            return str(values.get(name, ""))[:_MOST_TEXT]

        if values.get("kind") not in KINDS or not text("device"):
            raise ValueError("neither a run nor a measurement on a device")
        parts, recipe = values.get("parts", {}), values.get("recipe", {})
        if not isinstance(parts, dict) or not isinstance(recipe, dict):
            raise ValueError("parts or recipe is no table")
        speed = _number(values.get("tokens_per_second", 0.0))
        return cls(
            kind=str(values["kind"]),
            time=_number(values.get("time", 0.0)),
            tokens_per_second=speed if 0 <= speed <= _MOST_SPEED else 0.0,
            parts={str(name): int(_number(size)) for name, size in parts.items()},
            recipe={str(name): value for name, value in recipe.items()},
            predicted=_size(values.get("predicted")),
            plain=_size(values.get("plain")),
            measured=_size(values.get("measured")),
            name=text("name"),
            run=text("run"),
            device=text("device"),
            quantization=text("quantization"),
            model=text("model"),
            method=text("method"),
        )


def backend_key(device: str, quantization: str) -> tuple[str, bool]:
    """Return what errors of a prediction have in common: the device, and whose kernels run.

    Args:
        device: "cpu" or "cuda:0 NVIDIA ...", or only the kind of device.
        quantization: nf4, fp4, int8 or none.
    """
    kind = CARD if device.startswith(CARD) else PROCESSOR
    return kind, quantization != "none"


def _size(value: object) -> int:
    size = _number(value)
    if not 0 < size < _MOST_BYTES:
        raise ValueError(f"{value!r} is no size of memory")
    return int(size)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
