"""All settings of a run: one table of type, range, default, unit and sentence for each.

Flags, the form, the TOML file and the documentation are made from the fields of :class:`Recipe`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from studio.core.blocks import fault_of_blocks
from studio.core.guardplan import GuardFault, GuardPlan, guard_of
from studio.core.knobs import Knob, fault_of, nearest, setting, typed
from studio.core.mix import MixFault, MixPart, mix_of
from studio.core.problems import RecipeError
from studio.core.samples import Samples, SamplesFault, samples_of

METHODS = ("lora", "dora", "ia3", "prompt", "prefix", "adapter", "layernorm", "full", "last-n")
QUANTIZATIONS = ("none", "nf4", "fp4", "int8")
TARGET_GROUPS = ("all-linear", "attention", "mlp")
TABLES = ("mix", "guard", "layers", "samples")
"""Parts of a recipe that are lists or tables; kept as they are until a part of us reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All settings of a run; valid if it exists.

    Raises:
        RecipeError: a value is out of range, with the reason for each field.
    """

    model: str = setting("", "The base model: a name in the workspace or a folder.", level="simple")
    dataset: str = setting("", "The dataset to learn from.", level="simple")
    title: str = setting("", "What you call the run.", level="simple")
    start_from: str = setting("", "An adapter to go on from.")
    objective: str = setting(
        "instruction",
        "What is learned: answers, running text or preferences.",
        choices=("instruction", "text", "dpo", "kto", "reward"),
    )
    method: str = setting("lora", "What is trained.", choices=METHODS, level="simple")
    quantization: str = setting(
        "nf4", "How the frozen base is stored.", choices=QUANTIZATIONS, level="standard"
    )
    double_quant: bool = setting(True, "Quantises the scales too: a little less memory, no loss.")
    rank: int = setting(
        16,
        "Room in the branch. More learns more, and costs little memory.",
        low=1,
        high=1024,
        level="standard",
    )
    alpha: int = setting(
        32,
        "How loudly the branch speaks. Twice the rank is usual.",
        low=1,
        high=4096,
        level="standard",
    )
    dropout: float = setting(
        0.0, "Share of the branch left out at random; slows learning by heart.", low=0.0, high=0.9
    )
    targets: str = setting(
        "all-linear",
        "Which layers get a branch: all-linear, attention, mlp, or names with commas.",
        level="standard",
    )
    blocks: str = setting(
        "", "Which of the model's blocks get a branch, such as 8-23; empty for all."
    )
    init: str = setting(
        "default", "How the branch starts.", choices=("default", "gaussian", "pissa", "loftq")
    )
    rslora: bool = setting(False, "Scales by the root of the rank; steadier at high rank.")
    loraplus_ratio: float = setting(
        0.0, "How much faster B learns than A; 0 is off.", low=0.0, high=64.0
    )
    virtual_tokens: int = setting(
        16, "Learned tokens before the prompt.", low=1, high=512, unit="tokens"
    )
    bottleneck: int = setting(64, "Width of the small layers that are put in.", low=1, high=4096)
    last_n: int = setting(
        2, "How many of the top layers are trained.", low=1, high=256, unit="layers"
    )
    max_tokens: int = setting(
        512,
        "Longest sequence. Rows past it are cut.",
        low=16,
        high=1_048_576,
        unit="tokens",
        level="standard",
    )
    template: str = setting("", "The chat template; empty takes the model's own.")
    system_prompt: str = setting(
        "", "Said before every conversation; empty for none.", level="standard"
    )
    packing: bool = setting(False, "Puts several rows in one sequence; no padding at all.")
    micro_batch: int = setting(
        4,
        "Sequences at once. The strongest memory knob.",
        low=1,
        high=1024,
        unit="rows",
        level="standard",
    )
    grad_accum: int = setting(
        1, "Micro-batches a step. Smaller steps, same learning.", low=1, high=4096, level="standard"
    )
    learning_rate: float = setting(
        2e-4, "Higher learns faster and forgets more.", low=1e-8, high=1.0, level="simple"
    )
    scheduler: str = setting(
        "cosine",
        "How the learning rate falls.",
        choices=("cosine", "linear", "constant", "constant_with_warmup"),
    )
    warmup_steps: int = setting(
        5, "Steps over which the rate rises.", low=0, high=1_000_000, unit="steps"
    )
    weight_decay: float = setting(0.0, "Pulls trained weights towards zero.", low=0.0, high=1.0)
    max_grad_norm: float = setting(1.0, "Longer gradients are cut to this.", low=0.0, high=1000.0)
    epochs: int = setting(3, "Passes over the data.", low=1, high=1000, level="simple")
    max_steps: int = setting(
        0, "Stops after this many steps; 0 goes by epochs.", low=0, high=100_000_000, unit="steps"
    )
    optimizer: str = setting(
        "adamw",
        "Who takes the steps.",
        choices=(
            "adamw",
            "adamw_8bit",
            "paged_adamw_8bit",
            "paged_adamw_32bit",
            "adafactor",
            "lion_8bit",
            "sgd",
        ),
    )
    precision: str = setting(
        "auto", "Numbers the steps are computed in.", choices=("auto", "bf16", "fp16", "fp32")
    )
    checkpointing: str = setting(
        "auto",
        "Recomputes activations: far less memory, about a quarter slower.",
        choices=("auto", "on", "off", "offload"),
        level="standard",
    )
    checkpoint_every: int = setting(
        1, "Of so many layers one is recomputed; more is faster and takes more.", low=1, high=64
    )
    attention: str = setting(
        "auto", "How attention is computed.", choices=("auto", "sdpa", "flash", "eager")
    )
    save_steps: int = setting(
        0, "Steps between checkpoints; 0 chooses.", low=0, high=1_000_000, unit="steps"
    )
    eval_steps: int = setting(
        0, "Steps between evaluations; 0 chooses.", low=0, high=1_000_000, unit="steps"
    )
    keep_checkpoints: int = setting(
        3,
        "How many checkpoints stay: the last, the best, and the newest others.",
        low=2,
        high=10_000,
    )
    on_trouble: str = setting(
        "ask",
        "When the run leaves the numbers: stop and ask, or go back and on at a lower rate.",
        choices=("ask", "roll_back"),
    )
    seed: int = setting(1, "The same seed gives the same run.", low=0, high=2**31 - 1)
    device: str = setting("auto", "Where it trains.", choices=("auto", "cuda", "cpu"))
    card: int = setting(
        0, "Which card trains, counted from 0; of several the first.", low=0, high=1023
    )
    gpus: int = setting(1, "Cards that share the work.", low=1, high=1024, unit="cards")
    sharding: str = setting(
        "ddp",
        "What each of several cards holds: all of the model, or a part of it.",
        choices=("ddp", "fsdp"),
    )
    tables: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        found = {name: why for name in KNOBS if (why := fault_of(KNOBS[name], getattr(self, name)))}
        if why := fault_of_blocks(self.blocks):
            found["blocks"] = why
        try:
            mix_of(self.tables.get("mix", ()))
        except MixFault as fault:
            found["mix"] = str(fault)
        try:
            guard_of(self.tables.get("guard", {}))
        except GuardFault as fault:
            found["guard"] = str(fault)
        try:
            samples_of(self.tables.get("samples", {}))
        except SamplesFault as fault:
            found["samples"] = str(fault)
        if found:
            raise RecipeError(found)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Make a recipe from plain values, such as a TOML file's.

        Raises:
            RecipeError: an unknown setting, a wrong type or a value out of range.
        """
        plain = dict(values)
        tables = {name: plain.pop(name) for name in TABLES if name in plain}
        tables = {name: table for name, table in tables.items() if table not in ([], {})}
        if plain.get("method") == "qlora":
            plain |= {"method": "lora", "quantization": "nf4", "double_quant": True}
        faults: dict[str, str] = {}
        for name, value in plain.items():
            if name not in KNOBS:
                faults[name] = "is not a setting" + nearest(name, KNOBS)
            else:
                plain[name], fault = typed(value, TYPES[name])
                if fault:
                    faults[name] = fault
        if faults:
            raise RecipeError(faults)
        return cls(**plain, tables=tables)

    def to_mapping(self) -> dict[str, Any]:
        """Return all settings as plain values, in the order of the table; tables last."""
        return {name: getattr(self, name) for name in KNOBS} | dict(self.tables)

    def replace(self, **changes: Any) -> Self:
        """Return a recipe with some settings changed.

        Raises:
            RecipeError: a value is out of range.
        """
        return dataclasses.replace(self, **changes)

    @property
    def mix(self) -> tuple[MixPart, ...]:
        """The datasets the training rows come from; empty if all are of ``dataset``."""
        return mix_of(self.tables.get("mix", ()))

    @property
    def samples(self) -> Samples:
        """The prompts that are answered at each checkpoint."""
        return samples_of(self.tables.get("samples", {}))

    @property
    def guard(self) -> GuardPlan:
        """What guards the run against forgetting."""
        return guard_of(self.tables.get("guard", {}))

    @property
    def effective_batch(self) -> int:
        """Rows a step."""
        return self.micro_batch * self.grad_accum

    @property
    def method_title(self) -> str:
        """The method as people call it, with its rank: "QLoRA r 16"."""
        if self.method == "lora":
            return f"{'QLoRA' if self.quantization in ('nf4', 'fp4') else 'LoRA'} r {self.rank}"
        titles = {"dora": "DoRA", "ia3": "IA³", "full": "Full", "last-n": "Last N layers"}
        return titles.get(self.method, self.method.capitalize())


def knobs() -> dict[str, Knob]:
    """Return what is known about each setting, by name, in the order of the table."""
    return {f.name: f.metadata["knob"] for f in dataclasses.fields(Recipe) if "knob" in f.metadata}


KNOBS = knobs()
TYPES: dict[str, type] = {
    f.name: {"str": str, "int": int, "float": float, "bool": bool}[str(f.type)]
    for f in dataclasses.fields(Recipe)
    if f.name in KNOBS
}
DEFAULTS: dict[str, Any] = {
    f.name: f.default for f in dataclasses.fields(Recipe) if f.name in KNOBS
}


def target_names(targets: str) -> tuple[str, ...]:
    """Return the layer names of a targets setting; a group's name stands for itself."""
    return tuple(part.strip() for part in targets.split(",") if part.strip())
