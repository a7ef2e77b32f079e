import json
import os

import pytest

from studio.core.problems import ModelError
from studio.core.workspace import Workspace
from studio.machine.models import (
    STARTER,
    inspect_model,
    list_models,
    look_at_models,
    resolve_model,
)
from studio.machine.remembered import forget_folder, remember_folder, remembered_folders
from studio.machine.weightfiles import read_tensors
from tests.helpers.modelfolders import LLAMA3_8B, TINY, model_folder, tensor_file


@pytest.fixture
def model(tmp_path):
    return model_folder(tmp_path / "model")


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        inspect_model(folder)
    assert caught.value.summary.endswith(".")
    assert caught.value.hint.endswith((".", "?"))
    return caught.value.summary


def change_config(folder, **values):
    (folder / "config.json").write_text(json.dumps(TINY | values))


def test_a_model_is_described_from_settings_and_headers(model):
    (model / "README.md").write_text("---\nlicense: llama3.1\n---\n# <b>Model</b>")
    info = inspect_model(model)
    assert (info.name, info.parameters, info.dtype) == ("model", 32 * 8, "bf16")
    assert (info.has_template, info.template_family) == (True, "ChatML")
    assert info.licence == "Llama 3.1 Community"
    assert info.context == 8192
    assert info.shape.layers == 1


def test_a_large_model_is_described_without_reading_its_weights(tmp_path):
    folder = model_folder(tmp_path / "llama", LLAMA3_8B)
    assert inspect_model(folder).parameters == 128256 * 4096


def test_what_the_fetch_wrote_down_is_shown_as_one_line(model):
    manifest = {"label": "from 4-bit\nweights", "licence": "Apache-2.0"}
    (model / "graft.json").write_text(json.dumps(manifest))
    info = inspect_model(model)
    assert (info.label, info.licence) == ("from 4-bit weights", "Apache-2.0")


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "a/optimizer.pt", "x.PTH", "x.ckpt", "x.pkl", "x.joblib"]
)
def test_formats_that_can_run_code_are_refused(model, name):
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text("x")
    assert "can run code" in refusal(model)


@pytest.mark.parametrize("name", ["modeling_evil.py", "deep/er/x.py", "kernel.so"])
def test_code_is_refused(model, name):
    (model / name).parent.mkdir(parents=True, exist_ok=True)
    (model / name).write_text("x")
    assert "is code" in refusal(model)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "auto_map"),
        ({"nested": {"deep": [{"trust_remote_code": True}]}}, "trust_remote_code"),
        ({"custom_pipelines": {"x": 1}}, "custom_pipelines"),
        ({"_attn_implementation": "evil/kernel"}, "attention code"),
        ({"_attn_implementation_internal": "evil/kernel"}, "attention code"),
        ({"attn_implementation": "evil/kernel"}, "attention code"),
        ({"use_kernels": True}, "use_kernels"),
        ({"megatron_core": "evil.core"}, "megatron_core"),
        ({"tokenizer_kwargs": {"trust_remote_code": 1}}, "tokenizer_kwargs|trust_remote_code"),
    ],
)
@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "generation_config.json"])
def test_settings_that_load_code_are_refused_wherever_they_stand(model, file, setting, told):
    body = TINY if file == "config.json" else {}
    (model / file).write_text(json.dumps(body | setting))
    with pytest.raises(ModelError, match=told):
        inspect_model(model)


def test_what_older_versions_noted_about_themselves_is_no_danger(model):
    change_config(model, _attn_implementation_autoset=True, auto_map=None)
    assert inspect_model(model).name == "model"


def test_links_that_leave_the_folder_are_refused(model, tmp_path):
    outside = tmp_path / "secret.txt"
    outside.write_text("x")
    (model / "notes.txt").symlink_to(outside)
    assert "leaves the model's folder" in refusal(model)
    (model / "notes.txt").unlink()
    (model / "more").symlink_to(tmp_path, target_is_directory=True)
    assert "leaves the model's folder" in refusal(model)


def test_links_of_the_hubs_cache_are_followed(tmp_path):
    snapshot = model_folder(tmp_path / "models--o--m" / "snapshots" / "abc")
    blobs = tmp_path / "models--o--m" / "blobs"
    blobs.mkdir()
    for path in list(snapshot.iterdir()):
        path.rename(blobs / path.name)
        path.symlink_to(os.path.relpath(blobs / path.name, snapshot))
    assert inspect_model(snapshot).parameters == 32 * 8


def test_kinds_that_cannot_be_trained_are_told_with_those_that_can(model):
    change_config(model, model_type="lightglue<b>")
    assert "lightglue" in refusal(model)
    change_config(model, model_type=None)
    assert "None" in refusal(model)
    change_config(model, quantization_config={"quant_method": "gptq"})
    assert "quantised already" in refusal(model)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("config.json", "has no config.json"),
        ("tokenizer.json", "has no tokenizer"),
        ("model.safetensors", "has no weights"),
    ],
)
def test_what_is_missing_is_told(model, missing, told):
    (model / missing).unlink()
    assert told in refusal(model)


def test_folders_that_are_no_models_are_told(tmp_path, model):
    assert "There is no folder" in refusal(tmp_path / "nothing")
    (model / "adapter_config.json").write_text("{}")
    assert "holds an adapter" in refusal(model)
    (model / "adapter_config.json").unlink()
    (model / "model.safetensors").rename(model / "model.gguf")
    assert "GGUF" in refusal(model)


@pytest.mark.parametrize("text", ["{", "[]", "", "null", "\xff\xfe", "[" * 100_000])
def test_a_broken_config_is_told(model, text):
    (model / "config.json").write_bytes(text.encode("latin-1"))
    assert "config.json" in refusal(model)


def test_a_settings_file_of_absurd_size_is_not_read(model):
    with (model / "config.json").open("wb") as file:
        file.truncate(5_000_000)
    assert "larger than a settings file" in refusal(model)


@pytest.mark.parametrize("length", [0, 4, 8, 20])
def test_weights_that_are_cut_short_are_told(model, length):
    with (model / "model.safetensors").open("r+b") as file:
        file.truncate(length)
    assert "model.safetensors" in refusal(model)


def test_weights_whose_end_is_missing_are_told_with_the_number_of_bytes(model):
    path = model / "model.safetensors"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 7)
    assert "7 bytes are missing" in refusal(model)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "EVIL", "shape": [1], "data_offsets": [0, 2]},
        {"dtype": "BF16", "shape": [2], "data_offsets": [0, 2]},
        {"dtype": "BF16", "shape": [-1], "data_offsets": [0, -2]},
        {"dtype": "BF16", "shape": "x", "data_offsets": [0, 2]},
        {"dtype": "BF16"},
        7,
    ],
)
def test_headers_that_contradict_themselves_are_told(tmp_path, entry):
    text = json.dumps({"__metadata__": {}, "w": entry}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * 8)
    with pytest.raises(ModelError, match="broken header"):
        read_tensors(path)


def test_a_header_of_absurd_length_is_not_read(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
    with pytest.raises(ModelError, match="cut short"):
        read_tensors(path)


def test_weights_of_another_model_are_told(model):
    shape = {"model.embed_tokens.weight": [33, 8]}
    tensor_file(model / "model.safetensors", shape)
    assert "32 × 8 embeddings" in refusal(model)


def test_a_weight_file_that_the_index_names_must_be_there(model):
    index = {"weight_map": {"a": "model.safetensors", "b": "../../etc/passwd"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "passwd is missing" in refusal(model)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace").create()


def test_models_of_the_workspace_and_added_folders_are_listed_with_the_refused(workspace, tmp_path):
    model_folder(workspace.model("one"))
    added = model_folder(tmp_path / "two", TINY | {"vocab_size": 16})
    remember_folder(workspace, added)
    remember_folder(workspace, added)
    (workspace.models / "evil").mkdir()
    (workspace.models / ".fetching-1-x").mkdir()
    good, refused = look_at_models(workspace)
    assert [info.name for info in good] == ["two", "one"]
    assert list_models(workspace) == good
    assert [one.folder.name for one in refused] == ["evil"]
    forget_folder(workspace, added)
    assert [info.name for info in list_models(workspace)] == ["one"]


def test_remembering_keeps_what_else_is_in_the_workspaces_settings(workspace, tmp_path):
    workspace.settings.write_text("# mine\ncolour = 'green'\n")
    remember_folder(workspace, tmp_path)
    assert "# mine" in workspace.settings.read_text()
    assert remembered_folders(workspace) == [tmp_path]
    workspace.settings.write_text("not = [toml")
    assert remembered_folders(workspace) == []


def test_a_model_is_found_by_name_or_path(workspace, tmp_path):
    inside = model_folder(workspace.model(STARTER))
    outside = model_folder(tmp_path / "own")
    assert resolve_model(workspace, STARTER) == inside
    assert resolve_model(workspace, "starter") == inside
    assert resolve_model(workspace, str(outside)) == outside
    remember_folder(workspace, outside)
    assert resolve_model(workspace, "own") == outside


def test_a_model_that_is_not_there_is_told_with_a_way_out(workspace):
    with pytest.raises(ModelError) as caught:
        resolve_model(workspace, "starter")
    assert "models fetch starter" in caught.value.hint
    model_folder(workspace.model("Llama-3.1-8B"))
    with pytest.raises(ModelError) as caught:
        resolve_model(workspace, "Llama-3.1-88")
    assert caught.value.hint == "Did you mean Llama-3.1-8B?"
