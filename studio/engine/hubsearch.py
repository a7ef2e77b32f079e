"""Searches the Hub for models on the user's word: ``hubsearch WORDS``; takes no weights."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from studio.core.problems import FetchError, StudioError
from studio.core.protocol import HubModels
from studio.engine.hubmodel import CONNECT_SECONDS, HubUnreachableError
from studio.engine.replypipe import ReplyPipe
from studio.machine.models import template_family

LIMIT = 20
MAX_CONFIG = 1_000_000
"""Bytes of a config.json that are read at most."""
_AT_ONCE = 8
_BYTES = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "I8": 1, "U8": 1, "F8_E4M3": 1, "F8_E5M2": 1}
_WANTED = ["safetensors", "cardData", "config", "gated", "sha"]


def main(argv: Sequence[str]) -> int:
    """Tell on stdout what a search found."""
    parser = argparse.ArgumentParser(prog="studio.engine hubsearch")
    parser.add_argument("words", help="part of a model's name")
    args = parser.parse_args(argv)
    with ReplyPipe() as pipe:
        try:
            found = search(args.words)
        except StudioError as problem:
            pipe.fail(0, problem)
        else:
            pipe.send(HubModels(id=0, models=found))
    return 0


def search(words: str) -> list[dict[str, Any]]:
    """Return the most downloaded models in safetensors whose names hold the words.

    Raises:
        HubUnreachableError: the Hub did not answer.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        listed = list(
            HfApi().list_models(
                search=words,
                filter=["text-generation", "safetensors"],
                sort="downloads",
                limit=LIMIT,
                expand=_WANTED,  # type: ignore[arg-type]  # a list of literals
            )
        )
    except HfHubHTTPError as err:
        raise FetchError(
            "The Hub refused the search.", "Try again later.", details=str(err)
        ) from err
    except Exception as err:  # DNS, proxy, TLS and time-outs each have their own
        raise HubUnreachableError(
            "The Hugging Face Hub cannot be reached.",
            "Look at the network connection, or choose from the catalogue.",
            details=f"{type(err).__name__}: {err}",
        ) from err
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        return list(readers.map(_facts, listed))


def _facts(info: Any) -> dict[str, Any]:
    """Return what the Hub says of a model, its dimensions included where they can be read."""
    weights = info.safetensors
    told = info.config if isinstance(info.config, dict) else {}
    tokenizer = told.get("tokenizer_config")
    template = tokenizer.get("chat_template") if isinstance(tokenizer, dict) else ""
    return {
        "id": info.id,
        "parameters": weights.total if weights else 0,
        "bytes": _bytes(weights.parameters) if weights else 0,
        "licence": str(getattr(info.card_data, "license", "") or "") if info.card_data else "",
        "gated": bool(info.gated),
        "template": template_family(template) if isinstance(template, str) else "own",
        "config": {} if info.gated else _config(info.id, info.sha or "main"),
    }


def _bytes(parameters: Any) -> int:
    """Return the size of weights counted by the type they are stored in."""
    return sum(number * _BYTES.get(kind, 2) for kind, number in dict(parameters or {}).items())


def _config(repo: str, revision: str) -> dict[str, Any]:
    """Return a model's dimensions; empty if they cannot be had, which the picker says."""
    from huggingface_hub import get_session, hf_hub_url

    url = hf_hub_url(repo, "config.json", revision=revision)
    try:
        answer = get_session().get(url, timeout=CONNECT_SECONDS)
        body = json.loads(answer.content) if len(answer.content) <= MAX_CONFIG else {}
    except Exception:  # noqa: BLE001 - one model that does not answer is no reason to find none
        return {}
    return body if answer.status_code == 200 and isinstance(body, dict) else {}
