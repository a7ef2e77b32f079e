import json

import pytest

from studio.cli import run_command
from studio.core.memory import PARTS
from studio.core.workspace import Workspace
from tests.helpers.modelfolders import LLAMA3_8B, TINY, model_folder


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    made = Workspace(tmp_path / "workspace").create()
    monkeypatch.setenv("GRAFT_WORKSPACE", str(made.path))
    model_folder(made.model("llama"), LLAMA3_8B)
    model_folder(made.model("tiny"), TINY)
    return made


@pytest.fixture
def told(capfdbinary):
    """Run a command and return its exit code, its JSON document and its words on stderr."""

    def run(*args):
        code = run_command(args)
        out, err = capfdbinary.readouterr()
        return code, json.loads(out) if out else None, err.decode()

    return run


def test_models_are_listed_with_those_refused(workspace, told):
    (workspace.models / "evil").mkdir()
    code, found, _ = told("models", "list", "--json")
    assert code == 0
    assert [model["name"] for model in found["models"]] == ["tiny", "llama"]
    assert found["refused"][0]["summary"] == "evil has no config.json."


def test_a_model_is_inspected_by_name_or_folder(workspace, told):
    for named in ("tiny", str(workspace.model("tiny"))):
        code, found, _ = told("models", "inspect", named, "--json")
        assert (code, found["family"], found["layers"]) == (0, "llama", 1)
    code, _, err = told("models", "inspect", "tinny", "--json")
    assert code == 1
    assert json.loads(err)["error"]["hint"] == "Did you mean tiny?"


def test_the_estimate_has_the_keys_that_scripts_rely_on(workspace, told):
    flags = "--method qlora --rank 16 --max-tokens 2048 --micro-batch 4 --device cuda"
    code, found, _ = told(
        "estimate", "--model", "llama", *flags.split(), "--memory", "16GiB", "--json"
    )
    assert code == 0
    assert tuple(found["parts"]) == PARTS
    assert found["total_bytes"] == sum(found["parts"].values())
    assert found["low_bytes"] < found["total_bytes"] < found["high_bytes"]
    assert found["free_bytes"] == 16 * 1024**3
    assert found["verdict"] == "fits"


@pytest.mark.parametrize(("memory", "verdict"), [("40GiB", "fits"), ("1GiB", "no")])
def test_the_verdict_follows_the_memory(workspace, told, memory, verdict):
    found = told("estimate", "--model", "llama", "--device", "cuda", "--memory", memory, "--json")[
        1
    ]
    assert found["verdict"] == verdict


def test_a_recipes_own_folder_is_where_its_paths_begin(workspace, told, tmp_path):
    model_folder(tmp_path / "mine" / "small", TINY)
    recipe = tmp_path / "mine" / "recipe.toml"
    recipe.write_text('model = "small"\n')
    code, found, err = told("estimate", str(recipe), "--device", "cpu", "--json")
    assert (code, err) == (0, "") and found["total_bytes"] > 0


def test_a_recipe_file_is_estimated_and_flags_change_it(workspace, told, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('model = "tiny"\nrank = 8\n')
    small = told("estimate", str(recipe), "--json")[1]
    large = told("estimate", str(recipe), "--rank", "16", "--json")[1]
    assert large["parts"]["adapter"] == 2 * small["parts"]["adapter"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("estimate",), "No model is named"),
        (("estimate", "--model", "tiny", "--rank", "0"), "rank is 0"),
        (("estimate", "--model", "tiny", "--memory", "much"), "not a size"),
        (("estimate", "--model", "tiny", "--method", "full"), "but Full trains whole weights"),
        (("estimate", "nothing.toml"), "cannot be read"),
    ],
)
def test_what_cannot_be_estimated_is_told_in_a_sentence(workspace, told, args, words):
    code, _, err = told(*args)
    assert code == 1
    assert words in err


def test_the_catalogue_is_listed_without_a_network(workspace, told):
    code, found, _ = told("models", "list", "--catalogue", "--json")
    assert code == 0
    sizes = [model["parameters"] for model in found["models"]]
    assert len(sizes) > 20
    assert sizes == sorted(sizes)
    assert {"id", "licence", "gated", "template", "context", "download_bytes"} <= set(
        found["models"][0]
    )
    assert set(found["models"][0]["fits"]) == {"QLoRA", "LoRA", "Full"}


def test_a_model_of_the_catalogue_is_inspected_without_being_here(workspace, told):
    code, found, _ = told("models", "inspect", "Qwen/Qwen2.5-0.5B-Instruct", "--json")
    assert (code, found["family"], found["layers"]) == (0, "qwen2", 24)
    assert found["licence"] == "Apache-2.0"


def test_a_model_of_the_catalogue_is_estimated_and_fitted_without_being_here(workspace, told):
    model = ("--model", "Qwen/Qwen2.5-7B-Instruct", "--device", "cuda", "--memory", "12GiB")
    code, found, _ = told("estimate", *model, "--json")
    assert (code, found["verdict"], found["by_trace"]) == (0, "fits", False)
    code, found, _ = told("fit", *model, "--micro-batch", "16", "--max-tokens", "4096", "--json")
    assert code == 0
    assert found["ways"][0]["fits"]


def test_a_mixture_of_experts_is_estimated_with_a_word_that_it_cannot_be_trained(workspace, told):
    mixtral = LLAMA3_8B | {
        "model_type": "mixtral",
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
    }
    model_folder(workspace.model("mixture"), mixtral)
    code, found, err = told("estimate", "--model", "mixture", "--device", "cuda", "--json")
    assert (code, found["verdict"], found["by_trace"]) == (0, "no", False)
    assert "'mixtral' cannot be trained here, only estimated." in err
    code, _, err = told("fit", "--model", "mixture", "--memory", "12GiB", "--json")
    assert code == 1
    assert "mixtral" in err


@pytest.mark.slow
def test_an_unknown_architecture_is_traced_and_a_known_one_judged(workspace, told):
    neox = {
        "model_type": "gpt_neox",
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 256,
        "vocab_size": 512,
    }
    model_folder(workspace.model("neox"), neox)
    flags = ("--device", "cuda", "--memory", "12GiB", "--max-tokens", "64", "--json")
    code, found, err = told("estimate", "--model", "neox", *flags)
    assert (code, found["by_trace"], found["verdict"]) == (0, True, "fits")
    assert found["trainable"] == 2 * 16 * (64 + 192 + 64 + 64 + 64 + 256 + 256 + 64)
    assert "the figures are a trace's" in err
    code, found, _ = told("estimate", "--model", "tiny", "--trace", *flags)
    assert code == 0
    assert abs(found["traced_difference"]) < 0.01
