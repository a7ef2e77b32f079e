"""Asks the Hub which files of a model can be taken: weights and tokenizer, never pickle or code."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from studio.core.problems import FetchError, GatedModelError

ALLOWED = (
    "*.safetensors",
    "model.safetensors.index.json",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    "LICENSE*",
)
"""Only in the repository's root: folders hold other formats of the same weights."""
CONNECT_SECONDS = 5.0


class HubUnreachableError(FetchError):
    """The Hub did not answer; there may be another way."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository, and what it must hash to."""

    name: str
    size: int
    sha256: str = ""
    """Of files stored as large files."""
    blob: str = ""
    """Git's SHA-1 of the others."""


@dataclass(frozen=True, slots=True)
class HubModel:
    """The part of a repository that we take."""

    repo: str
    revision: str
    licence: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def look_up(repo: str, revision: str = "main") -> HubModel:
    """Ask the Hub for a model's files and hashes, at a revision.

    Raises:
        HubUnreachableError: no answer within a few seconds.
        FetchError: no such model, no access, or no safetensors in it.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        info = HfApi().model_info(
            repo, revision=revision, files_metadata=True, timeout=CONNECT_SECONDS
        )
    except HFValidationError as err:
        raise FetchError(f"{repo!r} is not a model's name.", "It looks like owner/name.") from err
    except GatedRepoError as err:
        raise gated(repo) from err
    except (RepositoryNotFoundError, RevisionNotFoundError) as err:
        raise FetchError(
            f"The Hub has no model {repo} that you may read, at revision {revision}.",
            "Look at the spelling; a private model needs a token in Settings.",
        ) from err
    except Exception as err:  # DNS, proxy, TLS and time-outs each have their own
        raise HubUnreachableError(
            "The Hugging Face Hub cannot be reached.",
            "Look at the network connection, or choose a model folder on this disk.",
            details=f"{type(err).__name__}: {err}",
        ) from err
    return _chosen(repo, info)


def _chosen(repo: str, info: Any) -> HubModel:
    """Return the files of a repository that may be taken."""
    files = tuple(
        HubFile(
            entry.rfilename,
            entry.size or 0,
            entry.lfs.sha256 if entry.lfs else "",
            entry.blob_id or "",
        )
        for entry in info.siblings or ()
        if len(PurePosixPath(entry.rfilename).parts) == 1
        and any(fnmatch.fnmatchcase(entry.rfilename, pattern) for pattern in ALLOWED)
    )
    if not any(file.name.endswith(".safetensors") for file in files):
        raise FetchError(
            f"{repo} has no weights in the safetensors format.",
            "Other formats can run code when they are opened; choose another model.",
        )
    licence = str(getattr(info.card_data, "license", "") or "") if info.card_data else ""
    return HubModel(repo, str(info.sha), licence, files)


def gated(repo: str) -> GatedModelError:
    """Return the problem of a model whose terms nobody has accepted yet."""
    return GatedModelError(
        f"{repo} asks you to accept its terms first.",
        "Accept them on the model's page on huggingface.co, and give your token in Settings.",
    )
