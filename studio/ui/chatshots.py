"""The parts of the Chat page beside the conversation, each with what is there to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from studio.core.evaluation import EvaluationState
from studio.ui.chat.chatmodes import CHAT, EVALUATE, READY, VOTE

if TYPE_CHECKING:
    from studio.data.evaluations import EvaluationSummary
    from studio.data.readiness import ReadinessSummary
    from studio.ui.chat.chatmodes import ChatModes
    from studio.ui.evaluate.evaluatepane import EvaluatePane
    from studio.ui.ready.readinesspane import ReadinessPane
    from studio.ui.window import StudioWindow


def chat_states(window: StudioWindow) -> Iterator[str]:
    """Bring one part after the other to the front and yield its name; then the conversation.

    Each part has its form, and what came of the newest one that is finished, if any is. Nothing
    is begun and nothing is changed by it.
    """
    window.open_page("Chat")
    modes: ChatModes = window.page("Chat").modes  # type: ignore[attr-defined]
    yield from _work(modes, EVALUATE, "evaluate", modes.evaluate, window.studio.evaluations.all())
    modes.show_mode(VOTE)
    modes.vote.begin()
    yield "vote-new"
    yield from _votes(modes)
    yield from _work(modes, READY, "readiness", modes.ready, modes.ready.desk.all())
    modes.show_mode(CHAT)


def _work(
    modes: ChatModes,
    mode: int,
    name: str,
    pane: EvaluatePane | ReadinessPane,
    made: Sequence[EvaluationSummary | ReadinessSummary],
) -> Iterator[str]:
    """Show the form of a kind of work, and what came of the newest that is done."""
    modes.show_mode(mode)
    pane.begin()
    yield f"{name}-new"
    if newest := _newest(made):
        pane.open(newest)
        yield name


def _votes(modes: ChatModes) -> Iterator[str]:
    """Show a question that waits for a vote, and what the votes of a ballot said."""
    pane = modes.vote
    ballots = pane.desk.ballots()
    waiting = next((b.id for b in ballots if not b.done and b.total > b.left + b.refused), 0)
    voted = next((b.id for b in ballots if b.voted), 0)
    if waiting:
        pane.open(waiting)
        yield "vote"
    if voted:
        pane.open(voted)
        pane.reveal()
        yield "vote-revealed"


def _newest(found: Sequence[EvaluationSummary | ReadinessSummary]) -> int:
    """Return the number of the newest piece of work that is done; 0 if none is."""
    return next((one.id for one in found if one.state is EvaluationState.DONE), 0)
