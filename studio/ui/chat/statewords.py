"""How it stands with the chat, in a few words for the page's header and the heads of columns."""

from __future__ import annotations

from studio.app.chatclient import ANSWERING, EMPTY, FAILED, LOADING, READY

STATES = {
    EMPTY: "The same question to the base and to what you trained",
    LOADING: "The model is being loaded",
    READY: "The same question to the base and to what you trained · ready",
    ANSWERING: "Every column is answering",
    FAILED: "The chat engine is not running · the conversation is still here",
}
SHORT = {
    EMPTY: "One question to all",
    LOADING: "Loading the model",
    READY: "Ready",
    ANSWERING: "All are answering",
    FAILED: "Engine not running",
}
"""Where the header has no room: in a narrow window."""
WHY_NOT = {LOADING: "loading", FAILED: "not in memory"}
"""Why a head has no evidence; else the model loads with the first question."""
