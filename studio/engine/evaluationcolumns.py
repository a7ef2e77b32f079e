"""The columns of an evaluation: one base in memory, one adapter after the other put on it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from studio.core.evaluation import ColumnSpec, EvaluationSetup
from studio.core.problems import EngineError
from studio.core.recipe import Recipe
from studio.engine.adapterfile import AdapterFile, read_adapter
from studio.engine.adapterload import NAME, wrap
from studio.engine.columns import PassSwitch
from studio.engine.load import Base, choose_device, choose_precision, load_base
from studio.engine.selftest import prove_base, same_logits


def read_columns(columns: Sequence[ColumnSpec]) -> dict[str, AdapterFile | None]:
    """Return each column's adapter as it is on the disk, before anything is loaded.

    Raises:
        ModelError: one of them may not be loaded.
    """
    return {c.name: read_adapter(Path(c.adapter)) if c.adapter else None for c in columns}


def base_facts(setup: EvaluationSetup, weights: str) -> dict[str, Any]:
    """Return what tells the base that will answer, without loading it.

    Args:
        setup: how it is to be loaded.
        weights: the hash of its weights.
    """
    device = choose_device(setup.device)
    return {
        "weights": weights,
        "quantization": setup.quantization,
        "double_quant": setup.double_quant,
        "precision": choose_precision(setup.precision, device),
        "device": device.split(":")[0],
    }


class Resident:
    """One base that answers bare, or with an adapter that is taken off again.

    Its 4-bit layers keep the packing they are loaded with: the faster one for CPUs computes the
    base otherwise once an adapter's layers stand around it, and columns must differ by the adapter
    alone.

    Args:
        setup: how to load it.
        prompt: token ids that the columns are proven with.

    Raises:
        StudioError: the base cannot be loaded.
    """

    def __init__(self, setup: EvaluationSetup, prompt: list[int]) -> None:
        recipe = Recipe(
            model=setup.model,
            quantization=setup.quantization,
            double_quant=setup.double_quant,
            precision=setup.precision,
            device=setup.device,
        )
        self.base: Base = load_base(Path(setup.model), recipe)
        self._model = self.base.model.eval()
        self._model.config.use_cache = True
        self._prompt = prompt
        self._plain = self._logits()

    @contextmanager
    def column(self, adapter: AdapterFile | None) -> Iterator[Any]:
        """Give the model with an adapter on, or bare; afterwards it is proven to be bare again.

        Raises:
            ModelError: the adapter was made for another base.
            EngineError: the adapter changes nothing, or the base is not what it was.
        """
        if adapter is None:
            yield self._model
            return
        wrapped = wrap(self._model, adapter)
        try:
            weights = [w for name, w in wrapped.named_parameters() if f".{NAME}" in name]
            model = wrapped.get_base_model()
            switch = PassSwitch(model)
            proof = prove_base(model, switch, NAME, weights, self._prompt, self.base.precision)
            if not proof.proven:
                raise EngineError(
                    f"The columns cannot be told apart with {adapter.folder.name}. {proof.line}",
                    "Choose another adapter.",
                )
            switch.adapt([""])
            self._check_base()
            switch.adapt([NAME])
            yield model
        finally:
            self._take_off(wrapped)

    def put_on(self, adapter: AdapterFile) -> Any:
        """Return PEFT's wrapper with an adapter on, for the last thing that is done with the base.

        Raises:
            ModelError: the adapter was made for another base.
        """
        return wrap(self._model, adapter)

    @property
    def parameters(self) -> int:
        """How many numbers the base's weights are, however few bits each has in memory."""
        return sum(
            weight.quant_state.shape.numel() if hasattr(weight, "quant_state") else weight.numel()
            for weight in self._model.parameters()
        )

    def _take_off(self, wrapped: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nothing was merged, which nobody asked for
            self._model = wrapped.unload().eval()
        self._check_base()

    def _check_base(self) -> None:
        if not same_logits(self._logits(), self._plain, self.base.precision):
            raise EngineError(
                "The base is not what it was before an adapter was put on it.",
                "Go on with the evaluation: the base is loaded afresh.",
            )

    @torch.inference_mode()
    def _logits(self) -> torch.Tensor:
        """Return the logits of the proving prompt, (T, V)."""
        ids = torch.tensor([self._prompt], device=self._model.device)
        logits: torch.Tensor = self._model(input_ids=ids, use_cache=False).logits[0].clone()
        return logits
