"""What the window and its child processes say to each other: JSON lines on stdin and stdout.

Every request has an ``id`` that its replies repeat. A request that cannot be met is answered with
one :class:`RequestFailed`; nothing is answered with silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.core.wire import Codec


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed:
    """A request could not be met; a sentence and a way out."""

    id: int
    summary: str
    hint: str = ""
    details: str = ""
    code: str = ""
    """The name of the problem's class, for those that a client can do something about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a long request is; total 0 means that the length is not known."""

    id: int
    what: str
    done: int = 0
    total: int = 0


# Render process: previews, token counts and preflight of rows. No weights, no CUDA.


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRow:
    """Render one row as training sees it."""

    id: int
    model: str
    """Folder of the base model."""
    row_kind: str
    """What the row is: as in :class:`~studio.core.example.Kind`."""
    texts: list[str]
    """Of the row, in the order of ``FIELDS[kind]``."""
    max_tokens: int = 512
    template: str = ""
    """Empty for the model's own, a built-in's name, or Jinja."""
    system_prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRendered:
    """The tokens of a row; one list for each sequence that it makes."""

    id: int
    parts: list[Any]
    """Each {"name": str, "tokens": [[id, text, state, special, whose]]}. The name is empty if
    there is one alone; a preference has Chosen and Rejected. Whose words a token is: system, user,
    assistant, tool, text or template."""
    findings: list[Any] = field(default_factory=list)
    """Of this row: a list of [code, level, summary, hint], the gravest first."""
    template: str = ""
    """Which template it was, as words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDataset:
    """Bring a dataset's sidecar up to date: what is wrong with its rows, and how long they are.

    Rows that were judged as they are now are not judged again. A newer check takes the place of
    one that is under way; what that has found stays in the sidecar.
    """

    id: int
    dataset: str
    """Path of the dataset's file, opened read-only."""
    sidecar: str
    """Path of the file to write; see ``studio.data.checks.sidecar``."""
    model: str = ""
    """Folder of the base model; empty judges the texts alone."""
    template: str = ""
    system_prompt: str = ""
    near: float = 0.8
    """Similarity, 0 to 1, from which two rows are nearly the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetChecked:
    """How far a check is; the last one is finished. What was found is in the sidecar."""

    id: int
    what: str
    """rows (each by itself, done of total), together (all with each other), or empty at the end."""
    done: int
    total: int
    finished: bool = False
    revision: int = 0
    """Of the dataset, as it was judged; only when finished."""
    seconds: dict[str, Any] = field(default_factory=dict)
    """Only when finished: what each family of checks took."""


# Chat process: holds the model; two columns stream from one batch.


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


# Trace process: what a step of a recipe would hold, found without weights.


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceMemory:
    """Trace one training step of a recipe on a model that need not be here."""

    id: int
    config: dict[str, Any]
    """The object of the model's ``config.json``; whoever asks has checked it."""
    recipe: dict[str, Any]
    device: str
    precision: str
    length: int
    """Tokens of each row."""
    trained_share: float = 1.0
    recompute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTraced:
    """What the step would hold, in bytes of tensors; optimizer states are not among them."""

    id: int
    resting_bytes: int
    """Weights and branch."""
    saved_bytes: int
    """What the forward pass leaves for the backward pass."""
    peak_bytes: int
    """The most at once, gradients and all of the above included."""
    at: str
    """The operation at the peak."""
    seconds: float = 0.0


# One-shot processes: fetching a model, files of other kinds, datasets of the Hub, the doctor.


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model is on the disk, verified and ready."""

    id: int
    path: str
    source: str
    """One sentence: where it is from, and "from 4-bit weights" if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRows:
    """Make a dataset of files; cancelled by closing the pipe."""

    id: int
    dataset: str
    """Path of the dataset's file, which is made."""
    source: str = ""
    """The file, imported as it is recognised; unless there are plans."""
    plans: list[Any] = field(default_factory=list)
    """As ``studio.data.importwire`` writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRows:
    """Count what files hold, as an import would read them; cancelled by closing the pipe."""

    id: int
    plans: list[Any]
    """As ``studio.data.importwire`` writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsSurveyed:
    """What files hold; see ``studio.data.surveying``."""

    id: int
    rows: int
    faults: int
    filled: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsComing:
    """How far an import is; done and total count bytes of its files."""

    id: int
    file: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A dataset is whole and on the disk."""

    id: int
    report: dict[str, Any]
    """As ``studio.data.importwire`` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A file of rows was made from another, whole and on the disk."""

    id: int
    path: str
    rows: int
    notes: list[str] = field(default_factory=list)
    """What is another in it than in the file it was made from; sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDataset:
    """What the Hub has under a dataset's name."""

    id: int
    repo: str
    revision: str
    """The commit, so that what is taken is what was shown."""
    licence: str = ""
    size_bytes: int = 0
    """Of the files with rows; 0 if not known."""
    configs: list[Any] = field(default_factory=list)
    """A list of [config, [split, ...]]; the one that is meant without a name comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report."""

    id: int
    name: str
    level: str
    """good, warn or bad."""
    summary: str
    hint: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


PROTOCOL = Codec(
    (
        RequestFailed,
        Progress,
        RenderRow,
        RowRendered,
        CheckDataset,
        DatasetChecked,
        LoadChat,
        ChatLoaded,
        Generate,
        StopGenerating,
        Piece,
        AnswerEnded,
        TraceMemory,
        MemoryTraced,
        Fetched,
        ImportRows,
        SurveyRows,
        RowsSurveyed,
        RowsComing,
        Imported,
        Converted,
        HubDataset,
        Check,
    )
)
