import json
import tomllib

import pytest

from studio.cli import run_command
from studio.core.workspace import Workspace
from tests.helpers.modelfolders import LLAMA3_8B, model_folder

LARGE = [
    "--model",
    "llama",
    "--device",
    "cuda",
    "--max-tokens",
    "4096",
    "--micro-batch",
    "4",
    "--grad-accum",
    "4",
]


@pytest.fixture
def told(tmp_path, monkeypatch, capfdbinary):
    """Run a command and return its exit code, its words on stdout and on stderr."""
    workspace = Workspace(tmp_path / "workspace").create()
    monkeypatch.setenv("GRAFT_WORKSPACE", str(workspace.path))
    model_folder(workspace.model("llama"), LLAMA3_8B)

    def run(*args):
        code = run_command(args)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def test_the_ways_into_a_memory_are_ranked_and_each_fits(told):
    code, out, _ = told("fit", *LARGE, "--memory", "11GiB", "--json")
    found = json.loads(out)
    assert (code, found["verdict"]) == (0, "no")
    first = found["ways"][0]
    assert first["changes"] == {"micro_batch": 2, "grad_accum": 8}
    assert not first["loses"]
    for way in found["ways"]:
        assert way["fits"]
        assert way["total_bytes"] <= found["free_bytes"] == 11 * 1024**3


def test_a_way_is_saved_as_a_recipe(told, tmp_path):
    saved = tmp_path / "small.toml"
    code, out, _ = told("fit", *LARGE, "--memory", "11GiB", "--save", str(saved), "--way", "2")
    assert code == 0
    assert "2  Shorter rows: " in out
    assert tomllib.loads(saved.read_text())["max_tokens"] < 4096
    assert "Fits as it is" in told("fit", str(saved), "--memory", "11GiB")[1]


def test_a_recipe_that_fits_is_told_so_and_saved_as_it_is(told, tmp_path):
    saved = tmp_path / "same.toml"
    assert told("fit", *LARGE, "--memory", "40GiB", "--save", str(saved))[1].startswith("Fits")
    assert tomllib.loads(saved.read_text())["max_tokens"] == 4096


def test_where_nothing_fits_nothing_is_saved(told, tmp_path):
    saved = tmp_path / "none.toml"
    code, out, err = told("fit", *LARGE, "--memory", "2GiB", "--save", str(saved))
    assert code == 1
    assert "No plan that is known makes it fit. The smallest:" in out
    assert "does not fit either" in err
    assert not saved.exists()


def test_a_way_that_is_not_there_is_refused(told, tmp_path):
    code, _, err = told("fit", *LARGE, "--memory", "11GiB", "--save", "x.toml", "--way", "9")
    assert code == 1
    assert "way is 9" in err
