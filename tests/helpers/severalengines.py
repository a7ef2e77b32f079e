"""Engines that share a run, started by accelerate's launcher as a user would."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from studio.core.workspace import RunFolder
from studio.machine.enginecommand import engine_environment

LONG_SECONDS = 180.0


@contextmanager
def launched(run: RunFolder, processes: int = 2) -> Iterator[subprocess.Popen[str]]:
    """Start engines on this computer; whatever is left of them is killed in the end.

    The system chooses the port that they meet at, which nothing outside this computer can reach.
    """
    options = ["--multi_gpu", "--num_processes", str(processes), "--main_process_port", "0"]
    options += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    command = [sys.executable, "-m", "accelerate.commands.launch", *options]
    environment = engine_environment() | {
        "OMP_NUM_THREADS": "1",
        "MASTER_ADDR": "127.0.0.1",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    with subprocess.Popen(
        [*command, "-m", "studio.engine", "train", str(run.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as launcher:
        try:
            yield launcher
        finally:
            for process in _children(launcher.pid):
                process.kill()
            launcher.kill()


def carried_out(run: RunFolder, processes: int = 2) -> tuple[int, str]:
    """Return the launcher's exit code once all engines have ended, and what they said."""
    with launched(run, processes) as launcher:
        said, _ = launcher.communicate(timeout=LONG_SECONDS)
        return launcher.returncode, said


def engine_of_rank(launcher: int, rank: int) -> psutil.Process:
    """Return the engine that has a rank among those that a launcher started, once it is there."""
    until = time.monotonic() + LONG_SECONDS
    while time.monotonic() < until:
        for child in _children(launcher):
            try:
                if child.environ().get("RANK") == str(rank):
                    return child
            except psutil.Error:
                continue
        time.sleep(0.1)
    raise TimeoutError(f"no engine of rank {rank}")


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
