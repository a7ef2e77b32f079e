"""Blind votes: the interval, when they are enough, what survives, what rows they become."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.datasetlibrary import DatasetLibrary
from studio.app.votedesk import VoteDesk
from studio.cli.judging import judgings_of
from studio.core.evaluation import (
    BASE,
    ColumnResult,
    ColumnSpec,
    EvaluationRow,
    EvaluationSetup,
    Results,
)
from studio.core.example import Kind
from studio.core.judging import Judgement
from studio.core.problems import DataError
from studio.core.votes import (
    Choice,
    Vote,
    by_tag,
    choice_of_side,
    enough_words,
    is_told,
    kept_tags,
    order,
    sides,
    tally,
    wilson,
    win_words,
)
from studio.core.workspace import Workspace
from studio.data.evaluations import Evaluations, JudgedRow
from studio.data.judgements import Judgements, own_votes
from studio.data.store import Dataset
from studio.data.votes import Votes
from tests.helpers.children import held
from tests.helpers.evaluating import make_questions

TUNED = "tuned"


def votes(first, second, ties=0, bad=0):
    many = zip(
        (Choice.FIRST, Choice.SECOND, Choice.TIE, Choice.BAD),
        (first, second, ties, bad),
        strict=True,
    )
    return [Vote(at, choice) for choice, n in many for at in range(n)]


def make_evaluation(workspace, rows=8, left_out=()):
    """Keep a finished evaluation of base and tuned on the test rows; return its number.

    Rows at the places that are left out were drawn and could not be asked.
    """
    dataset = make_questions(workspace.dataset("hotel"), rows)
    setup = EvaluationSetup(
        dataset=str(dataset), model="m", columns=(ColumnSpec(BASE), ColumnSpec(TUNED, "a", "r"))
    )
    with Dataset.open(dataset, read_only=True) as data:
        asked = [row for row in data.rows() if row.split == "test"]
    frozen = [
        EvaluationRow(r.id, r.instruction, r.output, (("system", "s"), ("user", r.instruction)))
        for r in asked
    ]
    judged = [
        JudgedRow(
            at, r.id, "", "", {BASE: f"base {at}", TUNED: f"tuned {at}"}, {BASE: {}, TUNED: {}}
        )
        for at, r in enumerate(asked)
        if at not in left_out
    ]
    results = Results(
        columns=tuple(ColumnResult(name=n, metrics={}) for n in (BASE, TUNED)), rows=rows
    )
    with Evaluations(workspace.evaluations) as store:
        number = store.add(setup)
        store.freeze(number, frozen, {})
        store.finish(number, results, judged)
    return number


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "ws").create()


@pytest.fixture
def desk(workspace, qapp):
    library = DatasetLibrary(workspace)
    made = VoteDesk(workspace, library)
    made.begin(make_evaluation(workspace), BASE, TUNED)
    yield made
    library.close()


def test_the_interval_is_that_of_wilsons_paper():
    found = wilson(15, 20)
    assert (found.value, found.low, found.high) == pytest.approx((0.75, 0.5313, 0.8881), abs=1e-4)
    none, every = wilson(0, 20), wilson(20, 20)
    assert none.low == 0 and none.high == pytest.approx(0.1611, abs=1e-4)
    assert every.high == 1 and every.low == pytest.approx(0.8389, abs=1e-4)
    assert wilson(0, 0).low == 0 and wilson(0, 0).high == 1


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_interval_holds_the_share_and_mirrors(wins, of):
    wins = min(wins, of)
    one, other = wilson(wins, of), wilson(of - wins, of)
    assert 0 <= one.low <= one.value + 1e-12 and one.value <= one.high + 1e-12 <= 1 + 2e-12
    assert one.low == pytest.approx(1 - other.high)


def test_ties_and_both_bad_count_as_votes_but_decide_nothing():
    counted = tally(votes(2, 6, ties=3, bad=1))
    assert (counted.votes, counted.decided) == (12, 8)
    assert counted.win.value == pytest.approx(0.75)
    assert tally(votes(0, 0, ties=4)).win is None


def test_words_say_who_won_and_whether_it_may_be_chance():
    sure = tally(votes(3, 17))
    assert is_told(sure)
    assert win_words(sure, "base", "tuned") == (
        "tuned won 17 of 20 decided votes, 85\u00a0% (95 %: 64\u00a0% to 95\u00a0%): "
        "it is preferred to base."
    )
    assert win_words(tally(votes(17, 3)), "base", "tuned").startswith("base won 17 of 20")
    assert "may be chance" in win_words(tally(votes(9, 11)), "base", "tuned")
    few = win_words(tally(votes(0, 8)), "base", "tuned")
    assert "chance" not in few and few.endswith("these are too few votes to rely on.")
    assert win_words(tally([]), "a", "b") == "No vote preferred one of them."


def test_whether_there_are_enough_votes_is_said_with_how_many_more():
    assert enough_words(tally(votes(3, 17))).startswith("Enough votes")
    assert "7 more decided votes at least" in enough_words(tally(votes(1, 2)))
    assert "about 5 more" in enough_words(tally(votes(4, 10)))
    assert enough_words(tally(votes(500, 501))).startswith("Too close")


def test_tags_are_counted_apart():
    given_ = [
        Vote(0, Choice.FIRST, tags=("short", "rude")),
        Vote(1, Choice.SECOND, tags=("short",)),
        Vote(2, Choice.TIE),
    ]
    assert [(tag, c.first, c.second) for tag, c in by_tag(given_)] == [
        ("short", 1, 1),
        ("rude", 1, 0),
    ]
    assert kept_tags(" a , a,b  c,, ") == ("a", "b c")


@pytest.mark.parametrize("places", [1, 2, 7, 40])
def test_each_column_stands_at_the_left_as_often_and_the_seed_decides(places):
    made = sides(5, places)
    assert abs(2 * sum(made) - places) <= 1 and made == sides(5, places)
    assert sorted(order(5, places)) == list(range(places))
    if places == 40:
        assert made != sides(6, places) and order(5, places) != order(6, places)


@pytest.mark.parametrize("first_is_left", [True, False])
def test_a_press_means_the_column_that_stands_there(first_is_left):
    assert choice_of_side("left", first_is_left) is (
        Choice.FIRST if first_is_left else Choice.SECOND
    )
    assert choice_of_side("right", first_is_left) is (
        Choice.SECOND if first_is_left else Choice.FIRST
    )
    assert choice_of_side("tie", first_is_left) is Choice.TIE
    assert choice_of_side("bad", first_is_left) is Choice.BAD


def test_a_vote_goes_to_the_column_that_was_shown_and_can_be_taken_back(desk, workspace):
    seen = []
    while (pair := desk.next) is not None:
        left, _ = desk.shown(pair)
        seen.append(pair.place)
        desk.vote("left" if left.startswith("tuned") else "right", 4, ("t",))
    assert sorted(seen) == list(range(8)) and seen != sorted(seen)
    assert (desk.tally.first, desk.tally.second) == (0, 8)
    assert desk.undo().place == seen[-1] and desk.next.place == seen[-1]
    again = VoteDesk(workspace, desk._datasets)
    again.open(desk.ballot.id)
    assert [vote.place for vote in again.votes] == seen[:-1]
    assert again.votes[0].rating == 4 and again.votes[0].tags == ("t",)
    assert [(b.voted, b.total) for b in again.ballots()] == [(7, 8)]


KILLED = """
import os, sys
from pathlib import Path
from studio.core.votes import Choice, Vote
from studio.data.votes import Votes
store = Votes(Path(sys.argv[1]))
for place in range(5):
    store.vote(int(sys.argv[2]), Vote(place, Choice.SECOND, 3, ("kept",)))
print("written", flush=True)
sys.stdin.read()
"""


def test_votes_survive_that_the_process_is_killed(desk, workspace):
    command = [sys.executable, "-c", KILLED, str(workspace.evaluations), str(desk.ballot.id)]
    with held(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)) as process:
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    with Votes(workspace.evaluations) as store:
        assert store.votes(desk.ballot.id) == [
            Vote(place, Choice.SECOND, 3, ("kept",)) for place in range(5)
        ]


def test_the_judge_that_was_asked_answers_though_another_was_asked_since(workspace):
    number, file = make_evaluation(workspace), workspace.evaluations
    with Judgements(file) as kept:
        for judge, chance in (("one", 0.9), ("other", 0.1)):
            judging = kept.begin(number, judge, "weights", "prompt")
            kept.keep(judging, [Judgement(at, TUNED, chance, chance) for at in range(4)])
    (said,) = judgings_of(file, number, "/models/one")
    assert (said.judge, said.column.ours, said.column.base) == ("one", 4, 0)


def test_a_vote_is_held_against_what_the_judge_said_of_the_same_row(workspace):
    number = make_evaluation(workspace, left_out=(0, 3))
    with Votes(workspace.evaluations) as kept:
        ballot = kept.one(kept.begin(number, BASE, TUNED, 1))
        assert [pair.first for pair in kept.pairs(ballot)][:3] == ["base 1", "base 2", "base 4"]
        kept.vote(ballot.id, Vote(0, Choice.SECOND))
        kept.vote(ballot.id, Vote(2, Choice.FIRST))
    assert own_votes(workspace.evaluations, number) == {(TUNED, 1): True, (TUNED, 4): False}


def test_decided_votes_become_preference_pairs_once_with_where_they_came_from(desk, workspace):
    for side in ("left", "right", "tie", "bad"):
        desk.vote(side, 5)
    assert desk.keep_pairs() == ("hotel-votes", 2)
    assert desk.keep_pairs() == ("hotel-votes", 0)
    with Dataset.open(workspace.dataset("hotel-votes"), read_only=True) as data:
        rows = list(data.rows())
        assert data.kind is Kind.PREFERENCE and len(rows) == 2
        first = data.row(rows[0].id)
    vote = desk.votes[0]
    pair = desk.pairs[vote.place]
    better, worse = (pair.first, pair.second)
    if vote.choice is Choice.SECOND:
        better, worse = worse, better
    assert first.texts[:3] == (pair.question, better, worse)
    assert '"system"' in first.texts[3] and pair.question not in first.texts[3]
    assert f"Blind vote {desk.ballot.id}" in first.note and f"row {pair.row} of hotel" in first.note


@pytest.mark.parametrize("opened", [True, False])
def test_an_edited_answer_corrects_its_row_or_becomes_a_new_one(desk, workspace, opened):
    document = desk._datasets.open("hotel") if opened else None
    pair = desk.pairs[0]
    assert desk.keep_answer(pair, "better words", as_new=False) == pair.row
    new = desk.keep_answer(pair, "other words", as_new=True)
    if document is not None:
        assert document.undo_text
        desk._datasets.close()
    with Dataset.open(workspace.dataset("hotel"), read_only=True) as data:
        assert data.row(pair.row).output == "better words"
        assert data.row(new).triple.output == "other words"
        assert data.row(new).instruction == pair.question
        assert data.row(new).note.startswith("Answer edited on")
        assert data.row(new).split == data.row(pair.row).split == desk.ballot.split != "train"


def test_a_ballot_without_common_answers_or_of_a_lost_evaluation_is_said(desk, workspace):
    with pytest.raises(DataError, match="answer of both"):
        desk.begin(desk.ballot.evaluation, BASE, "nobody")
    with pytest.raises(DataError, match="no vote 99"):
        desk.open(99)


def test_a_disk_that_takes_no_more_is_said_and_what_was_kept_stays(workspace):
    number = make_evaluation(workspace)
    with Votes(workspace.evaluations) as store:
        ballot = store.begin(number, BASE, TUNED, 7)
        store.vote(ballot, Vote(0, Choice.SECOND))
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from studio.core.votes import Choice, Vote\n"
        "from studio.data.votes import Votes\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "try:\n"
        "    with Votes(Path(sys.argv[1])) as store:\n"
        "        store.vote(int(sys.argv[2]), Vote(1, Choice.TIE, tags=('long' * 9000,)))\n"
        "except Exception as err:\n"
        "    print(type(err).__name__, err)\n"
    )
    words = [sys.executable, "-c", code, str(workspace.evaluations), str(ballot)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("DiskFullError The disk "), done.stdout + done.stderr
    with Votes(workspace.evaluations) as store:
        assert [vote.place for vote in store.votes(ballot)] == [0]
