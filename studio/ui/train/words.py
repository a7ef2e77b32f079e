"""What is said about the state of a run: badge, title, verdict and way out; no widgets."""

from __future__ import annotations

import time
from dataclasses import dataclass

from studio.app.runstore import RunStore
from studio.core.life import LEAVING
from studio.core.problems import StudioError
from studio.core.runstate import State
from studio.core.units import day, device_words, duration

BADGES = {
    State.QUEUED: ("clock", "Queued", "plain"),
    State.LOADING: ("frozen", "Loading", "frozen"),
    State.TRAINING: ("train", "Training", "good"),
    State.EVALUATING: ("measure", "Measuring", "good"),
    State.SAVING: ("disk", "Saving", "good"),
    State.PAUSING: ("pause", "Pausing", "plain"),
    State.PAUSED: ("pause", "Paused", "plain"),
    State.STOPPING: ("stop", "Stopping", "plain"),
    State.STOPPED: ("stop", "Stopped, kept", "plain"),
    State.DONE: ("check", "Done", "good"),
    State.FAILED: ("error", "Failed", "danger"),
    State.DIVERGED: ("error", "Diverged", "danger"),
    State.OUT_OF_MEMORY: ("error", "Out of memory", "danger"),
    State.LOST: ("offline", "Lost", "danger"),
}
"""Icon, word and tone of each state."""
WAITING = ("disk", "Waiting for room", "warning")
"""The badge of a run that cannot write its checkpoint."""
BAD = frozenset({State.FAILED, State.DIVERGED, State.OUT_OF_MEMORY, State.LOST})
KEPT = frozenset({State.DONE, State.STOPPED})


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of the run card."""

    badge: tuple[str, str, str]
    title: str
    share: str = ""
    gone: str = ""
    left: str = ""
    left_after: str = ""


def head_of(store: RunStore, waited: float) -> Head:
    """Return what the run card says; waited is seconds since the engine was started."""
    state = store.state
    if store.is_booting:
        return Head(BADGES[State.LOADING], "Starting the engine", gone=_since(waited))
    if not store.is_loaded and not state.step:
        return Head(BADGES[State.QUEUED], "Reading the run")
    badge = BADGES[state.state]
    if state.state in (State.LOADING, State.QUEUED) and store.alive:
        return Head(badge, state.detail or "Loading the base", gone=_since(waited))
    title = f"Step {state.step:,} of {state.total_steps:,}" if state.total_steps else "No step yet"
    share = f"{100 * state.step / state.total_steps:.0f}\u00a0%" if state.total_steps else ""
    if state.final:
        return Head(badge, title, share, f"{duration(state.seconds)} of training")
    if state.room is not None:
        return Head(WAITING, title, share)
    if state.state is not State.TRAINING and state.detail:
        share = f"{share} · {state.detail}" if share else state.detail
    left, gone = state.seconds_left, _since(state.seconds + state.beside)
    if left is None or state.state in LEAVING:
        return Head(badge, title, share, gone)
    clock = time.strftime("%H:%M", time.localtime(time.time() + left))
    return Head(badge, title, share, gone, duration(left), f"left, done at {clock}")


def _since(seconds: float) -> str:
    return f"{duration(seconds)} gone" if seconds >= 1 else ""


def page_line(store: RunStore) -> str:
    """Return the muted line below the page's title."""
    state = store.state
    parts = [store.title]
    if state.started:
        parts.append(f"started {_when(state.started)}")
    if store.alive:
        parts.append("goes on when this window is closed")
    elif state.device:
        parts.append(device_words(state.device))
    return " · ".join(parts)


def _when(moment: float) -> str:
    then, now = time.localtime(moment), time.localtime()
    clock = time.strftime("%H:%M", then)
    if then[:3] == now[:3]:
        return clock
    return f"{day(then)}, {clock}"


def problem_of(store: RunStore) -> StudioError | None:
    """Return what went wrong and what is safe; None when nothing did."""
    if store.problem is not None:
        return store.problem
    state = store.state
    if store.alive or state.state not in BAD:
        return None
    summary = (
        state.summary or f"The run ended at step {state.step:,}: {BADGES[state.state][1].lower()}."
    )
    details = "\n".join(part for part in (state.details, str(store.folder.log)) if part)
    return StudioError(summary, f"{state.hint} {safe_sentence(store)}".strip(), details)


def safe_sentence(store: RunStore) -> str:
    """Return what of a run is on the disk for good."""
    if not store.kept:
        return "No checkpoint was committed yet; it would begin again at step 0."
    return f"Step {max(store.kept):,} is safe."


def resume_words(store: RunStore) -> str:
    """Return what the resume button says."""
    kept = store.kept
    if kept:
        return f"Resume from step {max(kept):,}"
    return "Start" if store.state.state is State.QUEUED else "Start again"
