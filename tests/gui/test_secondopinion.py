"""The estimate is judged once the plan stands still, and both agree on a real model."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from studio.app.secondopinion import Opinion, SecondOpinion
from studio.app.traceclient import TraceClient
from studio.core.memory import estimate_memory
from studio.core.protocol import RequestFailed
from studio.core.recipe import Recipe
from studio.machine.models import inspect_model
from studio.ui.model.afterpaint import AfterPaint
from tests.helpers.modelfolders import TINY, model_folder


@pytest.fixture
def judged(qtbot):
    client = TraceClient()
    yield SecondOpinion(client)
    client.close()


def _consider(opinions, info, recipe):
    estimate = estimate_memory(info.shape, recipe, "cpu")
    opinions.consider(info, recipe, estimate, device="cpu", length=recipe.max_tokens)


@pytest.mark.slow
def test_a_plan_that_stands_still_is_judged_once(judged, qtbot, tiny_model, monkeypatch):
    asked = []
    real = judged._client.trace
    monkeypatch.setattr(judged._client, "trace", lambda *a, **k: asked.append(k) or real(*a, **k))
    info = inspect_model(tiny_model)
    for length in (64, 128, 256):
        _consider(judged, info, Recipe(model="m", dataset="d", max_tokens=length, device="cpu"))
    told = lambda: judged.opinion is not None and not judged.opinion.pending  # noqa: E731
    qtbot.waitUntil(told, timeout=200_000)
    assert [k["length"] for k in asked] == [256]
    assert not judged.opinion.apart
    _consider(judged, info, Recipe(model="m", dataset="d", max_tokens=256, device="cpu"))
    assert judged.opinion is not None
    with qtbot.waitSignal(judged.changed):
        _consider(judged, info, Recipe(model="m", dataset="d", max_tokens=64, device="cpu"))
    assert judged.opinion is None
    judged.stop()


def test_a_difference_of_more_than_a_tenth_is_said():
    near, far = Opinion(1030 << 20, 1000 << 20), Opinion(1250 << 20, 1000 << 20)
    assert near.sentence == "A trace of the model agrees, to within 3\u00a0%."
    assert far.apart
    assert far.sentence == "A trace of the model comes to 1.2 GiB, 25\u00a0% more."


def test_a_trace_that_failed_says_why_and_warns_of_nothing(judged, tmp_path):
    info = inspect_model(model_folder(tmp_path / "tiny", TINY))
    _consider(judged, info, Recipe())
    judged._ask()
    failed = RequestFailed(id=judged._request, summary="A moth cannot be traced.")
    judged._client.failed.emit(failed)
    assert judged.opinion.sentence == "Not checked by a trace: A moth cannot be traced."
    assert not judged.opinion.apart
    judged.stop()


def test_a_trace_under_way_is_said_and_ends_with_the_page(judged, qtbot, tmp_path):
    info = inspect_model(model_folder(tmp_path / "tiny", TINY))
    _consider(judged, info, Recipe())
    judged._ask()
    assert judged.opinion.sentence == "A trace of the model is checking this."
    assert not judged.opinion.apart
    qtbot.waitUntil(lambda: judged._client.pid != 0)
    failures = []
    judged._client.failed.connect(failures.append)
    judged.stop()
    assert judged.opinion is None
    qtbot.waitUntil(lambda: judged._client.pid == 0)
    assert failures == []
    _consider(judged, info, Recipe())
    judged._ask()
    qtbot.waitUntil(lambda: judged._client.pid != 0)
    judged.stop()


def test_what_waits_for_the_paint_is_done_for_the_last_change_and_never_starves(qtbot, qapp):
    told = []
    parent = QObject()
    later = AfterPaint(parent, lambda: told.append("a"), lambda: told.append("b"))
    later.want()
    assert told == []
    later._do_one()
    later.want()  # a change between two parts
    qtbot.waitUntil(lambda: not later._timer.isActive())
    assert told == ["a", "b", "a"]
    later.finish()
    assert told == ["a", "b", "a"]
    later.want()
    later.finish()
    assert told == ["a", "b", "a", "a", "b"]
