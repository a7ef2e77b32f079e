"""Messages to and from the chat process, which holds the model; columns stream from one batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
    others: list[Any] = field(default_factory=list)
    """Further columns: {name, adapter, run} for each, as above; only with an adapter above."""


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
    identities: list[Any] = field(default_factory=list)
    """Of the adapted columns: {name, adapter, adapter_hash, proven, self_test, template_same}."""
    context: int = 0
    """Longest sequence in tokens."""


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
    top_k: int = 0
    """So many of the likeliest tokens are in the draw; 0 for all."""
    repetition: float = 1.0
    """Above 1, tokens that were there before are less likely."""
    stop: list[str] = field(default_factory=list)
    """Texts that end an answer; they are not part of it."""
    system_prompt: str | None = None
    """None takes that of training."""
    history: dict[str, Any] = field(default_factory=dict)
    """For each column its turns before the prompt: [[question, answer], ...]; none by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPrompt:
    """Tell the tokens that a prompt would be, after the turns before it."""

    id: int
    prompt: str
    system_prompt: str | None = None
    turns: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptShown:
    """A prompt as the model reads it."""

    id: int
    tokens: list[Any]
    """[vocabulary id, text] for each."""


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
    """end (the model ended its turn), stop_text, length or stopped."""
    prompt_tokens: int = 0
