"""The token is in the keyring or in this session, and nowhere else."""

from __future__ import annotations

import keyring
import pytest

from studio.machine.enginecommand import TOKEN, engine_environment
from studio.machine.secrets import KEPT, NAME, NONE, SERVICE, SESSION_ONLY, TokenStore
from tests.helpers.memorykeyring import LockedKeyring, MemoryKeyring

CANARY = "hf_canary"


@pytest.fixture(autouse=True)
def own_keyring():
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield
    keyring.set_keyring(before)


def test_a_token_is_kept_in_the_keyring_until_it_is_cleared():
    store = TokenStore()
    assert store.where() == NONE
    assert store.keep(f" {CANARY}\n")
    assert keyring.get_password(SERVICE, NAME) == CANARY
    assert (TokenStore().read(), TokenStore().where()) == (CANARY, KEPT)
    store.clear()
    assert keyring.get_password(SERVICE, NAME) is None
    assert (store.read(), store.where()) == ("", NONE)
    store.clear()


def test_without_a_keyring_it_is_for_this_session_and_that_is_said():
    keyring.set_keyring(LockedKeyring())
    store = TokenStore()
    assert store.read() == ""
    assert not store.keep(CANARY)
    assert (store.read(), store.where()) == (CANARY, SESSION_ONLY)
    assert TokenStore().read() == ""
    store.clear()
    assert (store.read(), store.where()) == ("", NONE)


def test_only_processes_with_the_network_see_a_token(monkeypatch):
    monkeypatch.setenv(TOKEN, CANARY)
    assert engine_environment(network=True)[TOKEN] == CANARY
    assert engine_environment(network=True, token="hf_other")[TOKEN] == "hf_other"
    assert CANARY not in engine_environment().values()
