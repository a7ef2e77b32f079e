"""Which adapter is the result of a run: that of its last step, or of a checkpoint that was taken."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import fault_of, sync
from studio.machine.locks import RunLock

NOTE = "taken.json"
"""Inside the adapter's folder: the step it was taken from; an engine replaces the whole folder."""
_PARTS = ("adapter_config.json", "adapter_model.safetensors")


def taken_step(run: RunFolder) -> int:
    """Return the step whose checkpoint was taken as the result; 0 if nobody has taken one."""
    try:
        body = json.loads((run.adapter / NOTE).read_text(encoding="utf-8"))
        return max(0, int(body["step"]))
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def take_as_result(run: RunFolder, step: int) -> None:
    """Make the adapter of a checkpoint the result of its run; the one before is gone.

    Raises:
        RunError: the run trains, the checkpoint is gone or damaged, or holds no adapter.
        OSError: the disk refuses. The result is as it was, or the new one.
    """
    with RunLock(run.lock).hold():
        source = checkpoint_folder(run, step)
        fault = fault_of(source)
        if fault:
            raise RunError(
                f"The checkpoint of step {step} {fault}.", "Take another one; nothing was changed."
            )
        if not all((source / name).is_file() for name in _PARTS):
            raise RunError(
                f"The checkpoint of step {step} holds no adapter.",
                "Only runs that train an adapter can take one as their result.",
            )
        _replace(run.adapter, source, step)


def _replace(target: Path, source: Path, step: int) -> None:
    staged = target.with_name(f".{target.name}-{os.getpid()}")
    before = target.with_name(f".{target.name}-before-{os.getpid()}")
    try:
        staged.mkdir()
        for name in _PARTS:
            shutil.copyfile(source / name, staged / name)
            sync(staged / name)
        (staged / NOTE).write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
        sync(staged / NOTE)
        sync(staged)
        if target.exists():
            target.rename(before)
        staged.rename(target)
        sync(target.parent)
    finally:
        if before.exists() and not target.exists():
            before.rename(target)
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
