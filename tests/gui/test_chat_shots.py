"""The pictures of the Chat page's parts show what their names say, and begin nothing."""

from __future__ import annotations

import pytest

from studio.app.studio import Studio
from studio.core.evaluation import BASE, EvaluationState
from studio.core.readiness import OUTSIDE, ReadinessSetup
from studio.core.votes import Choice, Vote
from studio.core.workspace import Workspace
from studio.data.readiness import ReadinessLooks
from studio.data.votes import Votes
from studio.ui.chat.chatmodes import CHAT
from studio.ui.chatshots import chat_states
from studio.ui.evaluate import evaluatepane
from studio.ui.ready import readinesspane
from studio.ui.vote import votepane
from studio.ui.window import StudioWindow
from tests.helpers.readyfound import found
from tests.unit.test_votes import TUNED, make_evaluation


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "ws").create()
    number = make_evaluation(made)
    with Votes(made.evaluations) as votes:
        votes.vote(votes.begin(number, BASE, TUNED, 7), Vote(0, Choice.SECOND))
    with ReadinessLooks(made.evaluations) as looks:
        look = looks.add(ReadinessSetup(run="r", name=TUNED, adapter="a", model="m"))
        looks.keep(look, OUTSIDE, found().outside)
        looks.end(look, EvaluationState.DONE)
    return made


def test_each_part_is_shown_with_its_form_and_what_came_of_it(workspace, theme, qtbot):
    studio = Studio(workspace)
    window = StudioWindow(studio, theme)
    window.show()
    front = {}
    for name in chat_states(window):
        modes = window.page("Chat").modes
        pane = modes._stack.currentWidget()
        front[name] = (type(pane).__name__, pane.stack.currentIndex())
    evaluate, vote, ready = "EvaluatePane", "VotePane", "ReadinessPane"
    assert front == {
        "evaluate-new": (evaluate, evaluatepane.NOTHING),  # there is no run here
        "evaluate": (evaluate, evaluatepane.RESULTS),
        "vote-new": (vote, votepane.FORM),
        "vote": (vote, votepane.VOTING),
        "vote-revealed": (vote, votepane.REVEALED),
        "readiness-new": (ready, readinesspane.NOTHING),
        "readiness": (ready, readinesspane.RESULTS),
    }
    assert window.page("Chat").modes.switch.current() == CHAT
    assert studio.evaluations.client.state == "idle"
    window.close()
    window.deleteLater()
    studio.close()
