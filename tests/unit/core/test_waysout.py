from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.memory import estimate_memory, verdict
from studio.core.methodchoices import CHOICES, MORE_CHOICES
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.core.waysout import EIGHT_BITS, MOST, RowsKnown, describe_changes, ways_out
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
    sixteen = LARGE.replace(quantization="none", checkpointing="off")
    (together,) = ways_out(SHAPE, sixteen, "cuda", 7 * GIB)
    assert together.title == "Everything together"
    assert together.fits
    assert together.loses


def test_nothing_is_offered_that_hardly_helps():
    small = Recipe(micro_batch=1, max_tokens=64)
    assert not [way for way in ways_out(SHAPE, small, "cuda", GIB) if way.title == "Shorter rows"]


def test_changes_are_said_in_words():
    words = describe_changes(LARGE, {"micro_batch": 1, "grad_accum": 16, "max_tokens": 4096})
    assert words == "Micro-batch 4 → 1, accumulation 4 → 16"


RECIPES = st.builds(
    lambda choice, values: Recipe(**values).replace(**choice.changes(Recipe(**values))),
    st.sampled_from((*CHOICES, *MORE_CHOICES)),
    st.fixed_dictionaries(
        {
            "rank": st.integers(1, 512),
            "micro_batch": st.integers(1, 32),
            "grad_accum": st.integers(1, 8),
            "max_tokens": st.integers(64, 16384),
            "checkpointing": st.sampled_from(("auto", "on", "off")),
            "optimizer": st.sampled_from(("adamw", "adamw_8bit", "sgd")),
            "last_n": st.integers(1, 32),
        }
    ),
)


@settings(max_examples=60, deadline=None)
@given(RECIPES, st.integers(2, 80), st.sampled_from(("cuda", "cpu")), st.integers(0, 9000))
def test_every_plan_really_fits_by_the_estimate_or_is_the_only_one(recipe, free, device, longest):
    ways = ways_out(SHAPE, recipe, device, free * GIB, longest_tokens=longest)
    for way in ways:
        changed = recipe.replace(**way.changes)
        again = estimate_memory(SHAPE, changed, device, longest_tokens=longest)
        assert way.estimate == again
        assert way.fits == (verdict(again, free * GIB) != "no")
        assert changed.effective_batch == recipe.effective_batch
        assert way.changes
        assert way.detail
    assert len(ways) <= MOST
    assert all(way.fits for way in ways) or len(ways) == 1
    assert [way.loses for way in ways] == sorted(way.loses for way in ways)
    for one in ways:
        assert not any(other.changes.items() < one.changes.items() for other in ways)


def test_a_plan_that_nothing_can_make_smaller_has_no_way_out():
    least = Recipe(rank=9, micro_batch=1, max_tokens=64, checkpointing="on", device="cpu")
    assert ways_out(SHAPE, least, "cpu", 2 * GIB) == []


def test_the_rows_that_shorter_rows_cut_are_counted():
    rows = RowsKnown(8412, lambda limit: 31 if limit < 4096 else 0, lambda limit: 900.0)
    ways = {way.title: way for way in ways_out(SHAPE, LARGE, "cuda", 11 * GIB, rows=rows)}
    assert ways["Shorter rows"].cost == "31 of 8,412 rows are cut"
    short = RowsKnown(8412, lambda _limit: 0, lambda _limit: 90.0)
    left = ways_out(SHAPE, LARGE, "cuda", 11 * GIB, rows=short)
    assert "Shorter rows" not in {way.title for way in left}
    unknown = {way.title: way for way in ways_out(SHAPE, LARGE, "cuda", 11 * GIB)}
    assert "not counted" in unknown["Shorter rows"].cost


def test_recomputing_takes_longer_and_shorter_rows_take_less_time():
    kept = LARGE.replace(checkpointing="off", micro_batch=1, max_tokens=2048)
    ways = {way.title: way for way in ways_out(SHAPE, kept, "cuda", 11 * GIB)}
    assert ways["Recompute activations"].longer > 0.2
    ways = {way.title: way for way in ways_out(SHAPE, LARGE, "cuda", 11 * GIB)}
    assert ways["Shorter rows"].longer < 0


def test_whole_weights_that_do_not_fit_are_offered_a_branch():
    full = Recipe(method="full", quantization="none", micro_batch=1)
    ways = {way.title: way for way in ways_out(SHAPE, full, "cuda", 11 * GIB)}
    assert ways["A branch instead"].changes["method"] == "lora"
    assert ways["A branch instead"].loses


def test_where_nothing_is_enough_the_smallest_way_is_told_as_not_fitting():
    (only,) = ways_out(SHAPE, LARGE, "cuda", 2 * GIB)
    assert not only.fits
    assert only.estimate.total_bytes < 7 * GIB


def test_a_recipe_that_fits_needs_no_way_and_a_tight_one_is_offered_room():
    assert ways_out(SHAPE, LARGE, "cuda", 40 * GIB) == []
    exact = estimate_memory(SHAPE, LARGE, "cuda").total_bytes
    ways = ways_out(SHAPE, LARGE, "cuda", exact)
    assert ways
    assert all(verdict(way.estimate, exact) == "fits" for way in ways)


def test_no_two_ways_are_the_same_and_another_optimizer_is_never_called_no_loss():
    recipe = Recipe(micro_batch=4, grad_accum=4, max_tokens=8192)
    ways = ways_out(SHAPE, recipe, "cuda", int(10.9 * GIB))
    changes = [dict(way.changes) for way in ways]
    assert all(one not in changes[:at] for at, one in enumerate(changes))
    eight = [way for way in ways if "optimizer" in way.changes and not way.loses]
    assert eight
    assert all(way.cost == EIGHT_BITS for way in eight)
