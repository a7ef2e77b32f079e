"""Models on this computer: what a folder holds, judged before anything in it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.core.modelshape import ModelShape


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model folder that may be loaded.

    Attributes:
        parameters: weights in all, counted from the files' headers.
        size_bytes: of all files of the folder on the disk.
        licence: as the model's own files name it; empty if they do not.
        template_family: "ChatML", "Llama 3", ... or "own" for one we have no name for.
        context: longest sequence in tokens that the model was made for.
        label: how the weights came to be if that matters, such as "from 4-bit weights".
    """

    name: str
    folder: Path
    shape: ModelShape
    parameters: int
    dtype: str
    size_bytes: int
    licence: str = ""
    has_template: bool = False
    template_family: str = ""
    context: int = 0
    label: str = ""
