"""Where things of the user belong on this system."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP = "graft-studio"


def default_workspace() -> Path:
    """Return the workspace that is used when none is named."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "workspace"


def peaks_file() -> Path:
    """Return the file with what runs took on this computer; it may not exist."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "peaks.jsonl"


def settings_file() -> Path:
    """Return the file with the user's settings."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False, ensure_exists=True)) / (
        "settings.toml"
    )


def log_folder() -> Path:
    """Return the folder of the window's own log and of crash reports."""
    folder = Path(platformdirs.user_log_dir(APP, appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hub_cache() -> Path:
    """Return the Hugging Face cache on this disk; it may not exist."""
    home = os.environ.get("HF_HOME")
    root = Path(home) if home else Path.home() / ".cache" / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or root / "hub")
