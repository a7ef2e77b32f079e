"""What commands print, where a terminal or a file's name is not of this world's text."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from studio.cli import run_command
from studio.cli.output import say_json
from tests.helpers.runs import make_run, workspace_in


def test_a_terminal_without_our_signs_ends_no_command(tmp_path):
    make_run(workspace_in(tmp_path), "2026-11-22-hotel-1", title="−1 → 2")
    command = ["runs", "list", "--workspace", str(workspace_in(tmp_path).path)]
    done = subprocess.run(
        [sys.executable, "-m", "studio", *command],
        env=os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?1 ? 2" in done.stdout


def test_a_name_that_is_no_text_is_json_all_the_same(capfdbinary):
    say_json({"path": "bad\udcff.csv", "rows": 2})
    assert json.loads(capfdbinary.readouterr().out) == {"path": "bad\udcff.csv", "rows": 2}


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems have no such names")
def test_a_file_whose_name_is_no_text_comes_in(tmp_path, capfd):
    file = tmp_path / os.fsdecode(b"rows\xff.csv")
    file.write_bytes(b"question,answer\nq,a\n")
    command = ["data", "import", str(file), "--workspace", str(tmp_path / "ws")]
    assert run_command([*command, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["rows"] == 1
