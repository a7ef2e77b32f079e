"""A recipe in the words of transformers' Trainer."""

from __future__ import annotations

from pathlib import Path

from transformers import TrainingArguments

from studio.core.recipe import Recipe
from studio.engine.load import Base

_OPTIMIZERS = {
    "adamw": "adamw_torch_fused",
    "adamw_8bit": "adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "paged_adamw_32bit": "paged_adamw_32bit",
    "adafactor": "adafactor",
    "lion_8bit": "lion_8bit",
    "sgd": "sgd",
}
EVALUATIONS = 10
"""Evaluations, and checkpoints, of a run whose recipe leaves their number open."""


def training_arguments(recipe: Recipe, base: Base, folder: Path, steps: int) -> TrainingArguments:
    """Return the trainer's settings; evaluation, saving and logging are asked for by our callback.

    Args:
        recipe: the settings.
        base: the loaded base, for its device and precision.
        folder: of the run; the trainer itself writes nothing there.
        steps: optimizer steps of the whole run.
    """
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=recipe.micro_batch,
        per_device_eval_batch_size=recipe.micro_batch,
        gradient_accumulation_steps=recipe.grad_accum,
        max_steps=steps,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.scheduler,
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        optim=_OPTIMIZERS[recipe.optimizer],
        # Only fp16 needs its scaler; bf16 is the model's own type, so nothing is cast on the way
        fp16=base.precision == "fp16",
        activation_checkpointing=recomputes(recipe, base.device),
        use_cpu=base.device == "cpu",
        seed=recipe.seed,
        data_seed=recipe.seed,
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        log_level="error",
        dataloader_num_workers=0,
        remove_unused_columns=False,
        average_tokens_across_devices=True,
        ddp_find_unused_parameters=False,  # each branch is in each forward
    )


def recomputes(recipe: Recipe, device: str) -> bool:
    """Return whether activations are recomputed; on a CPU memory is not what is scarce."""
    return recipe.checkpointing in ("on", "offload") or (
        recipe.checkpointing == "auto" and device != "cpu"
    )


def every(wanted: int, total: int) -> int:
    """Return the steps between two evaluations or checkpoints; 0 chooses by the run's length."""
    return wanted or -(-total // EVALUATIONS)
