"""A finished run to talk to, on the disk: a result, two checkpoints and held-out rows."""

from __future__ import annotations

import json

from studio.core.events import CheckpointCommitted, RunEnded, RunStarted
from studio.core.workspace import RunFolder, Workspace
from studio.machine.models import STARTER
from tests.helpers.runs import add_events, make_run

HELD_OUT = (
    ("Can I still get breakfast at half past ten?", "Breakfast is laid until 10:30."),
    ("My train leaves at 6:40. Can you help?", "A taxi will stand at the door at 6:05."),
    ("Is the pool warm?", "It is kept at 27 degrees."),
    ("May I bring my dog?", "Dogs are welcome in the garden rooms."),
    ("Where do I leave the key?", "With Tomas, at the desk."),
    ("Is there a piano?", "In the Glass Room; it was tuned in May."),
)


def make_trained_run(workspace: Workspace, run_id: str = "2026-11-22-hotel-1") -> RunFolder:
    """Make the folder of a run that is done, with checkpoints at steps 120 and 240."""
    workspace.model(STARTER).mkdir(parents=True, exist_ok=True)
    folder = make_run(workspace, run_id)
    steps = [(folder.checkpoint(step), step) for step in (120, 240)]
    for place in (folder.adapter, *(path for path, _ in steps)):
        place.mkdir(parents=True)
        (place / "adapter_config.json").write_text("{}")
    folder.rows.parent.mkdir()
    rows = [("train", "Hello?", "Good day."), *(("test", q, a) for q, a in HELD_OUT)]
    with folder.rows.open("w") as file:
        for number, (split, question, answer) in enumerate(rows):
            row = {"row": number, "split": split, "instruction": question, "input": ""}
            file.write(json.dumps(row | {"output": answer}) + "\n")
    committed = [
        CheckpointCommitted(step=step, path=str(path.relative_to(folder.path)))
        for path, step in steps
    ]
    started = RunStarted(run=folder.id, total_steps=240, pid=1)
    add_events(folder, [started, *committed, RunEnded(outcome="done", run=folder.id, step=240)])
    return folder
