"""Messages to and from the evaluation process; the answers themselves go into the workspace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """Begin an evaluation, or go on with it; or let another model judge one that is done."""

    id: int
    store: str
    """Path of the workspace's evaluations.sqlite."""
    evaluation: int
    judge: str = ""
    """Folder of the judge; empty evaluates."""
    benchmarks: str = ""
    """Standard benchmarks that the columns of one that is done are to answer, commas between."""
    task_folder: str = ""
    """Of benchmarks of the user's own."""
    benchmark_limit: int = 0
    """Questions of each at most; 0 for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtReadiness:
    """Begin a look at an adapter that is to be put to use, or go on with it."""

    id: int
    store: str
    """Path of the workspace's evaluations.sqlite."""
    look: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEvaluating:
    """Stop behind the batch in hand; what is written is kept."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationAdvanced:
    """How far an evaluation or a look is; done and total count answers and judged references."""

    id: int
    what: str
    column: str = ""
    done: int = 0
    total: int = 0
    left_seconds: float | None = None
    """None while nothing tells it."""
    tokens_per_second: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationEnded:
    """The process has done what it could: the state is done or paused."""

    id: int
    state: str
    done: int = 0
    total: int = 0
