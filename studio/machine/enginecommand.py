"""How an engine process is called: its command line, environment and way of starting."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from studio.core.problems import EngineError
from studio.core.workspace import RunFolder

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
TOKEN = "HF_TOKEN"
_TOKENS = frozenset({TOKEN, "HUGGING_FACE_HUB_TOKEN"})
_QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait take the window's time
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # cards count as the driver counts them
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "PYTHONSAFEPATH": "1",  # never import what lies in the current folder
}

_SHARED_CPU = {"GOMP_SPINCOUNT": "1000"}
"""Torch's threads wait for each other by spinning. As soon as another program wants the same cores,
milliseconds of it at each of a thousand small steps made an answer twenty times slower."""


def engine_command(*args: str) -> list[str]:
    """Return the argument list that starts an engine process, for example ("train", run)."""
    return [sys.executable, "-m", "studio.engine", *args]


def training_command(folder: RunFolder) -> list[str]:
    """Return the command of the engine that trains a run."""
    return engine_command("train", str(folder.path))


def engine_environment(*, network: bool = False, token: str = "") -> dict[str, str]:
    """Return the environment of an engine; without the network unless it is to download.

    Args:
        network: whether it may use the network.
        token: the user's token for the Hub; engines without the network never see one.
    """
    hidden = _OFFLINE.keys() if network else _OFFLINE.keys() | _TOKENS
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    if token:
        env[TOKEN] = token
    return _SHARED_CPU | env | _QUIET | ({} if network else _OFFLINE)


def start_detached(args: list[str], log: Path) -> int:
    """Start a process that outlives this one, its output appended to a log; return its pid.

    It works in the folder of its log: our own may lie on a disk that is to be taken out.

    Raises:
        EngineError: the process could not be started.
    """
    options: dict[str, Any] = (
        {"creationflags": 0x00000200 | 0x08000000}  # own process group, no console window
        if os.name == "nt"
        else {"start_new_session": True}
    )
    try:
        with log.open("ab") as out:
            process = subprocess.Popen(
                args,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=_rooted(engine_environment()),
                cwd=log.parent,
                close_fds=True,
                **options,
            )
    except OSError as err:
        raise EngineError(
            f"The engine could not be started: {err.strerror or err}.",
            "Run graft-studio doctor to see what is missing.",
        ) from err
    process.returncode = 0  # it is meant to outlive us: no warning when it does
    return process.pid


def _rooted(env: dict[str, str]) -> dict[str, str]:
    """Return an environment that means the same in another working folder."""
    paths = env.get("PYTHONPATH", "")
    if not paths:
        return env
    rooted = (str(Path(path).absolute()) for path in paths.split(os.pathsep) if path)
    return env | {"PYTHONPATH": os.pathsep.join(rooted)}


def replies(
    command: list[str], request: Any = None, *, network: bool = False, token: str = ""
) -> Iterator[Any]:
    """Start an engine, ask one thing and yield its replies until it ends; for the command line.

    Raises:
        EngineError: the engine ended without an orderly end.
    """
    # the messages of every engine: who only starts one, as the window does, need not load them
    from studio.core.protocol import PROTOCOL
    from studio.core.wire import LineReader

    with (
        tempfile.TemporaryFile() as errors,  # a pipe that nobody reads would fill and hang it
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=engine_environment(network=network, token=token),
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError):  # it has ended already, and its code says why
                if request is not None:
                    process.stdin.write(PROTOCOL.encode(request))
                process.stdin.close()
            reader = LineReader(PROTOCOL)
            for line in process.stdout:
                yield from reader.feed(line)
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
        if code != 0:
            raise _ended_badly(code, errors)


def _ended_badly(code: int, errors: IO[bytes]) -> EngineError:
    errors.seek(0)
    return EngineError(
        f"The engine ended with code {code}.",
        "Run graft-studio doctor to see what is missing.",
        details=errors.read().decode("utf-8", "replace")[-4000:],
    )


def queue_command(workspace: Path) -> list[str]:
    """Return the argument list of the process that starts a workspace's waiting runs."""
    named = ["--workspace", str(workspace)]
    return [sys.executable, "-m", "studio", "runs", "queue", "work", *named]
