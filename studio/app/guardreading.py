"""What a run gained and forgot as the window shows it: points, intervals, the best, what comes."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.app.runstore import RunStore
from studio.core.events import Evaluated, Remark, RolledBack
from studio.core.guardplan import GuardPlan
from studio.core.tradeoff import (
    Point,
    Range,
    base_of,
    base_point,
    best_of,
    crossed,
    crossing_step,
    points_of,
    questions_of,
    range_of,
)
from studio.data.guardrows import steps_between

BLIND = "guard_blind"
LEAST_ITEMS = 3
"""Questions of a tag below which its line says nothing."""


@dataclass(frozen=True, slots=True)
class GuardReading:
    """A run seen through its guard.

    Attributes:
        plan: how it is guarded.
        points: its guarded evaluations by step; the first is where it began, mostly the base.
        base: what all of them are counted from; None where it was not told.
        of_base: the evaluation of that.
        left: evaluations that the run has gone back behind.
        events: the evaluations of the points, by step.
        best: the best checkpoint that is kept; None without one.
        coming: step at which the tolerance is passed if it goes on like this; None if it is not.
        alive: an engine works on the run.
        silence: why there is nothing to show, as a sentence; empty where there is.
    """

    plan: GuardPlan = field(default_factory=GuardPlan)
    points: tuple[Point, ...] = ()
    base: Point | None = None
    of_base: Evaluated | None = None
    left: tuple[Point, ...] = ()
    events: dict[int, Evaluated] = field(default_factory=dict)
    best: Point | None = None
    coming: int | None = None
    alive: bool = False
    silence: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the run began with an adapter, so that its first point is not the base."""
        return self.of_base is not None and self.events.get(0) != self.of_base

    @property
    def last(self) -> Point | None:
        """The newest one after the base."""
        return self.points[-1] if self.points and self.points[-1].step else None

    @property
    def is_past(self) -> bool:
        """Whether the newest evaluation is past the tolerance."""
        return self.last is not None and crossed(self.last, self.plan.tolerance)

    @property
    def is_unsure(self) -> bool:
        """Whether it looks past the tolerance, but that may be the chance of its questions."""
        last = self.last
        return last is not None and not self.is_past and last.lost > self.plan.tolerance

    @property
    def asked(self) -> int:
        """How many general questions were asked last."""
        return questions_of(self.events.get(self.last.step)) if self.last is not None else 0

    @property
    def tags(self) -> tuple[str, ...]:
        """Subjects that enough questions were asked of, by how much was forgotten, most first."""
        last = self.last
        if last is None or self.base is None:
            return ()
        table = self.events[last.step].general_tags
        there = [tag for tag in table if _items(table[tag]) >= LEAST_ITEMS]
        found = [(self.lost(tag, last.step), tag) for tag in there]
        return tuple(tag for lost, tag in sorted(((x or 0.0), t) for x, t in found)[::-1])

    def gained(self, point: Point) -> float:
        """Return how much better than the base the held-out rows are, in nats a token."""
        return self.base.target - point.target if self.base is not None else 0.0

    def gained_range(self, point: Point) -> Range | None:
        """Return the interval of that, as the held-out rows would have it if drawn again."""
        found = range_of(self.events[point.step], "target_loss") if self.base else None
        if found is None or self.base is None or not point.step:
            return None
        return self.base.target - found[1], self.base.target - found[0]

    def lost(self, tag: str, step: int) -> float | None:
        """Return how much worse than the base one subject is at a step; None if not known."""
        now, start = _loss_of(self.events.get(step), tag), _loss_of(self.of_base, tag)
        return now - start if now is not None and start is not None else None

    def items(self, tag: str) -> int:
        """Return how many questions of a subject were asked."""
        last = self.last
        return _items(self.events[last.step].general_tags.get(tag)) if last is not None else 0


def guard_reading(store: RunStore) -> GuardReading:
    """Return what a run gained and forgot, as it stands."""
    plan = store.recipe.guard if store.recipe is not None else GuardPlan()
    history, total = store.history, max(store.state.total_steps, store.state.step)
    points = tuple(points_of(history.evaluations, store.kept))
    events = {e.step: e for e in history.evaluations if e.general_loss is not None}
    behind = points[-1].step if points else 0
    origin = [event for event in history.evaluations if event.step == 0]
    left = [p for p in points_of([*origin, *history.left]) if p.step > behind]
    return GuardReading(
        plan=plan,
        points=points,
        base=base_point(history.evaluations),
        of_base=base_of(history.evaluations),
        left=tuple(left),
        events=events,
        best=best_of(points, plan.tolerance),
        coming=crossing_step(points, plan.tolerance, total) if store.alive else None,
        alive=store.alive,
        silence=_silence(store, plan, len(points)),
    )


def last_remark(store: RunStore, *codes: str) -> Remark | None:
    """Return the newest remark of some kinds; None without one."""
    return next((r for r in reversed(store.history.remarks) if r.code in codes), None)


def went_back(store: RunStore) -> RolledBack | None:
    """Return how the guard went back, if that was the last thing it did."""
    if last_remark(store, "guard_rolled_back") is None:
        return None
    turns = [turn for turn in store.history.turns if isinstance(turn, RolledBack)]
    return turns[-1] if turns else None


def _silence(store: RunStore, plan: GuardPlan, points: int) -> str:
    if points > 1:
        return ""
    blind = last_remark(store, BLIND)
    if blind is not None:
        return f"{blind.summary} {blind.hint}".strip()
    if not plan.enabled:
        return (
            "This run asks no general questions, so what it forgets is not measured. "
            "“Watch what it forgets” on the Model page does."
        )
    if not store.alive:
        return "General questions were not asked in this run." if store.is_loaded else ""
    if points:
        between = steps_between(store.folder)
        step = min(between, store.state.total_steps or between)
        when = f"at step {step:,}" if step > store.state.step else "at the next evaluation"
        return f"The base was asked general questions. They are asked again {when}."
    return "General questions are asked at the first evaluation, the base's, before step 1."


def _loss_of(event: Evaluated | None, tag: str) -> float | None:
    body = event.general_tags.get(tag) if event is not None else None
    loss = body.get("loss") if isinstance(body, dict) else None
    return float(loss) if isinstance(loss, int | float) else None


def _items(body: object) -> int:
    found = body.get("items", 0) if isinstance(body, dict) else 0
    return int(found) if isinstance(found, int | float) else 0
