"""Why each setting's default is what it is, and its range in words."""

from __future__ import annotations

from studio.core.recipe import DEFAULTS, KNOBS

REASONS: dict[str, str] = {
    "model": "No base is better than the one you know.",
    "dataset": "The dataset that is open is taken.",
    "title": "Without one a run goes by its dataset and the day.",
    "start_from": "A run starts from the base alone.",
    "objective": "Most datasets are questions and answers.",
    "method": "A branch learns nearly as well as all weights, in a fraction of the memory.",
    "quantization": "NF4 loses least of the 4-bit formats (QLoRA, section 3).",
    "double_quant": "It saves 0.37 bits a weight, and no loss by it is known.",
    "rank": "Enough for tone and facts of some thousand rows; more seldom shows.",
    "alpha": "Twice the rank, so that a rate works for all ranks.",
    "dropout": "Few epochs leave little to learn by heart.",
    "targets": "All linear layers learn better than attention alone (QLoRA, section 4).",
    "blocks": "A branch in every block learns most.",
    "init": "Starts as the base: the first step sees no change.",
    "rslora": "It makes a difference only from about rank 64 on.",
    "loraplus_ratio": "Off, as in most recipes; 16 is what its paper takes.",
    "virtual_tokens": "Between 8 and 20 are usual.",
    "bottleneck": "As its paper takes for middling tasks.",
    "last_n": "Two layers change style; more change what is known.",
    "max_tokens": "Holds most questions with their answers; memory grows with it.",
    "template": "A model answers best in the template it was taught in.",
    "system_prompt": "What is said in training has to be said in use, too.",
    "packing": "Rows of one length gain nothing by it.",
    "micro_batch": "Fills a card without filling its memory.",
    "grad_accum": "The micro-batch alone is the step.",
    "learning_rate": "What QLoRA takes up to 13 B; full fine-tuning wants a tenth.",
    "scheduler": "Ends softly, whatever the number of steps.",
    "warmup_steps": "Lets the optimizer find its scale before the full rate.",
    "weight_decay": "A small branch needs no pulling back.",
    "max_grad_norm": "Holds the one bad batch in check.",
    "epochs": "Enough to learn some hundred rows; large data needs one.",
    "max_steps": "Epochs say it better.",
    "optimizer": "The one that is understood best; 8 bits save little beside a branch.",
    "precision": "bf16 where the device has it, fp32 elsewhere.",
    "checkpointing": "On for a card, where memory is scarce; off for the processor.",
    "checkpoint_every": "Every layer: the least memory.",
    "attention": "The fastest that the device has.",
    "save_steps": "About ten times a run.",
    "eval_steps": "About ten times a run.",
    "keep_checkpoints": "The last to go on from, the best to use, and one between.",
    "on_trouble": "A lower rate is another run, which only you can want.",
    "seed": "Any number does, as long as it stays.",
    "device": "An NVIDIA card if there is one.",
    "card": "The first is the only one in most computers.",
    "gpus": "One card is simplest, and enough for a branch.",
    "sharding": "Fastest, as long as the model fits on one card.",
}
"""One sentence each; sources are named where a number comes from a paper."""


def range_words(name: str) -> str:
    """Return a setting's range as words: "From 1 to 1,024."; empty if anything can be said."""
    knob = KNOBS[name]
    if knob.low is None or knob.high is None:
        return ""
    unit = f" {knob.unit}" if knob.unit else ""
    return f"From {_number(knob.low)} to {_number(knob.high)}{unit}."


def about(name: str) -> str:
    """Return all that is to say of a setting: what it does, its default and why, its range."""
    default = DEFAULTS[name]
    reason = f"Default {_words(default)}. {REASONS[name]}" if default != "" else REASONS[name]
    parts = (KNOBS[name].sentence, reason, range_words(name))
    return "\n".join(part for part in parts if part)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
