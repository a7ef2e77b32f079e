"""The user's token for the Hub: in the system's keyring, or for this session where there is none."""

from __future__ import annotations

from typing import Any

SERVICE = "graft-studio"
NAME = "huggingface"
SESSION_ONLY = "This system has no keyring that can be used: the token is kept until you close."
KEPT = "The token is in the system's keyring."
NONE = "There is no token. Only models that ask for your consent need one."


def _ring() -> Any:
    import keyring  # with what it brings it takes time that no start of the window should wait for

    return keyring


class TokenStore:
    """Holds one token; it is never written to a file, a log or a command line.

    Calls into the keyring may wait for the user to unlock it.
    """

    def __init__(self) -> None:
        self._session = ""
        self._failed = False

    def read(self) -> str:
        """Return the token; empty if there is none."""
        if self._session:
            return self._session
        keyring = _ring()
        try:
            return keyring.get_password(SERVICE, NAME) or ""
        except (keyring.errors.KeyringError, RuntimeError, OSError):
            return ""  # told by where(): nothing is kept there either

    def keep(self, token: str) -> bool:
        """Keep another token; return whether the keyring took it, else it is for this session."""
        token, keyring = token.strip(), _ring()
        try:
            keyring.set_password(SERVICE, NAME, token)
        except (keyring.errors.KeyringError, RuntimeError, OSError):
            self._session, self._failed = token, True
            return False
        self._session, self._failed = "", False
        return True

    def clear(self) -> None:
        """Forget the token, here and in the keyring."""
        self._session, keyring = "", _ring()
        try:
            if keyring.get_password(SERVICE, NAME) is not None:
                keyring.delete_password(SERVICE, NAME)
        except (keyring.errors.KeyringError, RuntimeError, OSError):
            return  # a keyring that cannot be used holds nothing of ours

    def where(self) -> str:
        """Return a sentence that says whether there is a token and where it is kept."""
        if self._session:
            return SESSION_ONLY
        return KEPT if self.read() else NONE
