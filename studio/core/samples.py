"""The prompts whose answers are watched while a run trains: a recipe's ``[samples]`` table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.knobs import nearest

MOST_PROMPTS = 32
"""Prompts answered at a checkpoint, own and held-out together."""
MOST_CHARACTERS = 20_000
"""Of one prompt."""
MOST_SECONDS, LEAST_SECONDS, SHARE = 30.0, 2.0, 0.1
"""Limits of the time at one checkpoint where the recipe leaves it open, and its share of what
training took since the answers before: on a processor an answer can take as long as ten steps."""


class SamplesFault(ValueError):
    """A table that cannot be; the reason as the end of a sentence that begins with "samples"."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What is asked at each checkpoint, and how long an answer may take.

    Attributes:
        prompts: the user's own, in order.
        held_out: how many rows of the validation split are asked too.
        max_tokens: longest answer.
        seconds: most time spent at one checkpoint, after which answers are cut; 0 chooses.
    """

    prompts: tuple[str, ...] = ()
    held_out: int = 3
    max_tokens: int = 64
    seconds: float = 0.0

    @property
    def is_off(self) -> bool:
        """Whether nothing is asked at all."""
        return not self.prompts and not self.held_out

    def allowed(self, trained_seconds: float) -> float:
        """Return the seconds that answers may take now.

        Args:
            trained_seconds: what training took since the answers before; infinite for the base.
        """
        if self.seconds:
            return self.seconds
        return min(max(SHARE * trained_seconds, LEAST_SECONDS), MOST_SECONDS)

    def to_mapping(self) -> dict[str, Any]:
        """Return the table as plain values."""
        return {
            "prompts": list(self.prompts),
            "held_out": self.held_out,
            "max_tokens": self.max_tokens,
            "seconds": self.seconds,
        }


_USUAL = Samples()
_LIMITS = {"held_out": (0, MOST_PROMPTS), "max_tokens": (1, 4096), "seconds": (0, 3600)}


def samples_of(table: Any) -> Samples:
    """Return what a recipe's ``[samples]`` table stands for; the defaults for an empty one.

    Raises:
        SamplesFault: it is none.
    """
    if not isinstance(table, Mapping):
        raise SamplesFault("is not a table; it starts with [samples]")
    known = ("prompts", *_LIMITS)
    for name in table:
        if name not in known:
            raise SamplesFault(f"has {name}, which is no setting of it{nearest(name, known)}")
    samples = Samples(
        prompts=_prompts(table.get("prompts", ())),
        held_out=int(_number(table, "held_out", _USUAL.held_out)),
        max_tokens=int(_number(table, "max_tokens", _USUAL.max_tokens)),
        seconds=float(_number(table, "seconds", _USUAL.seconds)),
    )
    if len(samples.prompts) + samples.held_out > MOST_PROMPTS:
        raise SamplesFault(f"has more than {MOST_PROMPTS} prompts, held-out ones included")
    return samples


def _prompts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        raise SamplesFault("has prompts that are not a list of texts")
    for number, prompt in enumerate(values, 1):
        if not isinstance(prompt, str) or not prompt.strip():
            raise SamplesFault(f"has a prompt {number} without text")
        if len(prompt) > MOST_CHARACTERS:
            raise SamplesFault(f"has a prompt {number} of more than {MOST_CHARACTERS} characters")
    return tuple(values)


def _number(table: Mapping[str, Any], name: str, default: Any) -> Any:
    value, (low, high) = table.get(name, default), _LIMITS[name]
    kinds = (int, float) if name == "seconds" else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        whole = "a number" if name == "seconds" else "a whole number"
        raise SamplesFault(f"has {name} = {value!r}, not {whole} from {low} to {high}")
    return value
