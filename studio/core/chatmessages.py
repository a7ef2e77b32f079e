"""Messages to and from the chat process, which holds the model; columns stream from one batch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadChat:
    """Load a base, and an adapter on it; replaces what was loaded."""

    id: int
    model: str
    adapter: str = ""
    """Folder in PEFT's layout; empty loads the base alone."""
    run: str = ""
    """Folder of the run the adapter is from, for its template and system prompt."""
    quantization: str = "nf4"
    double_quant: bool = True
    precision: str = "auto"
    device: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLoaded:
    """The model is in memory and the self-test has passed or says why not."""

    id: int
    device: str
    precision: str
    quantization: str
    columns: list[str]
    """Names of the columns, "base" first."""
    one_batch: bool = True
    """The columns are rows of one batch; otherwise they are written one after the other."""
    base_proven: bool = False
    """The base column's logits stay the base model's while the adapter is perturbed."""
    self_test: str = ""
    """The result of the self-test as one line."""
    adapter_hash: str = ""
    base_hash: str = ""
    template_same: bool = True
    """The chat template is the one of training."""
    warnings: list[str] = field(default_factory=list)
    memory_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """Answer one prompt in every column: same prompt, seed and sampler, one batch."""

    id: int
    prompt: str
    max_new_tokens: int = 256
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int = 42
    columns: list[str] = field(default_factory=list)
    """Empty asks all columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopGenerating:
    """Stop the answer that is being written; what is there stays."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """New text of one column's answer."""

    id: int
    column: str
    text: str
    tokens: int
    """Tokens of the answer so far."""
    seconds: float
    """Since the request was taken up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEnded:
    """One column's answer is whole."""

    id: int
    column: str
    text: str
    tokens: int
    seconds: float
    first_seconds: float
    reason: str
    """end (the model ended its turn), length or stopped."""
