"""The starter model, fetched once by the studio's own command and kept for later sessions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

ENVIRONMENT = dict(os.environ)
"""As the session began: tests move HOME, and package clients keep their settings below it."""


def cache_folder(environment: dict[str, str]) -> Path:
    """Where fetched models are kept between sessions."""
    given = environment.get("GRAFT_TEST_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "graft-studio-tests"


CACHE = cache_folder(ENVIRONMENT)


def fetch_starter() -> Path:
    """Return the starter's folder; its files are checked by their hashes before that.

    One test process fetches at a time: the others find it there.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "fetching.lock"):
        return _fetch()


def _fetch() -> Path:
    command = [sys.executable, "-m", "studio", "models", "fetch", "starter"]
    done = subprocess.run(
        [*command, "--workspace", str(CACHE), "--json"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(json.loads(done.stdout)["path"])


def place_model(model: Path, workspace: Path) -> Path:
    """Put a model into a workspace under its own name, without a second copy where links work."""
    target = workspace / "models" / model.name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(model, target, copy_function=os.link)
    except OSError:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(model, target)
    return target
