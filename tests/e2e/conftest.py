"""What the end-to-end tests share: the real starter model, fetched once."""

from pathlib import Path

import pytest

from tests.helpers.starter import fetch_starter


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """Folder of the starter model; nobody may write to it."""
    return fetch_starter()
