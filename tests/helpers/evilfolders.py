"""Forty model folders that want to run code or to mislead; each leaves a canary if it succeeds.

Every entry is a name and what makes a good folder evil. Names say what the attack is; those that
were seen in the wild carry the number under which they are known.
"""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.modelfolders import TINY, tensor_file

Evil = Callable[[Path, Path], None]
"""Takes the folder and the canary's path."""


class Bomb:
    """Writes the canary when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"echo sung > '{self.canary}'",))


def pickled(name: str) -> Evil:
    """Return what puts a pickle with a bomb into a folder."""

    def make(folder: Path, canary: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(pickle.dumps(Bomb(canary)))

    return make


def zipped(name: str) -> Evil:
    """Return what puts torch's own zip format with a bomb into a folder."""

    def make(folder: Path, canary: Path) -> None:
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Bomb(canary)))

    return make


def code(name: str) -> Evil:
    """Return what puts a Python file into a folder."""

    def make(folder: Path, canary: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"open({str(canary)!r}, 'w').write('sung')\n")

    return make


def setting(file: str, **values: Any) -> Evil:
    """Return what adds settings to one of the JSON files."""

    def make(folder: Path, _canary: Path) -> None:
        path = folder / file
        body = json.loads(path.read_text()) if path.is_file() else {}
        path.write_text(json.dumps(body | values))

    return make


def link(name: str, target: str) -> Evil:
    """Return what puts a link into a folder."""

    def make(folder: Path, _canary: Path) -> None:
        (folder / name).symlink_to(target)

    return make


def raw(name: str, content: bytes) -> Evil:
    """Return what overwrites a file."""

    def make(folder: Path, _canary: Path) -> None:
        (folder / name).write_bytes(content)

    return make


def _header(folder: Path, entry: dict[str, Any]) -> None:
    text = json.dumps({"model.embed_tokens.weight": entry}).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * 64)


def _endless_header(folder: Path, _canary: Path) -> None:
    (folder / "model.safetensors").write_bytes((1 << 62).to_bytes(8, "little") + b"{}")


def _outside_header(folder: Path, _canary: Path) -> None:
    _header(folder, {"dtype": "BF16", "shape": [32, 8], "data_offsets": [-512, 0]})


def _other_embeddings(folder: Path, _canary: Path) -> None:
    tensor_file(folder / "model.safetensors", {"model.embed_tokens.weight": [99, 8]})


def _index_outside(folder: Path, _canary: Path) -> None:
    table = {"weight_map": {"a": "../../etc/passwd"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(table))


def _too_many(folder: Path, _canary: Path) -> None:
    inside = folder / "many"
    inside.mkdir()
    for number in range(5_001):
        (inside / str(number)).touch()


def _huge_settings(folder: Path, _canary: Path) -> None:
    with (folder / "generation_config.json").open("wb") as file:
        file.truncate(5_000_000)


REMOTE = "evil/model--evil.Model"
EVIL: dict[str, tuple[Evil, str]] = {
    # weights that are programs
    "pickle in torch's old format": (pickled("pytorch_model.bin"), "pytorch_model.bin is in a"),
    "pickle in torch's zip": (zipped("model.pt"), "model.pt is in a format"),
    "checkpoint with a bomb": (pickled("step_1.ckpt"), "step_1.ckpt is in a format"),
    "optimizer state (CVE-2024-5206 kind)": (pickled("optimizer.pth"), "optimizer.pth is in a"),
    "scaler in joblib": (pickled("scaler.joblib"), "scaler.joblib is in a format"),
    "plain pickle": (pickled("extra.pkl"), "extra.pkl is in a format"),
    "plain pickle, long name": (pickled("extra.pickle"), "extra.pickle is in a format"),
    "numpy with objects": (pickled("table.npy"), "table.npy is in a format"),
    "numpy archive with objects": (zipped("tables.npz"), "tables.npz is in a format"),
    "Keras lambda (CVE-2024-3660)": (pickled("tf_model.h5"), "tf_model.h5 is in a format"),
    "Flax message pack": (pickled("flax_model.msgpack"), "flax_model.msgpack is in a format"),
    "shouted suffix": (pickled("MODEL.PKL"), "MODEL.PKL is in a format"),
    "pickle below": (pickled("checkpoint-9/rng_state.pth"), "checkpoint-9/rng_state.pth is in a"),
    # code beside the weights
    "modelling code": (code("modeling_evil.py"), "modeling_evil.py is code"),
    "tokenizer code": (code("tokenization_evil.py"), "tokenization_evil.py is code"),
    "code below": (code("inference/run.py"), "inference/run.py is code"),
    "compiled Python": (code("cache.pyc"), "cache.pyc is code"),
    "compiled kernel": (raw("kernel.so", b"\x7fELF"), "kernel.so is code"),
    "shell script": (raw("install.sh", b"touch canary"), "install.sh is code"),
    "notebook": (raw("start.ipynb", b"{}"), "start.ipynb is code"),
    # settings that fetch or run code (CVE-2026-1839, CVE-2026-4372 and their kind)
    "auto_map of the model": (
        setting("config.json", auto_map={"AutoModel": REMOTE}),
        "config.json asks to run code that comes with the model (auto_map)",
    ),
    "auto_map of the tokenizer": (
        setting("tokenizer_config.json", auto_map={"AutoTokenizer": [REMOTE, None]}),
        "tokenizer_config.json asks to run code that comes with the model (auto_map)",
    ),
    "trust_remote_code": (
        setting("config.json", **{"trust_remote_code": True}),
        "config.json asks to run code that comes with the model (trust_remote_code)",
    ),
    "trust_remote_code, hidden deep": (
        setting("processor_config.json", a=[{"b": {"trust_remote_code": 1}}]),
        "processor_config.json asks to run code that comes with the model (trust_remote_code)",
    ),
    "custom pipeline": (
        setting("config.json", custom_pipelines={"x": {"impl": "evil.Pipe"}}),
        "(custom_pipelines)",
    ),
    "auto_mapping of an adapter's config": (
        setting("generation_config.json", auto_mapping={"base_model_class": "evil"}),
        "(auto_mapping)",
    ),
    "attention from the Hub": (
        setting("config.json", _attn_implementation="evil/attention:fn"),
        "config.json chooses its own attention code (_attn_implementation)",
    ),
    "attention from the Hub, inside": (
        setting("config.json", _attn_implementation_internal="evil/attention"),
        "(_attn_implementation_internal)",
    ),
    "kernel from the Hub": (
        setting("config.json", kernel_config={"RMSNorm": "evil/kernel:Norm"}),
        "config.json replaces parts of the program (kernel_config)",
    ),
    "Megatron class by its path": (
        setting("config.json", megatron_core="evil.core"),
        "(megatron_core)",
    ),
    "arguments for the tokenizer": (
        setting("tokenizer_config.json", tokenizer_kwargs={"use_fast": 0}),
        "tokenizer_config.json replaces parts of the program (tokenizer_kwargs)",
    ),
    "an unknown kind": (
        setting("config.json", model_type="../../evil"),
        "Models of the kind '../../evil' cannot be trained",
    ),
    # files that lie or lead away
    "link out of the folder": (link("notes.txt", "/etc/hostname"), "notes.txt is a link"),
    "linked folder": (link("more", "/tmp"), "more is a link"),
    "index that points outside": (_index_outside, "../../etc/passwd is missing"),
    "endless header": (_endless_header, "model.safetensors is cut short or is no safetensors"),
    "header that points before the file": (_outside_header, "model.safetensors has a broken"),
    "weights of another model": (_other_embeddings, "config.json says 32 × 8 embeddings"),
    "settings nested without end": (raw("config.json", b"[" * 100_000), "config.json is not JSON"),
    "settings too large to read": (_huge_settings, "generation_config.json is larger than"),
    "five thousand files": (_too_many, "holds more than 5,000 files"),
    "an adapter posing as a model": (
        setting("adapter_config.json", base_model_name_or_path=REMOTE),
        "holds an adapter, not a whole model",
    ),
    "a dimension beyond any machine": (
        setting("config.json", **TINY | {"hidden_size": 10**12}),
        "hidden_size is 1000000000000, which cannot be",
    ),
}
"""What makes a folder evil, and the words in which its own message says so."""
