"""Without room on the disk a run waits for the user, and loses nothing."""

from __future__ import annotations

import errno

import pytest

from studio.core.control import CONTROL, DiscardAsked, PauseAsked, RoomAnswered
from studio.core.events import CheckpointCommitted, Remark, RoomWanted, StateChanged
from studio.data.checkpointplaces import checkpoint_folder, place_for_new, send_elsewhere
from studio.data.checkpoints import checkpoint_steps, is_whole, latest_verified
from studio.engine import room as rooms
from studio.engine.checkpoint import drop_old
from tests.helpers.runfolders import events_of, make_run, steps_of
from tests.helpers.working import work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
SETTINGS = {"max_steps": 6, "save_steps": 2, "eval_steps": 50}


@pytest.fixture
def run(tmp_path, tiny_model):
    return make_run(tmp_path, tiny_model, **SETTINGS)


@pytest.fixture
def full(run, monkeypatch):
    """Say that the run's disk is full once step 2 is kept, until somebody empties it."""
    monkeypatch.setattr(rooms, "LOOK_SECONDS", 0.3)
    state = {"full": True}
    plain = rooms.free_bytes

    def free(place):
        inside = place.is_relative_to(run.path)
        return 1000 if state["full"] and inside and checkpoint_steps(run) else plain(place)

    monkeypatch.setattr(rooms, "free_bytes", free)
    return state


def answer_with(run, *wishes):
    """Return a listener that answers each question for room with the next of these wishes."""
    left = list(wishes)

    def listen(event):
        if isinstance(event, RoomWanted) and left:
            with run.control.open("ab") as file:
                file.write(CONTROL.encode(left.pop(0)))

    return listen


def told(run, kind):
    return [event for event in events_of(run) if isinstance(event, kind)]


def test_a_run_waits_for_room_and_goes_on_by_itself_once_there_is_some(run, full):
    def listen(event):
        if isinstance(event, RoomWanted):
            full["full"] = False

    assert work(run, listen).outcome == "done"
    (wanted,) = told(run, RoomWanted)
    assert (wanted.step, wanted.folder) == (4, str(run.checkpoints))
    assert wanted.needed_bytes > wanted.free_bytes == 1000
    assert list(steps_of(run)) == [1, 2, 3, 4, 5, 6]
    assert checkpoint_steps(run) == [6, 4, 2]
    details = [event.detail for event in told(run, StateChanged)]
    assert "Waiting for room for the checkpoint of step 4" in details


def test_checkpoints_go_to_another_folder_and_a_resume_finds_them_there(run, full, tmp_path):
    other = tmp_path / "other disk"
    answers = RoomAnswered(answer="folder", folder=str(other)), RoomAnswered(answer="stop")
    ending = work(run, answer_with(run, *answers))
    assert (ending.outcome, ending.summary) == ("stopped", "There was no room for the result.")
    assert [event.path for event in told(run, CheckpointCommitted)] == [
        "checkpoints/step-000002",
        *(str(other / f"{run.id}-checkpoints" / f"step-00000{step}") for step in (4, 6)),
    ]


def test_a_run_without_room_stops_and_keeps_when_asked(run, full):
    answers = answer_with(run, RoomAnswered(answer="retry"), RoomAnswered(answer="stop"))
    asked = []

    def listen(event):
        answers(event)
        if isinstance(event, RoomWanted):
            asked.append(event)
            full["full"] = len(asked) < 2  # too late for the checkpoint, in time for the result

    ending = work(run, listen)
    assert ending.outcome == "stopped"
    assert len(asked) == 2
    assert latest_verified(run) == (2, [])
    assert (run.adapter / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize("wish", [PauseAsked(), DiscardAsked()])
def test_a_run_that_waits_for_room_can_be_left(run, full, wish):
    ending = work(run, answer_with(run, wish))
    assert ending.outcome == ("paused" if isinstance(wish, PauseAsked) else "stopped")
    assert "after step 2" in ending.summary or "Step 2 is kept" in ending.summary
    full["full"] = False
    assert work(run).outcome == "done"
    assert list(steps_of(run)) == [1, 2, 3, 4, 5, 6]


def test_a_disk_that_fills_while_a_checkpoint_is_written_costs_nothing(run, full, monkeypatch):
    from studio.engine import trainer as trainers

    full["full"] = False
    plain, failed = trainers.save_branch, []

    def fills(model, folder):
        plain(model, folder)
        if folder.name.startswith(".staging-4-") and not failed:
            failed.append(folder)
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(trainers, "save_branch", fills)
    assert work(run, answer_with(run, RoomAnswered(answer="retry"))).outcome == "done"
    (wanted,) = told(run, RoomWanted)
    assert wanted.needed_bytes > wanted.free_bytes  # or it would try without end
    assert checkpoint_steps(run) == [6, 4, 2]
    assert not list(run.checkpoints.glob(".*"))


def test_a_folder_that_takes_nothing_is_refused_and_the_run_waits_on(run, full, tmp_path):
    file = tmp_path / "a file"
    file.write_text("")
    wishes = [RoomAnswered(answer="folder", folder=str(file / "x")), PauseAsked()]
    asked = []

    def listen(event):
        if isinstance(event, RoomWanted) or (
            isinstance(event, Remark) and event.code == "folder_refused"
        ):
            asked.append(event)
            with run.control.open("ab") as control:
                control.write(CONTROL.encode(wishes.pop(0)))

    assert work(run, listen).outcome == "paused"
    assert [type(event) for event in asked] == [RoomWanted, Remark]
    assert place_for_new(run) == run.checkpoints


def _checkpoint(run, step):
    from studio.engine.checkpoint import commit

    commit(run, step, lambda folder: (folder / "weights").write_bytes(b"x" * step))


def test_the_last_the_best_and_the_newest_others_stay(run):
    for step in range(1, 8):
        _checkpoint(run, step)
    drop_old(run, best=2, keep=4)
    assert checkpoint_steps(run) == [7, 6, 5, 2]
    drop_old(run, best=7, keep=2)
    assert checkpoint_steps(run) == [7, 6]


def test_checkpoints_of_several_places_are_one_list(run, tmp_path):
    _checkpoint(run, 1)
    place = send_elsewhere(run, tmp_path / "far")
    _checkpoint(run, 2)
    send_elsewhere(run, tmp_path / "farther")
    _checkpoint(run, 3)
    assert checkpoint_steps(run) == [3, 2, 1]
    assert checkpoint_folder(run, 2) == place / "step-000002"
    assert latest_verified(run) == (3, [])
    assert all(is_whole(checkpoint_folder(run, step)) for step in (1, 2, 3))
    drop_old(run, best=1, keep=2)
    assert checkpoint_steps(run) == [3, 1]
    send_elsewhere(run, tmp_path / "far")  # and back again
    _checkpoint(run, 4)
    assert checkpoint_folder(run, 4).parent == place
    assert checkpoint_steps(run) == [4, 3, 1]
