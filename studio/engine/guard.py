"""Watches what a run forgets: measures at evaluations, warns, stops, goes back to what was best."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from studio.core.actions import LOWER_RATE, ROLL_BACK, action_text
from studio.core.events import Evaluated, Remark
from studio.core.guardplan import GuardPlan
from studio.core.guardwords import coming_words, crossed_words, rolled_back_words
from studio.core.tradeoff import Point, best_of, crossed, crossing_step, points_of
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import checkpoint_steps
from studio.engine.emit import EventLog
from studio.engine.explain import Ending
from studio.engine.guardstats import held_out_range, told, told_of_base
from studio.engine.probing import Prober
from studio.engine.rollback import go_back

_ADVICE = "Lower the learning rate, learn general rows along, or keep close to the base."


class Guard:
    """Judges one run at its evaluations; its trainer asks it.

    Args:
        plan: the recipe's ``[guard]``.
        prober: asks the questions; None if only patience is watched.
        run: the run, whose lock this process holds.
        log: where remarks go.
        every: of so many evaluations one is measured.
        evaluate_every: steps between evaluations.
        steps: of the whole run.
        seed: of the resampling.
        at_base: the run starts at its base, so that step 0 needs no measuring of its own; else the
            base is told beside it.
        before: evaluations up to the step that the run goes on from.

    Attributes:
        keep: step of the best checkpoint so far; 0 without one. It must stay on the disk.
    """

    def __init__(
        self,
        plan: GuardPlan,
        prober: Prober | None,
        run: RunFolder,
        log: EventLog,
        *,
        every: int,
        evaluate_every: int,
        steps: int,
        seed: int,
        at_base: bool,
        before: Sequence[Evaluated] = (),
    ) -> None:
        self._plan, self._prober, self._run, self._log = plan, prober, run, log
        self._every, self._evaluate_every = every, max(evaluate_every, 1)
        self._steps, self._seed, self._at_base = steps, seed, at_base
        self._events = {event.step: event for event in before}
        self._warned = self._said = False
        self._crossing: Point | None = None
        self._tired = ""
        self.keep = 0
        self._keep_best()

    def fields(self, step: int, parts: Sequence[tuple[float, int]]) -> dict[str, Any]:
        """Return what an evaluation says beside the held-out loss.

        Args:
            step: optimizer steps done.
            parts: summed loss in nats and trained tokens of each held-out micro-batch.
        """
        held = held_out_range(parts, self._seed)
        ranges = {"target_loss": held} if held else {}
        if self._prober is None or not self._due(step):
            return {"general_ranges": ranges}
        start = time.monotonic()
        base = self._prober.base
        now = base if step == 0 and self._at_base else self._prober.measure()
        found = told(now, base, self._seed)
        found["general_ranges"] |= ranges
        seconds = time.monotonic() - start
        if step == 0:
            seconds += self._prober.base_seconds
            if not self._at_base:
                found["base"] = told_of_base(base)
        return found | {"guard_seconds": seconds}

    def judge(self, event: Evaluated, control: Any) -> None:
        """Warn, or ask the trainer to stop, after an evaluation.

        Args:
            event: as it was told.
            control: the trainer's; what is asked for is set in it.
        """
        self._events[event.step] = event
        self._lose_patience(event, control)
        points = points_of(self._events.values())
        if not points or points[-1].step != event.step or event.general_loss is None:
            return
        if crossed(points[-1], self._plan.tolerance):
            self._cross(points[-1], control)
        else:
            self._foresee(points)
            self._keep_best()
            if self.keep == event.step and self._plan.on_crossing == "roll_back":
                control.should_save = True  # what it may go back to has to be there

    def settle(self, trainer: Any) -> Ending | None:
        """Do what was decided at a crossing, once training has stopped; None if nothing was.

        Args:
            trainer: the run's; it takes over the weights that are kept.
        """
        if self._crossing is None:
            return Ending("stopped", self._tired) if self._tired else None
        words = crossed_words(self._crossing, self._plan.tolerance)
        best, step = self._kept_within(), int(trainer.state.global_step)
        if best is None:
            return Ending("stopped", f"{words} No checkpoint within it was kept.", _ADVICE)
        if self._plan.on_crossing != "roll_back":
            return Ending("stopped", words, f"The checkpoint of step {best.step} was within it.")
        went = rolled_back_words(self._crossing, best)
        go_back(self._run, self._log, step=step, to_step=best.step, learning_rate=0.0, reason=words)
        trainer.load_weights(checkpoint_folder(self._run, best.step))
        trainer.state.global_step = best.step
        self._remark("guard_rolled_back", went, _ADVICE, best.step)
        return Ending("stopped", f"{words} {went}", _ADVICE)

    def _due(self, step: int) -> bool:
        number, rest = divmod(step, self._evaluate_every)
        return rest != 0 or step >= self._steps or number % self._every == 0

    def _cross(self, point: Point, control: Any) -> None:
        words = crossed_words(point, self._plan.tolerance)
        if self._plan.on_crossing != "warn":
            self._crossing = point
            self._remark("guard_crossed", words, "The guard stops the run.", point.step)
            control.should_training_stop = control.should_save = True
        elif not self._said:
            self._said = self._warned = True
            best = self._kept_within()
            action = action_text(ROLL_BACK, [best.step]) if best is not None else ""
            self._remark("guard_crossed", words, _ADVICE, point.step, action)

    def _foresee(self, points: Sequence[Point]) -> None:
        if self._warned:
            return
        step = crossing_step(points, self._plan.tolerance, self._steps)
        if step is not None:
            self._warned = True
            summary, hint = coming_words(step, points[-1], self._plan.tolerance)
            self._remark("guard_coming", summary, hint, points[-1].step, LOWER_RATE)

    def _keep_best(self) -> None:
        points = points_of(self._events.values(), self._events)
        best = best_of(points, self._plan.tolerance)
        within = best is not None and not crossed(best, self._plan.tolerance)
        self.keep = best.step if best is not None and within else 0

    def _lose_patience(self, event: Evaluated, control: Any) -> None:
        losses = [(e.target_loss, e.step) for e in self._events.values() if e.step <= event.step]
        finite = [pair for pair in losses if math.isfinite(pair[0])]
        if not self._plan.patience or not finite:
            return
        best = min(finite)
        since = sum(1 for _, step in losses if step > best[1])
        if since >= self._plan.patience and event.step < self._steps:
            self._tired = (
                f"The held-out loss did not fall for {since} evaluations: it was lowest at step "
                f"{best[1]} with {best[0]:.3f}, so the run ended at step {event.step}."
            )
            self._remark("early_stop", self._tired, "", event.step)
            control.should_training_stop = control.should_save = True

    def _kept_within(self) -> Point | None:
        """Return the best checkpoint on the disk if it is within the tolerance."""
        points = points_of(self._events.values(), checkpoint_steps(self._run))
        best = best_of(points, self._plan.tolerance)
        return best if best and not crossed(best, self._plan.tolerance) else None

    def _remark(self, code: str, summary: str, hint: str, step: int, action: str = "") -> None:
        self._log.emit(Remark(code=code, summary=summary, hint=hint, step=step, action=action))
