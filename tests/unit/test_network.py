"""Never is never: neither window nor terminal fetches while the settings forbid it."""

from __future__ import annotations

import pytest

from studio.cli import run_command
from studio.core.problems import FetchError
from studio.machine import network
from studio.machine.network import check_network, network_refusal
from studio.machine.places import settings_file


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Give what writes the user's settings, in a home of their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return lambda text: settings_file().write_text(text)


def test_without_a_word_the_network_may_be_used(settings):
    assert network_refusal() == ("", "")
    settings("offline = false\n")
    check_network()
    settings("not = [toml")
    check_network()


def test_the_setting_forbids_everything_and_the_environment_the_hub(settings, monkeypatch):
    settings("offline = true\n")
    for hub in (True, False):
        with pytest.raises(FetchError, match="switched off in Settings"):
            check_network(hub=hub)
    settings("")
    monkeypatch.setenv("HF_HUB_OFFLINE", "on")
    assert network_refusal()[0] == network.BY_ENVIRONMENT
    assert network_refusal(hub=False) == ("", "")


@pytest.mark.parametrize(
    "command",
    [
        ["models", "fetch", "starter"],
        ["models", "fetch", "owner/name"],
        ["data", "import", "hub:owner/name"],
    ],
)
def test_the_terminal_obeys_the_setting(settings, tmp_path, monkeypatch, capsys, command):
    def never(*_args, **_named):
        raise AssertionError("a process was started")

    monkeypatch.setattr("studio.machine.enginecommand.subprocess.Popen", never)
    monkeypatch.setenv("GRAFT_WORKSPACE", str(tmp_path / "workspace"))
    settings("offline = true\n")
    assert run_command(command) == 1
    assert "switched off in Settings" in capsys.readouterr().err
