"""Looks up a dataset of the Hub and takes its rows: ``hubdata look|take ID``.

Only formats of data are read: a dataset that needs a script is refused, since that would run code
of strangers. Rows are read over the network and written to one file; nothing is kept beside it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.core.problems import FetchError, StudioError
from studio.core.protocol import Converted, HubDataset
from studio.engine.convert import teller
from studio.engine.hubmodel import CONNECT_SECONDS, HubUnreachableError
from studio.engine.replypipe import ReplyPipe

MOST_CONFIGS = 12
"""Splits are looked up for so many configurations; each takes a few requests."""


def main(argv: Sequence[str]) -> int:
    """Look a dataset up, or take it, and tell about it on stdout."""
    parser = argparse.ArgumentParser(prog="studio.engine hubdata")
    parser.add_argument("act", choices=("look", "take"))
    parser.add_argument("repo", help="owner/name")
    parser.add_argument("--revision", default="main")
    parser.add_argument("--config", default="")
    parser.add_argument("--split", default="", help="only this one; all if empty")
    parser.add_argument("--into", type=Path, help="the file to write")
    args = parser.parse_args(argv)
    with ReplyPipe() as pipe, _caches_for_now():
        tell = teller(pipe)
        try:
            tell("Asking the Hub", 0, 0)
            if args.act == "look":
                pipe.send(look_up(args.repo, args.revision))
            else:
                from studio.engine.hubrows import take  # loads datasets: seconds

                rows, notes = take(
                    args.repo, args.revision, args.config, args.split, args.into, tell
                )
                pipe.send(Converted(id=0, path=str(args.into), rows=rows, notes=notes))
        except StudioError as problem:
            pipe.fail(0, problem)
    return 0


@contextmanager
def _caches_for_now() -> Iterator[None]:
    """Let the libraries keep what they cache in a folder that goes with this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # clean up then too
    folder = tempfile.mkdtemp(prefix="graft-hub-")
    for name in ("HF_HUB_CACHE", "HF_DATASETS_CACHE", "HF_MODULES_CACHE", "HF_XET_CACHE"):
        os.environ[name] = str(Path(folder) / name.lower())  # read when they are imported
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look_up(repo: str, revision: str = "main") -> HubDataset:
    """Ask the Hub what it has under a name.

    Raises:
        HubUnreachableError: no answer within a few seconds.
        FetchError: no such dataset, no access, or nothing in it that can be read.
    """
    from huggingface_hub import HfApi

    with explained(repo, revision):
        info = HfApi().dataset_info(
            repo, revision=revision, files_metadata=True, timeout=CONNECT_SECONDS
        )
    sha = str(info.sha)
    licence = getattr(info.card_data, "license", "") if info.card_data else ""
    if isinstance(licence, list):
        licence = ", ".join(map(str, licence))
    configs = _configs(repo, sha)
    size = sum(f.size or 0 for f in info.siblings or () if not f.rfilename.startswith("."))
    return HubDataset(
        id=0,
        repo=repo,
        revision=sha,
        licence=str(licence or ""),
        size_bytes=size,
        configs=configs,
    )


def _configs(repo: str, revision: str) -> list[Any]:
    from datasets import get_dataset_config_names, get_dataset_default_config_name

    from studio.engine.hubrows import builder_of, splits_of

    with explained(repo, revision):
        names = get_dataset_config_names(repo, revision=revision)
        first = get_dataset_default_config_name(repo, revision=revision)
    names.sort(key=lambda name: name != first)
    found = []
    for at, name in enumerate(names):
        splits = splits_of(builder_of(repo, revision, name)) if at < MOST_CONFIGS else []
        found.append([name, splits])
    return found


@contextmanager
def explained(repo: str, revision: str) -> Iterator[None]:
    """Turn what the libraries raise into sentences.

    Raises:
        FetchError: the dataset is not there, not readable, or the connection broke.
    """
    try:
        yield
    except StudioError:
        raise
    except Exception as err:  # three libraries, each with errors of its own
        raise _sentence(repo, revision, err) from err


def _sentence(repo: str, revision: str, err: Exception) -> FetchError:
    names = {kind.__name__ for kind in type(err).__mro__}
    details, said = f"{type(err).__name__}: {err}", str(err)
    if "HFValidationError" in names:
        return FetchError(f"{repo!r} is not a dataset's name.", "It looks like owner/name.")
    if "GatedRepoError" in names or "gated dataset" in said:
        return FetchError(
            f"{repo} asks you to accept its terms first.",
            "Accept them on the dataset's page and give your token in Settings.",
            details,
        )
    if names & {"RepositoryNotFoundError", "RevisionNotFoundError", "DatasetNotFoundError"}:
        return FetchError(
            f"The Hub has no dataset {repo} that you may read, at revision {revision}.",
            "Look at the spelling; a private dataset needs a token in Settings.",
            details,
        )
    if "script" in said:
        return FetchError(
            f"{repo} needs a script of its own to be read; this studio runs no code of others.",
            "Look for a copy of it as Parquet or JSON.",
            details,
        )
    if names & {"DataFilesNotFoundError", "EmptyDatasetError"}:
        return FetchError(
            f"{repo} has no files with rows that can be read.",
            "JSON, CSV, Parquet, Arrow and text can be.",
            details,
        )
    return _other(repo, said, names, details)


def _other(repo: str, said: str, names: set[str], details: str) -> FetchError:
    """Return the sentence for a part that is not there, or a connection that broke."""
    if "ValueError" in names and ("BuilderConfig" in said or "Bad split" in said):
        return FetchError(f"{repo} has no such part: {said.splitlines()[0][:200]}.", "", details)
    if names & {"OSError", "HTTPError", "TimeoutException", "OfflineModeIsEnabled"}:
        return HubUnreachableError(
            "The Hugging Face Hub cannot be reached, or the connection broke.",
            "Look at the network connection and do it again.",
            details,
        )
    return FetchError(
        f"The files of {repo} cannot be read: {said.splitlines()[0][:200] if said else 'damaged'}.",
        "Download the file that you need and import it.",
        details,
    )
