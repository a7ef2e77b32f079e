"""Whether anything may use the network at all: the user's setting, and the environment's."""

from __future__ import annotations

import contextlib
import os
import tomllib

from studio.core.problems import FetchError
from studio.machine.places import settings_file

BY_SETTING = "The network is switched off in Settings, so nothing is fetched."
BY_ENVIRONMENT = "HF_HUB_OFFLINE is set, so the Hub is not asked."


def network_refusal(*, hub: bool = True) -> tuple[str, str]:
    """Return why nothing may be fetched, and the way out; two empty texts if it may.

    Args:
        hub: it is the Hugging Face Hub that would be asked.
    """
    if _switched_off():
        return BY_SETTING, "Switch it on there, or take what is on this computer."
    if hub and os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return BY_ENVIRONMENT, "Unset it, or take what is on this computer."
    return "", ""


def check_network(*, hub: bool = True) -> None:
    """Refuse what needs the network where the user wants none of it.

    Raises:
        FetchError: with the way out.
    """
    summary, hint = network_refusal(hub=hub)
    if summary:
        raise FetchError(summary, hint)


def _switched_off() -> bool:
    """Whether the settings say never; a file that cannot be read says nothing."""
    with contextlib.suppress(OSError, ValueError):
        return bool(tomllib.loads(settings_file().read_text("utf-8")).get("offline", False))
    return False
