"""A real window that is killed harms no run, and the next real window follows it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.killingwindow import kill_windows, workspace_at
from tests.helpers.runs import make_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL"),
]


def test_a_run_outlives_its_window_and_is_followed_by_the_next(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path / "workspace")
    (killed,) = kill_windows(workspace, [make_run(workspace, "run-1")])
    assert not killed.harm
    assert killed.seconds > 0 or killed.moment == "begun"
