"""Sets up what guards a run: its questions, its general rows, its remedies, before it learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.core.actions import SHOW_ROWS, action_text
from studio.core.events import Evaluated, Remark, StateChanged
from studio.core.guardbudget import LEAST, affordable, replay_rows
from studio.core.guardplan import OWN
from studio.core.guardwords import ASKING
from studio.core.probes import leak_words
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.guardrows import (
    freeze_guard,
    look_for_leaks,
    read_guard_probes,
    read_guard_rows,
    write_guard_rows,
)
from studio.data.runfiles import read_events
from studio.engine.arguments import recomputes
from studio.engine.baseanswers import BaseAnswers, base_mark
from studio.engine.emit import EventLog
from studio.engine.guard import Guard
from studio.engine.load import Base
from studio.engine.proberows import (
    Asked,
    answer_rows,
    ask_probes,
    beginning_of,
    blocks_of,
    by_length,
    in_order,
)
from studio.engine.probing import Prober
from studio.engine.remedies import Remedies
from studio.engine.render import Renderer
from studio.engine.replay import answered_by_base, with_replay
from studio.engine.rowsfile import FrozenRows, TokenRow


class Guarding:
    """Makes the guard and the remedies of one run; its session owns it.

    Args:
        run: the run, whose lock this process holds.
        recipe: as it is carried out.
        model_folder: of the base.
        log: of the run.
        leads: this engine measures; one of several that does not only takes the remedies.
    """

    def __init__(
        self,
        run: RunFolder,
        recipe: Recipe,
        model_folder: Path,
        log: EventLog,
        *,
        leads: bool = True,
    ) -> None:
        self._leads = leads
        self._run, self._recipe, self._log = run, recipe, log
        self._plan = recipe.guard
        self._folder = model_folder
        self._writer: Renderer | None = None
        self._general: list[TokenRow] = []

    def rows(self, rows: FrozenRows, base: Base) -> FrozenRows:
        """Return the run's rows with general ones among them, if the recipe wants some.

        Raises:
            DataError: a dataset that the recipe names is missing or has no such row.
        """
        plan = self._plan
        wanted = [(plan.enabled, self._run.probes), (plan.wants_rows, self._run.replay)]
        if any(on and not path.is_file() for on, path in wanted):
            freeze_guard(self._run.workspace, self._recipe, self._run)
        if not plan.wants_rows:
            return rows
        texts = read_guard_rows(self._run)
        if plan.replay_source.kind == OWN and not all(row.output for row in texts):
            asked = texts if plan.kl else texts[: self._needed(len(rows.train))]
            self._say(f"The base answers {len(asked)} general questions, to be learned along")
            texts = answered_by_base(base.model, self._renderer, asked)
            write_guard_rows(self._run, texts)
        self._general = answer_rows(self._renderer, texts, self._recipe.max_tokens)
        if not self._general:
            self._remark(
                "no_general_rows", "No general row could be used: nothing is learned along."
            )
            return rows
        if not plan.replay:
            return rows
        return with_replay(rows, self._general, plan.replay, self._recipe.seed)

    def join(self, trainer: Any, rows: FrozenRows, *, every: int, steps: int, done: int) -> None:
        """Give the trainer its guard and its remedies; its weights must still be the start's.

        Args:
            trainer: the run's.
            rows: that it trains on.
            every: steps between evaluations.
            steps: of the whole run.
            done: step of the checkpoint that the run goes on from.
        """
        plan = self._plan
        prober, share = self._prober(trainer, rows, every, steps)
        if self._leads and (prober is not None or plan.patience):
            before = [e for e in read_events(self._run) if isinstance(e, Evaluated)]
            trainer.guard = Guard(
                plan,
                prober,
                self._run,
                self._log,
                every=share,
                evaluate_every=every,
                steps=steps,
                seed=self._recipe.seed,
                at_base=not self._recipe.start_from,
                before=[e for e in before if e.step <= done] if done else (),
            )
        held = plan.l2 or ((plan.ewc or plan.kl) and self._general)
        if held:
            warm = self._recipe.warmup_steps if self._recipe.method in ("lora", "dora") else 0
            trainer.remedies = Remedies(
                plan,
                trainer.model,
                self._general,
                pad_id=rows.pad_id,
                seed=self._recipe.seed,
                fisher_step=max(warm, 1),
            )
            if done:
                trainer.remedies.restore(checkpoint_folder(self._run, done))

    def _prober(
        self, trainer: Any, rows: FrozenRows, every: int, steps: int
    ) -> tuple[Prober | None, int]:
        """Return who asks, with the base's answers, and of how many evaluations one is measured."""
        if not self._plan.enabled or not self._leads:
            return None, 1
        if not rows.validation:
            words = "No row is held out, so nothing is evaluated and forgetting is not measured."
            self._remark("guard_blind", words, "Hold out a tenth of the rows on the Data page.")
            return None, 1
        look_for_leaks(self._run)
        probes, leaks = read_guard_probes(self._run)
        if leaks:
            found = sorted({row for rows in leaks.values() for row in rows})
            words, hint = leak_words(leaks, len(probes) + len(leaks))
            self._remark("probes_leak", words, hint, action_text(SHOW_ROWS, found))
        asked = in_order(ask_probes(self._renderer, probes, self._recipe.max_tokens), 0)
        if not asked:
            words = "No general question fits the longest sequence, so forgetting is not measured."
            self._remark("guard_blind", words, "Raise the longest sequence.")
            return None, 1
        head = trainer.model.get_output_embeddings()
        prober = Prober(
            trainer.model,
            head_trains=any(p.requires_grad for p in head.parameters()),
            known=self._known(head.weight.device),
        )
        self._say(ASKING)
        return prober, self._meet(prober, asked, rows, trainer, every, steps)

    def _meet(
        self,
        prober: Prober,
        asked: list[Asked],
        rows: FrozenRows,
        trainer: Any,
        every: int,
        steps: int,
    ) -> int:
        """Let the base answer as many questions as are affordable; return how rarely they are asked.

        The choice is made once and kept in the run's folder, so that all points of a curve, before
        and after a resume, are of the same questions.
        """
        begins = beginning_of(asked)
        kept = _chosen(self._run.probed)
        if kept:
            for block in blocks_of(_named(asked, kept[0]), rows.pad_id, begins):
                prober.meet_base(block)
            return kept[1]
        read = sum(b.ids.numel() for b in blocks_of(by_length(asked), rows.pad_id, begins))
        many, rarely = affordable(
            there=len(asked),
            tokens_each=read / len(asked),
            step_tokens=_mean_tokens(rows) * self._recipe.effective_batch,
            evaluate_every=every,
            steps=steps,
            share=self._plan.share,
            recomputes=recomputes(self._recipe, str(trainer.args.device.type)),
            goes_on=bool(self._recipe.start_from),
        )
        spent = 0.0
        for block in blocks_of(by_length(asked[:many]), rows.pad_id, begins):
            if len(prober.asked) >= LEAST and (spent > self._plan.budget_seconds or prober.full):
                break
            spent += prober.meet_base(block)
        body = {"asked": prober.asked, "every": rarely, "between": rarely * max(every, 1)}
        self._run.probed.write_text(json.dumps(body), encoding="utf-8")
        return rarely

    def _known(self, device: Any) -> BaseAnswers:
        """Return what the base said in earlier runs of this workspace."""
        folder = self._run.workspace.base_answers
        return BaseAnswers(folder, base_mark(self._folder, self._recipe, device))

    def _needed(self, trained: int) -> int:
        """Return how many general rows the remedies can use of those that the base would answer."""
        return max(
            replay_rows(trained, self._plan.replay), self._plan.fisher_rows * bool(self._plan.ewc)
        )

    @property
    def _renderer(self) -> Renderer:
        if self._writer is None:
            recipe = self._recipe
            self._writer = Renderer(self._folder, recipe.template, recipe.system_prompt)
        return self._writer

    def _say(self, detail: str) -> None:
        self._log.emit(StateChanged(state="loading", detail=detail))

    def _remark(self, code: str, summary: str, hint: str = "", action: str = "") -> None:
        self._log.emit(Remark(code=code, summary=summary, hint=hint, action=action))


def _mean_tokens(rows: FrozenRows) -> float:
    """Return the mean tokens of a row that is trained."""
    return sum(len(row.ids) for row in rows.train) / len(rows.train)


def _named(asked: list[Asked], names: list[str]) -> list[Asked]:
    """Return the questions of these names that are still there, in the order of the names."""
    by_name = {one.name: one for one in asked}
    return [by_name[name] for name in names if name in by_name]


def _chosen(path: Path) -> tuple[list[str], int] | None:
    """Return which questions were chosen for a run, and how rarely they are asked; None at first."""
    try:
        body = json.loads(path.read_bytes())
        return [str(name) for name in body["asked"]], max(1, int(body["every"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is chosen again, by the same rule
