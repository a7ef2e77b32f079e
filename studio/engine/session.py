"""One engine's work on a run, from its frozen rows to its result; what needs torch starts here."""

from __future__ import annotations

import traceback
from pathlib import Path

from studio.core.batchplan import total_steps
from studio.core.control import PauseAsked
from studio.core.events import CheckpointCommitted, Event, Remark, StateChanged
from studio.core.plan import EVALUATION_BATCH, carried_out, plan_of
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import latest_verified
from studio.data.runfiles import read_events
from studio.engine.again import StartAgain
from studio.engine.along import Along
from studio.engine.apart import check_rows_apart
from studio.engine.arguments import every, training_arguments
from studio.engine.asked import DiscardedError
from studio.engine.batches import PlannedBatches
from studio.engine.branches import attach_branch, save_branch
from studio.engine.checkpoint import place_folder, sweep
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError, Ending, first_line, is_memory_short
from studio.engine.guarding import Guarding
from studio.engine.heldout import HeldOut
from studio.engine.load import Base, choose_device, load_base
from studio.engine.loss import train_on_supervised_tokens
from studio.engine.lowrank import join_branches
from studio.engine.memoryshort import give_back
from studio.engine.peaks import forget_loading, peak_bytes
from studio.engine.place import ALONE, Place
from studio.engine.readyrows import ready_rows
from studio.engine.reporter import Reporter
from studio.engine.room import RoomGuard
from studio.engine.rowsfile import FrozenRows
from studio.engine.rowtap import RowTap
from studio.engine.share import rows_at_once
from studio.engine.shortage import Shortage, plan_for
from studio.engine.started import started
from studio.engine.team import Team, gone
from studio.engine.trainer import StudioTrainer
from studio.engine.trouble import go_back_first, meet_divergence
from studio.engine.watch import Watch
from studio.machine.models import resolve_model

_NOT_BY_ITSELF = (
    "The run goes on by another plan, or from an earlier step, once it is started again: \
several processes cannot begin again by themselves."
)


class Session:
    """Loads, trains, and keeps the result of one run; the caller holds its lock.

    Attributes:
        step: optimizer steps done so far.
        team: the engines that share the run; this one alone until they are gathered.
    """

    def __init__(
        self,
        run: RunFolder,
        recipe: Recipe,
        log: EventLog,
        wishes: Wishes,
        place: Place = ALONE,
    ) -> None:
        self.team, self._place = Team(), place
        self._plan = plan_of(read_events(run))
        self._started_as, self._recipe = recipe, carried_out(recipe, self._plan)
        self._run, self._log, self._wishes = run, log, wishes
        self._trainer: StudioTrainer | None = None
        self._room = RoomGuard(run, log, wishes)
        self._committed, self._discarded = 0, False
        self._resumed, self._device, self._doing = 0, "cpu", "loading"
        log.listeners.append(self._note)

    @property
    def step(self) -> int:
        """Optimizer steps done so far; those of the checkpoint while nothing is loaded."""
        done = self._trainer.state.global_step if self._trainer else 0
        return self._committed if self._discarded else max(int(done), self._resumed)

    @property
    def peak_bytes(self) -> int:
        """The most memory this process has held."""
        return peak_bytes()

    def work(self) -> Ending:
        """Train to the end, or until the user asks to leave.

        Raises:
            StartAgain: the engine is to begin again, by another plan or from an earlier step.
            PeerLostError: another engine of the run has ended without a word.
            StudioError: the run cannot be carried out; other errors come as they are.
        """
        try:
            return self._try()
        except StartAgain:
            if not self._place.shares:
                raise
        return Ending("paused", _NOT_BY_ITSELF, "Start it again in the same way.")

    def _try(self) -> Ending:
        """Train, and plan what takes less where memory ran out."""
        try:
            return self._work()
        except DiscardedError:
            self._discarded = True
            return self._thrown_away()
        except Exception as found:  # noqa: BLE001 - it may mean that another engine has ended
            err = gone(found, self.team)
            if not self._place.leads or not is_memory_short(err):
                raise err from err.__cause__
            details = "".join(traceback.format_exception(err))[-8000:]
            shortage = Shortage(self.step, self._doing, first_line(err), details)
            del err
        give_back()  # here, where the error holds no tensors any more
        return plan_for(
            shortage,
            started=self._started_as,
            now=self._recipe,
            device=self._device,
            going_on=self._keep(),
            log=self._log,
        )

    def _work(self) -> Ending:
        team = self._gather()
        if team.leads:
            sweep(self._run)
            go_back_first(self._wishes, self._run, self._log)
        recipe, run = self._recipe, self._run
        model_folder = resolve_model(run.workspace, recipe.model)
        rows = team.first(lambda: self._rows(model_folder))
        self._say("Loading the model")
        base = load_base(model_folder, recipe)
        forget_loading()
        self._device = base.device
        guarding = Guarding(run, recipe, model_folder, self._log, leads=team.leads)
        rows = team.first(lambda: guarding.rows(rows, base))
        planned = self._planned(rows)
        steps = self._total_steps(planned)
        self._resumed = self._committed = team.first(self._checkpoint)
        trainer = self._trainer = self._make_trainer(base, rows, planned, steps)
        self._log.emit(started(run, recipe, base, rows, trainer, resumed_from=self._resumed))
        between = every(recipe.eval_steps, steps)
        guarding.join(trainer, rows, every=between, steps=steps, done=self._resumed)
        if team.leads and not self._resumed:
            trainer.evaluate()
        self._wishes.heed()
        self._wishes.at_once = False  # from here on something may be kept
        if team.told(not self._wishes.leaving and self._resumed < steps):
            checkpoint = str(checkpoint_folder(self._run, self._resumed)) if self._resumed else None
            try:
                trainer.train(resume_from_checkpoint=checkpoint)
            except DivergedError as err:
                if not team.leads:
                    raise
                raise meet_divergence(err, trainer, self._run, self._recipe, self._log) from err
        elif self._resumed:
            trainer.load_weights(checkpoint_folder(self._run, self._resumed))
        return self._end(trainer, steps) if team.leads else Ending("done")

    def _rows(self, model_folder: Path) -> FrozenRows:
        """Return the rows of the run, as tokens; a measurement takes a part of them."""
        return ready_rows(self._run, self._recipe, model_folder, self._log)

    def _gather(self) -> Team:
        """Return the engines that share the run, once all of them are there."""
        if self._place.shares:
            self._say(f"Waiting for the other {self._place.size - 1} of its processes")
            card = self._place.local  # the launcher decides which cards there are
            self._recipe = self._recipe.replace(card=card)
        device = choose_device(self._recipe.device, self._recipe.card)
        self.team = Team.gather(self._place, device)
        return self.team

    def _note(self, event: Event) -> None:
        """Remember what is being done, and what is safe."""
        if isinstance(event, StateChanged):
            self._doing = event.state
        elif isinstance(event, CheckpointCommitted):
            self._committed = event.step

    def _keep(self) -> int:
        """Commit the last whole step if that is possible; return the step of the last checkpoint."""
        if self._trainer is not None and self.step > self._committed:
            try:
                self._trainer.keep_now()
            except Exception as err:
                if not is_memory_short(err):
                    raise
        return self._committed

    def _thrown_away(self) -> Ending:
        if self._committed:
            return Ending("stopped", f"Ended at once, as asked. Step {self._committed} is kept.")
        return Ending("stopped", "Ended at once, as asked. Nothing was committed yet.")

    def _planned(self, rows: FrozenRows) -> PlannedBatches:
        """Return the batches: each step has the rows that it had when the run was started."""
        return PlannedBatches(
            rows.train,
            rows.pad_id,
            seed=self._recipe.seed,
            micro_batch=self._started_as.micro_batch,
            grad_accum=self._started_as.grad_accum,
            at_once=rows_at_once(
                self._recipe.micro_batch, self._started_as.effective_batch, self.team.size
            ),
            packed_into=self._recipe.max_tokens if self._recipe.packing else 0,
        )

    def _total_steps(self, planned: PlannedBatches) -> int:
        return total_steps(
            planned.count,
            micro_batch=self._started_as.micro_batch,
            grad_accum=self._started_as.grad_accum,
            epochs=self._recipe.epochs,
            max_steps=self._recipe.max_steps,
        )

    def _checkpoint(self) -> int:
        step, reasons = latest_verified(self._run)
        for reason in reasons:
            taken = f"step {step}" if step else "the start"
            self._log.emit(
                Remark(code="checkpoint_damaged", summary=reason, hint=f"Going on from {taken}.")
            )
        return step

    def _make_trainer(
        self, base: Base, rows: FrozenRows, planned: PlannedBatches, steps: int
    ) -> StudioTrainer:
        recipe = self._recipe
        if recipe.packing:
            check_rows_apart(base.model)
        model = attach_branch(
            base.model, recipe, self._run.start if self._run.start.is_dir() else None
        )
        tap = RowTap()
        train_on_supervised_tokens(base.model, tap)
        if base.precision != "fp16":  # fp16 needs the casts of its scaler
            join_branches(model)
        reporter = Reporter(
            self._log,
            self._wishes,
            evaluate_every=every(recipe.eval_steps, steps),
            save_every=every(recipe.save_steps, steps),
        )
        arguments = training_arguments(recipe, base, self._run.path, steps)
        at_once = int(self._plan.get(EVALUATION_BATCH, recipe.micro_batch))
        held_out = HeldOut(rows.validation, rows.pad_id, at_once, self._log, reporter.heed)
        run, log, team = self._run, self._log, self.team
        trainer = StudioTrainer(
            model, arguments, planned, held_out, recipe, run, log, reporter, self._room, team
        )
        if team.leads:
            Watch(run, recipe, log, self._wishes, tap).attach(trainer, rows)
        else:
            trainer.add_callback(Along(team, trainer.share, tap))
        return trainer

    def _end(self, trainer: StudioTrainer, steps: int) -> Ending:
        leaving = self._wishes.leaving if self.step < steps else None
        unkept = "" if self._committed == self.step else self._unkept()
        if isinstance(leaving, PauseAsked):
            return Ending("paused", unkept)
        if not self.step:
            return Ending("stopped", "The run was stopped before its first step.")
        trained = trainer.state.global_step > 0  # else its weights alone were loaded
        settled = trainer.guard.settle(trainer) if trainer.guard is not None else None
        if trained:
            self._resumed = min(self._resumed, trainer.state.global_step)  # it may have gone back
        self._say("Keeping the result", state="saving")
        kept = self._room.write(self.step, "the result", lambda: self._put(trainer), self._run.path)
        if not kept:
            return Ending("stopped", f"There was no room for the result. {unkept}".strip())
        return settled or Ending("stopped" if leaving else "done")

    def _put(self, trainer: StudioTrainer) -> bool:
        place_folder(self._run.adapter, lambda folder: save_branch(trainer.model, folder))
        return True

    def _unkept(self) -> str:
        """Return a sentence for a run that leaves without keeping its last steps."""
        since = f"after step {self._committed}" if self._committed else "from the start"
        return f"There was no room for step {self.step}: a resume goes on {since}."

    def _say(self, detail: str, state: str = "loading") -> None:
        self._log.emit(StateChanged(state=state, detail=detail))
