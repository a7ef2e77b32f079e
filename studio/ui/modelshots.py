"""The Model page in the states that this computer need not be in: other cards, other lengths."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core.memory import estimate_memory, verdict
from studio.core.modelshape import ModelShape, shape_from_config
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.machine.cards import NO_CARD, Gpu, Holder
from studio.machine.devices import MachineReading

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow

NAME = "Llama-3.1-8B-Instruct"
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}
OTHERS = (Holder(1, "gnome-shell", 530 << 20), Holder(2, "firefox", 350 << 20))
CARD = Gpu(0, "RTX 4070", 12 * GIB, 11 * GIB - (96 << 20), 0, 1120 << 20, OTHERS, 48, 0.03)
FULL = (Holder(3, "blender", 4600 << 20),)
SECOND = Gpu(1, "RTX 3060", 12 * GIB, 7 * GIB, 0, 5 * GIB, FULL, 71, 0.88)
RAM: dict[str, Any] = {"ram_total": 32 * GIB, "ram_available": 21 * GIB, "disk_free": 200 * 10**9}
FITS = Recipe(micro_batch=2, grad_accum=8, max_tokens=1024, epochs=1)
TOO_MUCH = FITS.replace(micro_batch=4, grad_accum=4, max_tokens=8192)


@dataclass(frozen=True, slots=True)
class State:
    """One state: its name in the picture's, the machine, and the recipe."""

    name: str
    reading: MachineReading
    recipe: Recipe


def model_states(window: StudioWindow) -> Iterator[str]:
    """Put the Model page into one state after the other and yield their names; then as it was.

    The model is a folder of settings and headers without a single weight. From now on the machine
    is not read any more, since the readings are made up.
    """
    studio = window.studio
    kept, reading = studio.draft.recipe, studio.machine.reading
    studio.machine.close()
    with tempfile.TemporaryDirectory() as place:
        folder = _headers_alone(Path(place) / NAME)
        shape = studio.models.add_folder(folder).shape
        try:
            for state in _states(shape):
                studio.draft.take(state.recipe.replace(model=studio.draft.recipe.model))
                studio.machine.reading = state.reading
                studio.machine.read.emit(state.reading)
                window.open_page("Model")
                yield state.name
        finally:
            studio.models.remove_folder(folder)
    studio.draft.take(kept)
    if reading is not None:
        studio.machine.reading = reading
        studio.machine.read.emit(reading)


def _states(shape: ModelShape) -> tuple[State, ...]:
    one = MachineReading((CARD,), **RAM)
    two = MachineReading((CARD, SECOND), **RAM)
    none = MachineReading((), note=NO_CARD, **RAM)
    return (
        State("fits", one, FITS),
        State("tight", one, _tight(shape)),
        State("does-not-fit", one, TOO_MUCH),
        State("no-card", none, FITS),
        State("two-cards", two, FITS),
    )


def _tight(shape: ModelShape) -> Recipe:
    """Return the recipe with the longest rows that are still tight on the card."""
    for length in range(8192, 512, -64):
        tried = TOO_MUCH.replace(max_tokens=length)
        if verdict(estimate_memory(shape, tried, "cuda"), CARD.free_bytes) == "tight":
            return tried
    return FITS


def _entry(shape: list[int], start: int, stop: int) -> dict[str, Any]:
    return {"dtype": "BF16", "shape": shape, "data_offsets": [start, stop]}


def _headers_alone(folder: Path) -> Path:
    """Make a model folder whose weights are a hole in a file."""
    folder.mkdir()
    sides, whole = [CONFIG["vocab_size"], CONFIG["hidden_size"]], shape_from_config(CONFIG)
    first, size = 2 * sides[0] * sides[1], 2 * whole.parameters
    header = json.dumps(
        {
            "model.embed_tokens.weight": _entry(sides, 0, first),
            "model.all_the_rest": _entry([(size - first) // 2], first, size),
        }
    ).encode()
    (folder / "config.json").write_text(json.dumps(CONFIG), "utf-8")
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    (folder / "chat_template.jinja").write_text("<|start_header_id|>", "utf-8")
    (folder / "README.md").write_text("---\nlicense: llama3.1\n---\n", "utf-8")
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    return folder
