"""An adapter's folder is read with suspicion, and every refusal says why."""

from __future__ import annotations

import json
import os
import struct

import pytest

from studio.core.problems import ModelError
from studio.engine.adapterfile import read_adapter

GOOD = {
    "peft_type": "LORA",
    "r": 4,
    "lora_alpha": 8,
    "target_modules": ["q_proj"],
    "auto_mapping": None,
    "megatron_config": None,
    "megatron_core": "megatron.core",
    "loftq_config": {},
}


def _folder(path, **changes):
    """Write an adapter's folder with an 8-number tensor in it."""
    path.mkdir(exist_ok=True)
    (path / "adapter_config.json").write_text(json.dumps(GOOD | changes))
    header = {"m.lora_A.weight": {"dtype": "F32", "shape": [4, 2], "data_offsets": [0, 32]}}
    text = json.dumps(header).encode()
    (path / "adapter_model.safetensors").write_bytes(
        struct.pack("<Q", len(text)) + text + bytes(32)
    )
    return path


def test_a_plain_adapter_gives_the_settings_that_matter(tmp_path):
    found = read_adapter(_folder(tmp_path / "good"))
    assert found.settings == {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}
    assert found.shapes == {"m.lora_A.weight": (4, 2)}
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"auto_mapping": {"parent_library": "os"}}, "auto_mapping"),
        ({"megatron_config": {"x": 1}}, "megatron_config"),
        ({"trust_remote_code": True}, "trust_remote_code"),
        ({"a_new_setting": "x"}, "a_new_setting"),
        ({"target_modules": "(a+)+$"}, "target_modules"),
        ({"target_modules": [1]}, "target_modules"),
        ({"r": 10**9}, "r is"),
        ({"r": True}, "r is"),
        ({"r": None}, "r is"),
        ({"lora_alpha": "8"}, "lora_alpha"),
        ({"rank_pattern": {"(a+)+$": 4}}, "rank_pattern"),
        ({"use_dora": 1}, "use_dora"),
        ({"bias": "all"}, "biases"),
        ({"init_lora_weights": "pissa"}, "changed base"),
        ({"peft_type": "PREFIX_TUNING"}, "PREFIX_TUNING"),
        ({"peft_type": ["LORA"]}, "kind"),
    ],
)
def test_settings_outside_the_list_are_refused_by_name(tmp_path, changes, word):
    with pytest.raises(ModelError, match=r"may not be loaded|cannot hold") as refused:
        read_adapter(_folder(tmp_path / "bad", **changes))
    assert word in refused.value.summary
    assert refused.value.hint


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = _folder(tmp_path / "linked")
    secret = tmp_path / "secret.json"
    (folder / "adapter_config.json").rename(secret)
    os.symlink(secret, folder / "adapter_config.json")
    with pytest.raises(ModelError, match="leaves the folder"):
        read_adapter(folder)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, struct.pack("<Q", 1 << 60)])
def test_damaged_weights_are_refused(tmp_path, content):
    folder = _folder(tmp_path / "damaged")
    (folder / "adapter_model.safetensors").write_bytes(content)
    with pytest.raises(ModelError):
        read_adapter(folder)
