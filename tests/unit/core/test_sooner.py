"""Plans that end in time: nothing is given up that need not be, and each really is quick enough."""

from __future__ import annotations

import pytest

from studio.core.memory import verdict
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.core.sooner import Hurry, sooner_ways
from studio.core.waysout import RowsKnown
from tests.helpers.modelfolders import LLAMA3_8B

LLAMA = shape_from_config(LLAMA3_8B)
GIB = 1024**3
RECIPE = Recipe(model="llama", dataset="d", epochs=3, micro_batch=2, grad_accum=8, max_tokens=2048)


def ways(allowed, *, free=80 * GIB, recipe=RECIPE, rows=None):
    hurry = Hurry(seconds=36_000, allowed=allowed, steps=900)
    return sooner_ways(LLAMA, recipe, "cuda", free, hurry, rows=rows)


def test_a_run_that_ends_in_time_needs_nothing():
    assert ways(40_000) == []


def test_free_memory_is_turned_into_time_before_anything_is_given_up():
    first = ways(30_000)[0]
    assert (first.title, first.loses) == ("Use the memory that is free", False)
    assert first.changes == {"checkpointing": "off"}
    assert RECIPE.replace(**first.changes).effective_batch == RECIPE.effective_batch


def test_without_free_memory_only_what_loses_something_is_left():
    found = ways(25_000, free=11 * GIB)
    assert found
    assert all(way.loses for way in found)
    assert [way.title for way in found] == ["Fewer passes", "Shorter rows", "Stop in time"]


@pytest.mark.parametrize("allowed", [30_000, 20_000, 8_000, 600])
@pytest.mark.parametrize("free", [11 * GIB, 80 * GIB])
def test_every_plan_is_quick_enough_and_fits(allowed, free):
    found = ways(allowed, free=free)
    assert found
    for way in found:
        assert 36_000 * (1 + way.longer) <= allowed + 1
        assert verdict(way.estimate, free) != "no"


def test_what_is_lost_is_counted():
    rows = RowsKnown(count=100, cut=lambda limit: 31 if limit <= 1024 else 0, mean=float)
    by_title = {way.title: way for way in ways(20_000, free=11 * GIB, rows=rows)}
    assert by_title["Shorter rows"].cost == "31 of 100 rows are cut"
    assert by_title["Stop in time"].cost == "Stops after 56\u00a0% of the steps"
    assert by_title["Fewer passes"].detail == "Epochs 3 → 1"


def test_when_nothing_is_quick_enough_there_is_no_way():
    assert ways(1, free=11 * GIB) == []
