"""The doctor: every check answers, and the 4-bit step notices a lost gradient."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from studio.engine.doctor import card, torch_build, versions
from studio.machine.cards import NO_CARD, NO_DRIVER, Gpu
from studio.machine.devices import MachineReading


def reading(note="", gpus=()):
    return MachineReading(gpus=gpus, ram_total=16 << 30, ram_available=8 << 30, note=note)


@pytest.mark.slow
def test_the_command_tells_every_check_and_whether_all_is_well(tmp_path):
    command = [sys.executable, "-m", "studio", "doctor", "--json", "--workspace", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    report = json.loads(done.stdout)
    levels = {check["name"]: check["level"] for check in report["checks"]}
    assert list(levels) == [
        "versions",
        "card",
        "memory",
        "disk",
        "starter model",
        "network",
        "torch",
        "bitsandbytes",
        "4-bit training",
    ]
    assert levels["4-bit training"] == "good", report
    assert levels["starter model"] == "warn"
    assert levels["network"] == "good"
    assert report["ok"] == ("bad" not in levels.values())
    assert done.returncode == (0 if report["ok"] else 1)
    assert all(check["summary"] for check in report["checks"])
    assert all(check["hint"] for check in report["checks"] if check["level"] != "good")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # of peft 0.21
@pytest.mark.filterwarnings("ignore:bitsandbytes..gemv_4bit:UserWarning")  # the fault itself
def test_a_gradient_that_an_evaluation_loses_is_a_fault():
    import torch

    from studio.engine.trialstep import trial_step

    assert trial_step().fault == ""
    if not torch.cuda.is_available() and torch.cpu.get_capabilities().get("avx512_bf16"):
        assert "evaluation changes the gradient" in trial_step(guarded=False).fault


def test_a_cpu_build_beside_a_card_is_told_with_the_way_out(monkeypatch):
    import torch

    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu = Gpu(index=0, name="NVIDIA Test", total_bytes=8 << 30, free_bytes=7 << 30)
    found = torch_build(reading(gpus=(gpu,)))
    assert found.level == "warn"
    assert "CPU build" in found.summary
    assert "CUDA build" in found.hint
    assert torch_build(reading(NO_DRIVER)).level == "warn"
    assert torch_build(reading(NO_CARD)).level == "good"


def test_a_card_without_a_driver_is_told():
    found = card(reading(NO_DRIVER))
    assert found.level == "warn"
    assert "its driver is not installed" in found.summary


def test_an_old_package_is_told(monkeypatch):
    from studio.engine import doctor

    monkeypatch.setitem(doctor.FLOORS, "peft", (99, 0))
    monkeypatch.setitem(doctor.FLOORS, "no-such-package", (1,))
    found = versions()
    assert found.level == "bad"
    assert "is older than 99.0" in found.summary
    assert "no-such-package is missing" in found.summary
