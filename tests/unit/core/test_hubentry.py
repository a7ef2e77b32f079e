"""What the Hub says is read with care, and time left is told from the last seconds."""

from __future__ import annotations

import pytest

from studio.core.catalogue import catalogue
from studio.core.hubentry import entry_found, entry_of
from studio.core.timeleft import TimeLeft
from tests.helpers.modelfolders import LLAMA3_8B


def test_a_model_of_the_catalogue_has_all_its_facts():
    entry = entry_of(catalogue()[0])
    assert (entry.owner, entry.name) == ("HuggingFaceTB", "SmolLM2-135M-Instruct")
    assert entry.shape is not None
    assert entry.download_bytes == 2 * entry.parameters


@pytest.mark.parametrize("name", [None, 3, "", "noowner", "a/b/c", "a/" + "b" * 200])
def test_a_model_without_a_name_is_none(name):
    with pytest.raises(ValueError, match="name"):
        entry_found({"id": name})


def test_hostile_facts_become_harmless():
    entry = entry_found(
        {
            "id": "a/b",
            "parameters": -5,
            "bytes": "many",
            "licence": "x\n" * 500,
            "template": {"a": 1},
            "config": {"model_type": "evil"},
        }
    )
    assert (entry.parameters, entry.download_bytes, entry.template) == (0, 0, "")
    assert len(entry.licence) <= 80
    assert "\n" not in entry.licence
    assert entry.shape is None
    assert entry.remark


def test_dimensions_that_are_told_are_taken():
    assert entry_found({"id": "a/b", "config": LLAMA3_8B}).shape.layers == 32


def test_time_left_follows_the_last_seconds():
    left = TimeLeft()
    assert left.seconds(100) is None
    left.note(0.0, 0)
    left.note(0.5, 10)
    assert left.seconds(100) is None
    left.note(2.0, 20)
    assert left.seconds(100) == 8.0
    left.note(100.0, 20)
    assert left.seconds(100) is None
    left.note(102.0, 60)
    assert left.seconds(100) == 2.0
    left.note(103.0, 5)
    assert left.seconds(100) is None
