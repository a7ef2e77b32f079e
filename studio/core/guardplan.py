"""What guards a run against forgetting: the ``[guard]`` table of a recipe, checked.

Measuring and judging are one half; the remedies, which change how the run learns, are the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.example import SPLITS, VALIDATION
from studio.core.knobs import Knob, fault_of, nearest, setting, typed

GENERAL, OWN, DATASET = "general", "own", "dataset"
"""Where general rows come from: what we bring, the base's own answers, a dataset of the user."""
MOST_SOURCES = 16


class GuardFault(ValueError):
    """A guard that cannot be; the reason as the end of a sentence that begins with "guard"."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where general rows come from.

    Attributes:
        kind: general, own or dataset.
        dataset: its name, for the kind dataset.
        split: the split its rows are taken from.
    """

    kind: str
    dataset: str = ""
    split: str = VALIDATION


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPlan:
    """How a run is guarded against forgetting; valid if :func:`guard_of` made it."""

    enabled: bool = setting(
        True,
        "Asks general questions at each evaluation, so that forgetting is seen. Costs at most the "
        "share of the training time below.",
        level="simple",
    )
    probes: tuple[str, ...] = setting(
        (GENERAL,),
        "What is asked: general for the bundled questions, or dataset:NAME:SPLIT. More of them cost "
        "no more: as many are asked as the share pays for.",
    )
    budget_seconds: float = setting(
        10.0,
        "What one measuring may cost: the longest that it takes.",
        low=0.1,
        high=3600.0,
        unit="seconds",
    )
    share: float = setting(
        0.1, "Of the training time, what measuring may cost at most.", low=0.01, high=10.0
    )
    # A tenth of a nat: each right word a tenth less likely. A harsh run of the starter on narrow rows
    # lost 0.14 (95 %: 0.01 to 0.28, all 224 questions; tests.bench.forgetting), harsher ones 0.3 to 4;
    # chance alone is 0.14 with all questions and 0.2 with 32, so that less is hardly told from none.
    tolerance: float = setting(
        0.1,
        "How much worse general answers may become: loss over the base, in nats a token. Costs "
        "nothing.",
        low=0.0,
        high=20.0,
        unit="nats",
        level="standard",
    )
    on_crossing: str = setting(
        "warn",
        "Past the tolerance: warn; stop and keep; or stop and go back to the best checkpoint. Costs "
        "nothing, or one checkpoint more on the disk to go back to.",
        choices=("warn", "stop", "roll_back"),
        level="simple",
    )
    patience: int = setting(
        0,
        "Stops after this many evaluations in which the held-out loss did not fall; 0 never. Costs "
        "nothing.",
        low=0,
        high=1000,
        unit="evaluations",
        level="standard",
    )
    replay: float = setting(
        0.0,
        "Share of general rows among the rows that are learned. Costs time: with 0.2 an epoch has a "
        "quarter more rows.",
        low=0.0,
        high=0.9,
        level="simple",
    )
    replay_from: str = setting(
        GENERAL,
        "Where general rows come from: general for the bundled ones, own for the base's own "
        "answers (which costs minutes before training), or dataset:NAME:SPLIT.",
        level="standard",
    )
    l2: float = setting(
        0.0,
        "Pulls every trained weight towards where it started. Costs a copy of the trained weights.",
        low=0.0,
        high=1e6,
    )
    ewc: float = setting(
        0.0,
        "Pulls each trained weight towards its start by how much general answers depend on it. "
        "Costs two copies of the trained weights, and once a pass over some general rows.",
        low=0.0,
        high=1e6,
    )
    fisher_rows: int = setting(
        32,
        "General rows from which that dependence is judged. Each costs one forward and backward, once.",
        low=1,
        high=10_000,
        unit="rows",
    )
    kl: float = setting(
        0.0,
        "Keeps the answers to general rows as the base gives them. Costs one more forward and "
        "backward of those rows a step.",
        low=0.0,
        high=1000.0,
        level="standard",
    )
    kl_rows: int = setting(
        2,
        "General rows a step for that; each costs one forward and backward a step.",
        low=1,
        high=256,
        unit="rows",
    )
    layer_decay: float = setting(
        1.0,
        "Rate of each layer as a share of the one above it; under 1 early layers learn slower. "
        "Costs nothing.",
        low=0.1,
        high=1.0,
    )

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the probes come from."""
        return tuple(source_of(text, own=False) for text in self.probes)

    @property
    def replay_source(self) -> Source:
        """Where the general rows of the remedies come from."""
        return source_of(self.replay_from, own=True)

    @property
    def wants_rows(self) -> bool:
        """Whether a remedy needs general rows."""
        return bool(self.replay or self.ewc or self.kl)

    @property
    def remedies(self) -> tuple[str, ...]:
        """The names of the remedies that are on."""
        on = [name for name in ("replay", "l2", "ewc", "kl", "patience") if getattr(self, name)]
        return (*on, *(("layer_decay",) if self.layer_decay < 1 else ()))

    def to_mapping(self) -> dict[str, Any]:
        """Return what differs from the defaults, as plain values."""
        found = {name: getattr(self, name) for name in GUARD_KNOBS}
        plain = {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}
        return {name: v for name, v in plain.items() if found[name] != GUARD_DEFAULTS[name]}


GUARD_KNOBS: dict[str, Knob] = {f.name: f.metadata["knob"] for f in dataclasses.fields(GuardPlan)}
GUARD_DEFAULTS: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(GuardPlan)}


def guard_of(table: Any) -> GuardPlan:
    """Return the guard that a recipe's ``[guard]`` table stands for; the default if it is empty.

    Raises:
        GuardFault: it is none.
    """
    if not isinstance(table, Mapping):
        raise GuardFault("is not a table; it starts with [guard]")
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in GUARD_KNOBS:
            raise GuardFault(f"has {name}, which is not a setting" + nearest(name, GUARD_KNOBS))
        values[name] = _probes(value) if name == "probes" else _typed(name, value)
    plan = GuardPlan(**values)
    for text in plan.probes:
        source_of(text, own=False)
    source_of(plan.replay_from, own=True)
    if plan.enabled and not plan.probes:
        raise GuardFault("probes is empty: name general, or set enabled to false")
    return plan


def source_of(text: str, *, own: bool) -> Source:
    """Return the source that a word of the table stands for.

    Args:
        text: general, own, dataset:NAME or dataset:NAME:SPLIT.
        own: whether the base's own answers may be one.

    Raises:
        GuardFault: it is none.
    """
    if text == GENERAL or (own and text == OWN):
        return Source(text)
    kind, _, rest = text.partition(":")
    name, _, split = rest.rpartition(":") if ":" in rest else (rest, "", VALIDATION)
    if kind != DATASET or not name:
        words = "general, own or dataset:NAME:SPLIT" if own else "general or dataset:NAME:SPLIT"
        raise GuardFault(f"names {text!r}, which is not {words}")
    if split not in SPLITS:
        raise GuardFault(f"names the split {split!r}, not one of {', '.join(SPLITS)}")
    return Source(DATASET, name, split)


def _probes(value: Any) -> tuple[str, ...]:
    listed = isinstance(value, list | tuple)
    if not listed or not all(isinstance(v, str) for v in value):
        raise GuardFault(f"probes is {value!r}, not a list of texts")
    if len(value) > MOST_SOURCES or len(set(value)) < len(value):
        raise GuardFault(f"probes names a source twice, or more than {MOST_SOURCES}")
    return tuple(value)


def _typed(name: str, value: Any) -> Any:
    found, fault = typed(value, type(GUARD_DEFAULTS[name]))
    fault = fault or fault_of(GUARD_KNOBS[name], found)
    if fault:
        raise GuardFault(f"{name} {fault}")
    return found
