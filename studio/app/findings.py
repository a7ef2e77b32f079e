"""What is known before a start, and what is said about it; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.core.example import Kind
from studio.core.memory import Estimate
from studio.core.recipe import Recipe
from studio.data.checks.found import Fault, Lengths
from studio.data.leaklook import LeaksFound
from studio.data.mixing import PartRows
from studio.machine.devices import MachineReading
from studio.machine.models import ModelInfo

GOOD, WARN, STOP = "good", "warn", "stop"


@dataclass(frozen=True, slots=True)
class Action:
    """A way out of a finding.

    Attributes:
        label: what the button says.
        kind: page, edit (of the recipe), split, rows, check or stop_run.
        payload: the page's name, the recipe's new values, or the row ids.
    """

    label: str
    kind: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the preflight: good, warn (look, then decide) or stop (cannot start)."""

    code: str
    level: str
    summary: str
    hint: str = ""
    action: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known before a start; None is what is not known yet.

    Attributes:
        kind: what the rows of the dataset are.
        splits: rows in train, validation and test; None when no dataset is open.
        lengths: of the rows; None while they are being rendered.
        faults: what is wrong with rows, the gravest first.
        row_numbers: the numbers, from 1, under which rows are known to the user, by row id.
        row_problem: why the rows cannot be rendered.
        done, total: how far rendering is.
        ours_back: bytes of the run's memory that the chat gives up before it.
        disk_free: bytes free where the workspace lies.
        recipe_problem, recipe_hint: why this recipe cannot be trained, and what helps.
        live: title of the run that trains now.
        mix: what the parts of the recipe's mix give; None while they are counted.
        mix_problem: why the mix cannot be put together.
        leaks: general questions that the training rows hold; None while it is not known.
    """

    recipe: Recipe
    dataset: str = ""
    kind: Kind = Kind.TRIPLE
    splits: Mapping[str, int] | None = None
    lengths: Lengths | None = None
    faults: tuple[Fault, ...] = ()
    row_numbers: Mapping[int, int] = field(default_factory=dict)
    row_problem: str = ""
    done: int = 0
    total: int = 0
    model: ModelInfo | None = None
    recipe_problem: str = ""
    recipe_hint: str = ""
    estimate: Estimate | None = None
    reading: MachineReading | None = None
    ours_back: int = 0
    disk_free: int | None = None
    live: str = ""
    mix: tuple[PartRows, ...] | None = None
    mix_problem: str = ""
    leaks: LeaksFound | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a start would do, in numbers; 0 or None is not known yet."""

    train_rows: int = 0
    validation_rows: int = 0
    steps: int = 0
    tokens: int = 0
    """Non-padding tokens over all epochs."""
    trained_tokens: int = 0
    longest: int = 0
    method: str = field(default="")
