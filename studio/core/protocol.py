"""What the window and its child processes say to each other: JSON lines on stdin and stdout.

Every request has an ``id`` that its replies repeat. A request that cannot be met is answered with
one :class:`RequestFailed`; nothing is answered with silence.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.chatmessages import (
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
    PromptShown,
    ShowPrompt,
    StopGenerating,
)
from studio.core.evaluationmessages import (
    Evaluate,
    EvaluationAdvanced,
    EvaluationEnded,
    LookAtReadiness,
    PauseEvaluating,
)
from studio.core.jobmessages import (
    Check,
    Converted,
    Fetched,
    HubDataset,
    HubModels,
    Imported,
    ImportRows,
    RowsComing,
    RowsSurveyed,
    SurveyRows,
)
from studio.core.measuremessages import (
    MEASURE_MESSAGES,
    MeasureMemory,
    MemoryMeasured,
)
from studio.core.rendermessages import (
    CheckDataset,
    DatasetChecked,
    RenderRow,
    RowRendered,
)
from studio.core.tracemessages import (
    MemoryTraced,
    TraceMemory,
)
from studio.core.wire import Codec

__all__ = [
    "PROTOCOL",
    "AnswerEnded",
    "ChatLoaded",
    "Check",
    "CheckDataset",
    "Converted",
    "DatasetChecked",
    "Evaluate",
    "EvaluationAdvanced",
    "EvaluationEnded",
    "Fetched",
    "Generate",
    "HubDataset",
    "HubModels",
    "ImportRows",
    "Imported",
    "LoadChat",
    "LookAtReadiness",
    "MeasureMemory",
    "MemoryMeasured",
    "MemoryTraced",
    "PauseEvaluating",
    "Piece",
    "Progress",
    "PromptShown",
    "RenderRow",
    "RequestFailed",
    "RowRendered",
    "RowsComing",
    "RowsSurveyed",
    "ShowPrompt",
    "StopGenerating",
    "SurveyRows",
    "TraceMemory",
]


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
        ShowPrompt,
        PromptShown,
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
        HubModels,
        Check,
        Evaluate,
        LookAtReadiness,
        PauseEvaluating,
        EvaluationAdvanced,
        EvaluationEnded,
        *MEASURE_MESSAGES,
    )
)
