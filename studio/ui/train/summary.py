"""What is said of a run that has ended well, in words and numbers; no widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass

from studio.app.guardreading import guard_reading
from studio.app.runstore import RunStore
from studio.core.guardwords import verdict_words
from studio.core.units import GIB, NO_VALUE, duration, gib, rate, signed
from studio.ui.train.readings import mean_speed
from studio.ui.train.words import KEPT

MOST_PERPLEXITY = 1e6


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished run.

    Attributes:
        badge: icon, word and tone.
        verdict: what improved, as a sentence.
        follows: what to do next, as a sentence.
        readings: (name, value, what it is compared with), five of them.
        chat_words: what the first button says.
        chat_step: the step it leads to; 0 for the result.
        balance: what was gained and lost, as a sentence; empty where no guard measured it.
        take_step: the checkpoint that is better taken as the result; 0 if the result is it.
    """

    badge: tuple[str, str, str]
    verdict: str
    follows: str
    readings: tuple[tuple[str, str, str], ...]
    chat_words: str
    chat_step: int
    balance: str = ""
    take_step: int = 0

    @property
    def in_short(self) -> str:
        """The readings in one line."""
        said = (f"{name} {value}" for name, value, _ in self.readings)
        return " · ".join(said)


def summary_of(store: RunStore) -> Summary | None:
    """Return the summary of a run; None while it trains, or when it left no result."""
    state = store.state
    if store.alive or not store.is_loaded or state.state not in KEPT or not state.adapter:
        return None
    base, best, last = store.history.base_loss, state.best_target_loss, state.target_loss
    gained = base - best if base is not None and best is not None else 0.0
    measured = base is not None and len(store.history.evaluations) > 1
    earlier = measured and state.best_step in store.kept and 0 < state.best_step < state.step
    chosen = state.best_step if earlier else 0
    if not measured:
        badge, verdict = ("info", "Not measured", "plain"), "No row was held out to judge by."
    elif gained <= 0:
        badge = ("warning", "No better", "warning")
        verdict = f"Held-out loss did not fall: {base:.2f} before, {last:.2f} after."
    else:
        when = f" by step {chosen:,}" if chosen else ""
        badge = ("leaf", "Better", "good")
        verdict = f"Held-out loss fell by {gained:.2f} nats{when}."
    balance, better = _balance(store), _better(store)
    talk = better if balance else chosen  # one checkpoint is named, not two
    return Summary(
        badge=badge,
        verdict=verdict,
        follows=_follows(store, measured, gained, chosen),
        readings=(
            _loss(base, best, chosen),
            _perplexity(base, best),
            _result(store, chosen),
            ("Time", duration(state.seconds), f"{rate(mean_speed(store))} tokens/s"),
            _peak(store),
        ),
        chat_words=f"Chat with step {talk:,}" if talk else "Compare in Chat",
        chat_step=talk,
        balance=balance,
        take_step=better,
    )


def _balance(store: RunStore) -> str:
    """Return what was gained and lost, with intervals, and which checkpoint to take."""
    if store.recipe is None:
        return ""
    tolerance, kept = store.recipe.guard.tolerance, sorted(store.kept)
    words = verdict_words(store.history.evaluations, kept, tolerance)
    if words and store.taken_step:
        words = f"{words} Step {store.taken_step:,} was taken as the result."
    return f"{words[:1].upper()}{words[1:]}"


def _better(store: RunStore) -> int:
    """Return the step of the checkpoint to take; 0 if it is the result, or nothing is better."""
    guard = guard_reading(store)
    best, result = guard.best, store.taken_step or store.state.step
    if best is None or len(guard.points) < 2:
        return 0
    return best.step if best.step != result else 0


def _follows(store: RunStore, measured: bool, gained: float, chosen: int) -> str:
    state = store.state
    if not measured:
        return "Chat with it, and hold rows out next time, so that the next run can be judged."
    if gained <= 0:
        return "Look at the rows under Rows, or begin again with a lower learning rate."
    if chosen:
        return (
            f"It was best at step {chosen:,} and got worse after. That checkpoint is kept; fewer "
            "steps would do next time."
        )
    if state.best_step == state.step and state.step:
        return "It was still falling at the end: continuing may improve it further."
    return "Compare its answers with those of the base, or evaluate it on the held-out rows."


def _loss(base: float | None, best: float | None, step: int) -> tuple[str, str, str]:
    if base is None or best is None:
        return "Held-out loss", NO_VALUE, "not measured"
    name = f"Held-out loss at step {step:,}" if step else "Held-out loss"
    return name, f"{base:.2f} → {best:.2f}", f"{signed(best - base)} nats per token"


def _perplexity(base: float | None, best: float | None) -> tuple[str, str, str]:
    if base is None or best is None:
        return "Perplexity", NO_VALUE, "not measured"
    before, after = _exp(base), _exp(best)
    factor = before / after if after else 1.0
    words = f"{factor:.1f} times less unsure" if factor > 1.05 else "about as unsure as before"
    return "Perplexity", f"{_number(before)} → {_number(after)}", words


def _exp(loss: float) -> float:
    return math.exp(min(loss, math.log(MOST_PERPLEXITY)))


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _result(store: RunStore, chosen: int) -> tuple[str, str, str]:
    state = store.state
    best = f"best at step {state.best_step:,}" if state.best_step else "best not measured"
    if state.best_step == state.step:
        best = "also the best"
    return "Result", f"Step {state.step:,}", f"{best}, kept" if chosen else best


def _peak(store: RunStore) -> tuple[str, str, str]:
    state = store.state
    measured = state.measured_peak_bytes or state.memory_bytes
    predicted = state.predicted_peak_bytes or store.predicted["peak"]
    beside = f"predicted {predicted / GIB:.2f}" if predicted else "nothing was predicted"
    return "Peak memory", gib(measured, 2) if measured else NO_VALUE, beside
