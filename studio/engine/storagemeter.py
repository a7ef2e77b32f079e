"""Counts the bytes of all tensors that are alive while operations run, and remembers the most."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class StorageMeter(TorchDispatchMode):
    """A mode that sees each operation's results; views of a storage count once.

    Attributes:
        now: bytes alive.
        peak: most bytes alive at once since the last :meth:`restart`.
        at: the operation whose results made the peak.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = 0
        self.peak = 0
        self.at = ""
        self._alive: dict[int, weakref.ref[Any]] = {}

    def restart(self) -> None:
        """Look for a new peak from here."""
        self.peak, self.at = self.now, ""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor):
                self._see(leaf.untyped_storage(), func)
        return made

    def _see(self, storage: Any, func: Any) -> None:
        key = storage._cdata  # noqa: SLF001 - the only name of a storage that its views share
        if key in self._alive:
            return
        size = storage.nbytes()
        self._alive[key] = weakref.ref(storage, lambda _: self._forget(key, size))
        self.now += size
        if self.now > self.peak:
            self.peak, self.at = self.now, str(func)

    def _forget(self, key: int, size: int) -> None:
        if self._alive.pop(key, None) is not None:
            self.now -= size
