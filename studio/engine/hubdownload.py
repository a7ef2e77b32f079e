"""Brings the files of a model of the Hub: goes on where it stopped, and verifies every file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from studio.core.problems import FetchError
from studio.engine.growth import Tell, watched
from studio.engine.hubmodel import HubFile, HubModel, gated
from studio.engine.modelmanifest import sha256_of

PART = ".part"
"""Ending of a file that is not whole yet."""
_TRIES = 5
"""Attempts in a row that bring nothing before a download is given up."""
_PAUSE_SECONDS = 1.0


class WrongFileError(FetchError):
    """What came is not what was asked for; nothing of it can be kept."""


class _BrokenOffError(FetchError):
    """The connection ended too early; the next attempt goes on."""


def download(model: HubModel, into: Path, tell: Tell) -> None:
    """Bring what is missing of a model's files, then verify each of them.

    What came stays in the folder when the connection breaks or the process is ended, and the next
    call goes on from there; only files that are whole have their names.

    Raises:
        FetchError: the connection broke, or a file is not what the Hub said it is.
        GatedModelError: its owner wants its terms accepted first.
    """
    with watched(into, f"Downloading {model.repo}", model.size, tell, resumed=True):
        for file in model.files:
            if not (into / file.name).is_file():
                _bring(model, file, into)
    tell("Checking the files", 0, 0)
    for file in model.files:
        verify(into / file.name, file)


def _bring(model: HubModel, file: HubFile, into: Path) -> None:
    """Download one file, with a few attempts when the connection breaks."""
    part = into / (file.name + PART)
    part.touch()
    tries = 0
    while (had := part.stat().st_size) < file.size:
        try:
            _append(model, file, part)
        except _BrokenOffError:
            tries = 0 if part.stat().st_size > had else tries + 1
            if tries == _TRIES:
                raise
            time.sleep(_PAUSE_SECONDS)
    part.replace(into / file.name)


def _append(model: HubModel, file: HubFile, part: Path) -> None:
    """Append what is missing of a file, as far as the connection carries."""
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.errors import GatedRepoError
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # exported lazily
        build_hf_headers,
        hf_raise_for_status,
    )

    headers = build_hf_headers() | {
        "Accept-Encoding": "identity",
        "Range": f"bytes={part.stat().st_size}-",
    }
    url = hf_hub_url(model.repo, file.name, revision=model.revision)
    try:
        with get_session().stream("GET", url, headers=headers, timeout=30) as response:
            hf_raise_for_status(response)
            # a server that knows no ranges sends the whole file again
            with part.open("ab" if response.status_code == 206 else "wb") as out:
                _take(response.iter_bytes(), out, file)
    except GatedRepoError as err:
        raise gated(model.repo) from err
    except FetchError:
        raise
    except Exception as err:  # DNS, proxy, TLS and time-outs each have their own
        if isinstance(err, OSError) and err.errno:
            raise  # the disk, not the network
        raise _BrokenOffError(
            f"The download of {file.name} broke off.",
            "Look at the network connection, then go on; what came is kept.",
            details=f"{type(err).__name__}: {err}",
        ) from err


def _take(blocks: Iterable[bytes], out: BinaryIO, file: HubFile) -> None:
    """Write what comes of a file, which must end where the Hub said."""
    for block in blocks:
        out.write(block)
        out.flush()  # what is in the file survives the end of this process
        if out.tell() > file.size:
            raise WrongFileError(f"{file.name} is longer than the Hub said.", "Fetch it again.")
    if out.tell() < file.size:
        raise _BrokenOffError(
            f"The download of {file.name} broke off.",
            "Look at the network connection, then go on; what came is kept.",
        )


def verify(path: Path, file: HubFile) -> None:
    """Compare a downloaded file with what the Hub says about it.

    Raises:
        FetchError: it differs, or nothing is known to compare it with.
    """
    if file.sha256:
        same = sha256_of(path) == file.sha256
    else:
        same = bool(file.blob) and _git_blob(path) == file.blob
    if not same:
        raise WrongFileError(
            f"{file.name} is not the file that was asked for: its hash is wrong.",
            "Fetch it again; if it stays so, the source cannot be trusted.",
        )


def _git_blob(path: Path) -> str:
    """Return the SHA-1 that git gives a file; names content here, protects nothing alone."""
    content = path.read_bytes()
    head = b"blob %d\0" % len(content)
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()
