"""Kills engines at random moments, or lets their writes fail, and looks at what they leave.

``python -m tests.helpers.killingengine RUN STEPS`` commits checkpoints until it is killed, and says
the step after each.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.control import CONTROL, RoomAnswered
from studio.core.workspace import RunFolder
from studio.data.checkpoints import STAGING, checkpoint_steps, is_whole, latest_verified
from studio.engine.checkpoint import commit, drop_old, sweep
from studio.machine.enginecommand import engine_command, engine_environment
from tests.helpers.children import held

KEPT = 3
FILES = 6
BYTES = 20_000
CALLS = "write,pwrite64,writev,fsync,rename,renameat,renameat2,mkdir,mkdirat"
_MOST_SECONDS = 3.0


@dataclass(frozen=True)
class Left:
    """What a killed process left.

    Attributes:
        told: the last step it said was done.
        kept: the newest whole checkpoint.
        wrong: what is not as it must be; empty if all is.
    """

    told: int
    kept: int
    wrong: str = ""


def commit_for_ever(run: RunFolder, steps: int) -> None:
    """Commit one checkpoint after another and say each on standard output."""
    sweep(run)
    first = latest_verified(run)[0]
    chance = random.Random(first)

    def write(folder: Path) -> None:
        for number in range(FILES):
            (folder / f"part-{number}").write_bytes(chance.randbytes(BYTES))

    for step in range(first + 1, first + steps + 1):
        commit(run, step, write)
        drop_old(run, best=1, keep=KEPT)
        sys.stdout.write(f"{step}\n")
        sys.stdout.flush()


def kill_a_commit(run: RunFolder, seed: int) -> Left:
    """Let a process commit, kill it, and see that what it said is there."""
    run.path.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.helpers.killingengine", str(run.path), "1000000"]
    with held(subprocess.Popen(command, stdout=subprocess.PIPE)) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.05))
        child.kill()
        said = (first + child.stdout.read()).split(b"\n")[:-1]  # the last may be half a number
    return look(run, int(said[-1]) if said else 0)


def look(run: RunFolder, told: int) -> Left:
    """Return what is wrong with the checkpoints of a run that said that a step is kept."""
    kept, reasons = latest_verified(run)
    if reasons or kept not in (told, told + 1):
        return Left(told, kept, f"said {told}, kept {kept}, {reasons}")
    broken = [step for step in checkpoint_steps(run) if not is_whole(run.checkpoint(step))]
    if broken:
        return Left(told, kept, f"{broken} are damaged")
    sweep(run)
    rest = [path.name for path in run.checkpoints.glob(f"{STAGING}*")]
    return Left(told, kept, f"{rest} stay" if rest else "")


def kill_an_engine(run: RunFolder, seed: int) -> Left:
    """Let an engine train, kill it some time after its first step, and resume the run to its end."""
    from studio.data.runfiles import read_events  # here: the process that commits needs none of it
    from tests.helpers.runfolders import events_of, steps_of

    child = _engine(run)
    try:
        while not any(type(e).__name__ == "StepDone" for e in read_events(run)):
            if child.poll() is not None:
                return Left(0, 0, f"the engine ended with {child.returncode}")
            time.sleep(0.05)
        time.sleep(random.Random(seed).uniform(0, _MOST_SECONDS))
    finally:
        child.kill()
        child.wait()
    done, (kept, reasons) = max(steps_of(run)), latest_verified(run)
    if reasons or done - kept > 1:
        return Left(done, kept, f"{done - kept} steps are lost, {reasons}")
    again = _engine(run)
    if again.wait(300):
        return Left(done, kept, f"the resume ended with {again.returncode}")
    steps = [e.step for e in events_of(run) if type(e).__name__ == "StepDone"]
    if sorted(set(steps)) != list(range(1, max(steps) + 1)):
        return Left(done, kept, f"steps are missing: {steps}")
    if not (run.adapter / "adapter_model.safetensors").is_file():
        return Left(done, kept, "there is no result")
    return Left(done, kept)


def fail_a_commit(run: RunFolder, number: int) -> tuple[Left, bool]:
    """Let the n-th call that writes fail while a process commits three checkpoints.

    Returns:
        What is left, after a second process that nothing failed for, and whether there was such a
        call.
    """
    shutil.rmtree(run.path, ignore_errors=True)
    run.path.mkdir(parents=True)
    log = run.path.with_name(f"{run.id}.strace")
    command = [sys.executable, "-m", "tests.helpers.killingengine", str(run.path), "3"]
    done = subprocess.run(
        _failing(number, log) + command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    told = [int(line) for line in done.stdout.split()]
    failed = "INJECTED" in log.read_text()
    log.unlink()
    left = look(run, told[-1] if told else 0)
    if not left.wrong and subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        left = Left(left.told, left.kept, "nothing could be committed afterwards")
    return left, failed


def fail_an_engine(run: RunFolder, number: int) -> tuple[Left, bool]:
    """Let the n-th call that writes fail while an engine trains; questions for room are answered.

    Returns:
        What is left after a resume, if one was needed, and whether there was such a call.
    """
    from tests.helpers.runfolders import events_of

    log = run.path.with_name(f"{run.id}.strace")
    child = _engine(run, _failing(number, log))
    answered = 0
    while child.poll() is None:
        asked = [e for e in events_of(run) if type(e).__name__ == "RoomWanted"]
        if len(asked) > answered:
            answered = len(asked)
            with run.control.open("ab") as file:
                file.write(CONTROL.encode(RoomAnswered(answer="retry", time=time.time())))
        time.sleep(0.2)
    failed = "INJECTED" in log.read_text()
    log.unlink()
    kept, reasons = latest_verified(run)
    if reasons:
        return Left(0, kept, str(reasons)), failed
    if not run.adapter.is_dir() and _engine(run).wait(300):
        return Left(0, kept, "the resume failed"), failed
    whole = (run.adapter / "adapter_model.safetensors").is_file()
    return Left(0, latest_verified(run)[0], "" if whole else "there is no result"), failed


def _failing(number: int, log: Path) -> list[str]:
    inject = f"inject={CALLS}:error=ENOSPC:when={number}"
    return ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={CALLS}", "-e", inject]


def _engine(run: RunFolder, before: list[str] | None = None) -> subprocess.Popen[bytes]:
    with run.log.open("ab") as out:
        return subprocess.Popen(
            (before or []) + engine_command("train", str(run.path)),
            env=engine_environment() | {"OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=out,
        )


if __name__ == "__main__":
    commit_for_ever(RunFolder(Path(sys.argv[1])), int(sys.argv[2]))
