from studio.core.memory import verdict
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.core.waysout import MOST, describe_changes, ways_out
from tests.helpers.modelfolders import LLAMA3_8B

SHAPE = shape_from_config(LLAMA3_8B)
LARGE = Recipe(micro_batch=4, grad_accum=4, max_tokens=4096)


def test_the_first_way_out_loses_nothing_and_fits():
    first = ways_out(SHAPE, LARGE, "cuda", 11 * GIB)[0]
    assert first.fits
    assert not first.loses
    changed = LARGE.replace(**first.changes)
    assert changed.effective_batch == LARGE.effective_batch
    assert verdict(first.estimate, 11 * GIB) != "no"


def test_shorter_rows_are_offered_with_their_cost():
    ways = {way.title: way for way in ways_out(SHAPE, LARGE, "cuda", 11 * GIB)}
    assert ways["Shorter rows"].loses
    assert ways["Shorter rows"].changes["max_tokens"] < 4096


def test_no_more_is_given_up_than_is_needed():
    mild = ways_out(SHAPE, LARGE, "cuda", 13 * GIB)[0]
    hard = ways_out(SHAPE, LARGE, "cuda", 10 * GIB)[0]
    assert mild.changes["micro_batch"] > hard.changes["micro_batch"]


def test_a_16_bit_base_is_offered_4_bits():
    ways = ways_out(SHAPE, Recipe(quantization="none"), "cuda", 11 * GIB)
    assert ways[0].title == "Base in 4 bits"
    assert ways[0].fits


def test_where_no_change_is_enough_all_of_them_together_are_offered_and_judged():
    ways = ways_out(SHAPE, LARGE.replace(quantization="none"), "cuda", 8 * GIB)
    together = next(way for way in ways if way.title == "All of these")
    assert together.fits
    assert ways[0] is together
    assert len(ways) <= MOST


def test_nothing_is_offered_that_hardly_helps():
    small = Recipe(micro_batch=1, max_tokens=64)
    assert not [way for way in ways_out(SHAPE, small, "cuda", GIB) if way.title == "Shorter rows"]


def test_changes_are_said_in_words():
    words = describe_changes(LARGE, {"micro_batch": 1, "grad_accum": 16, "max_tokens": 4096})
    assert words == "Micro-batch 4 → 1, accumulation 4 → 16"
