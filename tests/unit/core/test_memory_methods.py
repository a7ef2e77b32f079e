"""The estimate's terms for every method and setting, against sums done by hand."""

from __future__ import annotations

import dataclasses

import pytest

from studio.core.capabilities import CAPABILITIES, check_capabilities
from studio.core.keptstates import Batch, learning_inputs, saved_per_token
from studio.core.memory import estimate_memory, keeps_activations
from studio.core.modelshape import shape_from_config
from studio.core.problems import RecipeError
from studio.core.recipe import KNOBS, METHODS, Recipe
from studio.core.severalcards import GATHERED_LAYERS, NCCL_BYTES
from studio.core.trained import trainable_parameters
from tests.helpers.modelfolders import LLAMA3_8B, SMOLLM2, TINY

LLAMA = shape_from_config(LLAMA3_8B)
SMALL = shape_from_config(TINY)
MIDDLE = shape_from_config(
    SMOLLM2
    | {
        "hidden_size": 512,
        "head_dim": 64,
        "num_hidden_layers": 6,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "vocab_size": 1024,
    }
)
MIXTRAL = LLAMA3_8B | {
    "model_type": "mixtral",
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "vocab_size": 32000,
}
STARCODER = SMOLLM2 | {"model_type": "starcoder2", "intermediate_size": 2048}


def plain(method="lora", **settings):
    return Recipe(
        **{"method": method, "quantization": "none", "grad_accum": 2, "micro_batch": 1} | settings
    )


def parts(recipe, shape=MIDDLE, device="cuda", **known):
    return estimate_memory(shape, recipe, device, **known).parts


# sides of the tiny shape: H 8, Q 8, K 4, I 16, one layer, V 32; two norms a layer and one at the end
TRAINED = {
    "lora": 2 * 128,
    "dora": 2 * 128 + (8 + 4 + 4 + 8 + 16 + 16 + 8),
    "ia3": 4 + 4 + 16,
    "prompt": 16 * 8,
    "prefix": 16 * 2 * 4,
    "adapter": 2 * (8 * 4 + 4 * 8 + 4 + 8),
    "layernorm": 3 * 8,
    "full": (64 + 32 + 32 + 64 + 3 * 128) + 2 * 8 + 32 * 8 + 8,
    "last-n": (64 + 32 + 32 + 64 + 3 * 128) + 2 * 8,
}


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_trains_is_counted_by_hand(method):
    recipe = plain(method, rank=2, bottleneck=4)
    assert trainable_parameters(SMALL, recipe) == TRAINED[method]
    found = parts(recipe, SMALL)
    whole = method in ("full", "last-n")
    each = 2 if whole else 4  # weights of the base are in bf16, what is added in fp32
    assert found["adapter"] == (0 if whole else TRAINED[method] * 4)
    assert found["gradients"] == TRAINED[method] * each
    assert found["optimizer"] == TRAINED[method] * each * 2


def test_whole_training_of_a_model_with_its_own_head_trains_both_tables():
    assert trainable_parameters(LLAMA, plain("full")) == LLAMA.parameters == 8_030_261_248


def test_optimizers_of_whole_training_keep_what_is_known_of_them():
    def state(optimizer):
        return parts(plain("full", optimizer=optimizer), LLAMA)["optimizer"]

    table, norms = 128256 * 4096, 65 * 4096
    matrices = LLAMA.parameters - 2 * table - norms
    assert state("adamw") == LLAMA.parameters * 4
    assert state("paged_adamw_32bit") == LLAMA.parameters * 8
    # embeddings and small tensors keep fp32 where others have 8 bits and a scale for 256
    eight = (matrices + table) * (2 + 8 / 256) + table * 8
    assert (
        state("adamw_8bit")
        == state("paged_adamw_8bit")
        == pytest.approx(eight + norms * 8, rel=1e-4)
    )
    assert state("lion_8bit") == pytest.approx(
        (matrices + table) * (1 + 4 / 256) + (table + norms) * 4, rel=1e-4
    )
    assert state("adafactor") < state("lion_8bit") / 500
    assert state("sgd") == 0


def per_token(method, *, number=2, **settings):
    recipe = plain(method, rank=8, bottleneck=64, **settings)
    batch = Batch(rows=1, length=512, trained=512, number=number, kept=True)
    return saved_per_token(MIDDLE, recipe, learning_inputs(recipe, MIDDLE.linears), batch)


def test_what_a_layer_keeps_for_each_method_is_counted_by_hand():
    # two norms in fp32 · queries, keys, values, result, three of the MLP · one sum a head
    frozen = 2 * (4 * 512 + 4) + 2 * (512 + 2 * 256 + 512 + 3 * 1536) + 4 * 8
    inputs = 2 * (512 + 512 + 1536)
    assert per_token("lora") == frozen + inputs + 2 * 7 * 8
    assert per_token("full") == per_token("last-n") == frozen + inputs + 2 * 2 * 512
    assert per_token("layernorm") == frozen + 2 * 2 * 512
    assert per_token("prompt") == frozen
    assert per_token("ia3") == frozen + 4 * 1536 + 2 * 2 * 256
    assert per_token("adapter") == frozen + 2 * 4 * (512 + 2 * 64)
    copies = 4 * (6 * 512 + 1536)  # in fp32, one for each layer
    results = (2 + 4) * (512 + 256 + 256 + 512 + 1536 + 1536 + 512)
    assert per_token("dora") == frozen + copies + results + 4 * 7 * 8


def test_learned_keys_stand_before_each_row_for_every_head():
    batch = Batch(rows=1, length=512, trained=512, number=2, kept=True, prefix=16)
    recipe = plain("prefix")
    more = saved_per_token(MIDDLE, recipe, frozenset(), batch) - per_token("prompt")
    assert more == 2 * 2 * (512 * 528 // 512 - 256)


def test_learned_tokens_lengthen_every_row():
    base = {"max_tokens": 512, "checkpointing": "on"}
    longer = parts(plain("prompt", virtual_tokens=16, **base))["activations"]
    asked = parts(plain("prompt", virtual_tokens=16, **base | {"max_tokens": 528}))["activations"]
    assert longer == parts(plain("layernorm", **base | {"max_tokens": 528}))["activations"]
    assert longer < asked


def test_below_the_layers_that_learn_nothing_is_kept():
    def saved(n):
        recipe = plain("last-n", last_n=n, checkpointing="off", max_tokens=512)
        return parts(recipe)["activations"]

    assert saved(3) - saved(2) == saved(2) - saved(1) == 512 * per_token("full")
    assert saved(99) == saved(6)


def test_recomputing_one_layer_in_n_keeps_the_others_whole():
    def saved(**settings):
        return parts(plain(max_tokens=512, rank=8, **settings))["activations"]

    every, third = saved(checkpointing="on"), saved(checkpointing="on", checkpoint_every=3)
    assert third - every == 4 * (512 * per_token("lora") - 512 * 512 * 2)
    assert every < third < saved(checkpointing="off")


def test_offloading_leaves_two_layers_on_the_card_however_many_there_are():
    def saved(layers, checkpointing):
        shape = dataclasses.replace(MIDDLE, layers=layers)
        return parts(plain(max_tokens=512, checkpointing=checkpointing), shape)["activations"]

    assert saved(6, "offload") == saved(60, "offload")
    assert saved(60, "on") - saved(60, "offload") == 58 * 512 * 512 * 2


def test_eager_attention_keeps_all_its_scores():
    def saved(attention):
        recipe = plain("layernorm", max_tokens=512, checkpointing="off", attention=attention)
        return parts(recipe)["activations"]

    assert saved("eager") - saved("sdpa") == 6 * 8 * 512 * 512 * (2 * 2 + 4)
    assert saved("auto") == saved("flash") == saved("sdpa")


def test_packed_rows_need_a_mask_unless_attention_is_flash():
    base = {"max_tokens": 512, "checkpointing": "off", "packing": True}
    masked, flash = (
        parts(plain("layernorm", attention=a, **base))["activations"] for a in ("sdpa", "flash")
    )
    assert masked - flash == 6 * 2 * (512 * 512 + 2 * 512 * (512 - 256))


def test_a_head_that_learns_has_its_gradient_while_the_activations_are_all_there():
    recipe = plain("full", grad_accum=1, checkpointing="off", max_tokens=4096)
    assert parts(recipe)["gradients"] == 1024 * 512 * 2


def test_at_the_end_all_gradients_are_there_and_a_tied_table_twice_more():
    recipe = plain("full", grad_accum=1, checkpointing="on", max_tokens=32)
    found = parts(recipe)
    table = 1024 * 512 * 2
    passing = found["activations"] + found["layer"] + found["head"]
    assert found["gradients"] + passing >= MIDDLE.parameters * 2 + 2 * table


def test_several_cards_hold_all_or_a_share():
    one = parts(plain("full"), LLAMA)
    ddp = parts(plain("full", gpus=4), LLAMA)
    fsdp = parts(plain("full", gpus=4, sharding="fsdp"), LLAMA)
    for name in ("weights_other", "gradients", "optimizer"):
        assert ddp[name] == one[name]
        assert fsdp[name] == -(-one[name] // 4)
    assert ddp["buffers"] - one["buffers"] == NCCL_BYTES + LLAMA.parameters * 2
    layer = LLAMA.linear_weights // LLAMA.layers * 2
    assert fsdp["buffers"] - one["buffers"] == NCCL_BYTES + GATHERED_LAYERS * layer
    for name in ("activations", "layer", "head", "context"):
        assert ddp[name] == fsdp[name] == one[name]


def test_pairs_pass_two_rows_and_whole_weights_are_compared_with_a_copy():
    lora, pairs = plain(), plain(objective="dpo")
    assert parts(pairs)["activations"] == parts(plain(micro_batch=2))["activations"]
    assert parts(pairs)["weights_other"] == parts(lora)["weights_other"]
    whole = parts(plain("full"))["weights_other"]
    assert parts(plain("full", objective="dpo"))["weights_other"] == 2 * whole
    assert parts(plain("full", objective="kto"))["weights_other"] == 2 * whole
    assert parts(plain("full", objective="reward"))["weights_other"] == whole


def test_experts_are_counted_but_not_quantised():
    shape = shape_from_config(MIXTRAL)
    assert shape.parameters == 46_702_792_704
    found = parts(Recipe(), shape)
    experts = 32 * 8 * 4096 * (3 * 14336 + 1)
    assert found["weights_other"] > experts * 2
    assert found["weights_quantized"] < experts / 10
    more = dataclasses.replace(shape, chosen=3)
    settings = {"checkpointing": "off", "max_tokens": 128, "micro_batch": 1}
    kept = [parts(Recipe(**settings), each)["activations"] for each in (shape, more)]
    assert kept[1] - kept[0] == 32 * 128 * 2 * (3 * 14336 + 2 * 4096)


def test_a_plain_mlp_keeps_one_of_its_halves():
    shape = shape_from_config(STARCODER)
    assert [linear.name for linear in shape.linears][3:] == ["o_proj", "c_fc", "c_proj"]
    batch = Batch(rows=1, length=64, trained=64, number=2, kept=True)
    h, q, k, i = 576, 576, 192, 2048
    recipe = plain(rank=4)
    found = saved_per_token(shape, recipe, learning_inputs(recipe, shape.linears), batch)
    frozen = 2 * (4 * h + 4) + 2 * (2 * q + 2 * k + i) + 4 * 9
    assert found == frozen + 2 * (2 * h + i + 6 * 4)


def test_prefixes_are_never_recomputed():
    assert keeps_activations(Recipe(method="prefix"), "cuda")
    with pytest.raises(RecipeError, match="Prefix does not go with"):
        estimate_memory(MIDDLE, plain("prefix", checkpointing="on"), "cuda")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_every_method_is_estimated_for_every_setting(method, device):
    can = CAPABILITIES[method]
    for name in ("optimizer", "checkpointing", "attention", "sharding", "objective"):
        for value in KNOBS[name].choices:
            recipe = plain(method, gpus=2, **{name: value})
            if value in ("on", "offload") and not can.checkpointing:
                continue
            found = estimate_memory(LLAMA, recipe, device)
            assert all(size >= 0 for size in found.parts.values())
            assert sum(found.parts.values()) == found.total_bytes


@pytest.mark.parametrize(
    "settings",
    [
        {"checkpoint_every": 2},
        {"attention": "eager"},
        {"gpus": 2},
        {"objective": "dpo"},
        {"method": "dora"},
    ],
)
def test_what_is_estimated_may_still_not_be_trainable(settings):
    recipe = Recipe(**settings)
    assert estimate_memory(MIDDLE, recipe, "cuda").total_bytes
    with pytest.raises(RecipeError, match="cannot be trained in this version"):
        check_capabilities(recipe)
