"""Says where what answers is not what a run trained: template, renderer, base, adapter."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pyarrow as pa

from studio import __version__
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import MANIFEST, checkpoint_steps

_WEIGHTS = "adapter_model.safetensors"
_RENDERERS = ("transformers", "tokenizers")
"""Libraries that make tokens of a prompt."""
_OURS = "graft-studio"


def differences(
    run: RunFolder, folder: Path, sha256: str, base: Path, template_hash: str
) -> list[str]:
    """Return sentences about what differs from the run; none where all is as trained.

    Args:
        run: what trained the adapter.
        folder: of the adapter.
        sha256: of its weights as they are now.
        base: folder of the base that answers.
        template_hash: of the template that prompts are made with.
    """
    found = []
    if not same_template(run, template_hash):
        found.append("The chat template is not the one that the run was trained with.")
    if changed := adapter_words(run, folder, sha256):
        found.append(changed)
    try:
        origin = json.loads(run.origin.read_text("utf-8"))
        model, versions = Path(str(origin["model"])), origin.get("versions", {})
    except (OSError, ValueError, KeyError, TypeError):
        return [*found, "The run does not say which model it was trained on."]
    if model.name != base.resolve().name:
        found.append(f"The run was trained on {model.name}, not on {base.name}.")
    return [*found, *_renderer_words(versions)]


def same_template(run: RunFolder, template_hash: str) -> bool:
    """Return whether the run's rows were rendered with that template; true where nobody knows."""
    trained = _template_of(run)
    return not trained or trained == template_hash


def adapter_words(run: RunFolder, folder: Path, sha256: str) -> str:
    """Return a sentence if an adapter is not as its run wrote it; empty if it is, or unknown.

    A checkpoint is known by its manifest. A result is that of the last step or of a checkpoint
    that was taken, so that its weights are those of one that is still there.
    """
    own = next((place for place in (folder, folder.parent) if (place / MANIFEST).is_file()), None)
    if own is not None:
        written = [_written(own)]
    else:
        written = [_written(checkpoint_folder(run, step)) for step in sorted(checkpoint_steps(run))]
    known = [digest for digest in written if digest]
    if not known or sha256 in known:
        return ""
    if own is None and not _ends_with_checkpoint(run):
        return ""  # the checkpoint that it is of may be gone
    return (
        f"The adapter is not as the run wrote it: its hash is {_short(sha256)}, "
        f"the run's {_short(known[-1])}. One of its checkpoints may still be as it was."
    )


def _ends_with_checkpoint(run: RunFolder) -> bool:
    """Return whether the checkpoint of the run's last step is still there."""
    try:
        with run.events.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 65_536))
            lines = file.read().splitlines()
        bodies = (json.loads(line) for line in reversed(lines) if b"RunEnded" in line)
        ended: dict[str, Any] = next(bodies, {})
    except (OSError, ValueError):
        return False
    return int(ended.get("step", -1)) in checkpoint_steps(run)


def _written(folder: Path) -> str:
    """Return the hash of a checkpoint's adapter as its manifest has it; empty if it has none."""
    try:
        entries = json.loads((folder / MANIFEST).read_bytes())["files"]
        found = (e["sha256"] for e in entries if Path(str(e["name"])).name == _WEIGHTS)
        return str(next(found, ""))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _renderer_words(versions: Any) -> list[str]:
    """Return a sentence about other versions of what makes tokens of a prompt."""
    if not isinstance(versions, dict):
        return []
    now = {name: metadata.version(name) for name in _RENDERERS} | {_OURS: __version__}
    other = [
        f"{name} {versions[name]}, here {version}"
        for name, version in now.items()
        if isinstance(versions.get(name), str) and versions[name] != version
    ]
    if not other:
        return []
    return [f"The run's rows were made by {'; '.join(other)}: prompts can differ."]


def _template_of(run: RunFolder) -> str:
    """Return the hash of the template that the run's rows were rendered with; empty if unknown."""
    try:
        with pa.memory_map(str(run.tokens)) as file:
            told = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException):
        return ""
    return str(told.get(b"template_hash", b"").decode("ascii", "replace"))


def _short(digest: str) -> str:
    return f"{digest[:4]} {digest[4:8]}"
