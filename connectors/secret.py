"""Credentials by reference: the config says where a secret is, never what it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, model_validator

from connectors.errors import AuthFailed

PEM = "-----BEGIN"
"""How the only secrets of several lines begin."""


class SecretRef(BaseModel):
    """Where a secret is found: exactly one of an environment variable or a keyring entry.

    `env: NAME` reads the variable NAME or, where that is unset, the file named by NAME_FILE (as container
    platforms mount them). `keyring: service/user` asks the system's keyring.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    keyring: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> SecretRef:
        if (self.env is None) == (self.keyring is None):
            raise ValueError("say exactly one of env: NAME and keyring: service/user")
        if self.keyring is not None and "/" not in self.keyring:
            raise ValueError("keyring is written service/user")
        return self

    def reveal(self) -> SecretStr:
        """The secret; AuthFailed says which variable, file or keyring entry is missing or empty."""
        secret = self._from_keyring() if self.keyring else self._from_environment(self.env or "")
        if not secret:
            raise AuthFailed(f"the secret {self} is empty")
        if not secret.isprintable() and not secret.startswith(PEM):
            raise AuthFailed(
                f"the secret {self} has a line break or another control character in it; "
                "set it to the one line that the CRM showed"
            )
        return SecretStr(secret)

    def _from_environment(self, name: str) -> str:
        if name in os.environ:
            return os.environ[name].strip()
        path = os.environ.get(f"{name}_FILE")
        if path is None:
            raise AuthFailed(
                f"set the environment variable {name}, or {name}_FILE to the path of a file that holds it"
            )
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise AuthFailed(f"{name}_FILE names a file that cannot be read: {error.strerror}") from error

    def _from_keyring(self) -> str:
        import keyring  # lazy: it looks for backends, and most runs take secrets from the environment

        service, _, user = (self.keyring or "").partition("/")
        try:
            found = keyring.get_password(service, user)
        except keyring.errors.KeyringError as error:
            raise AuthFailed(
                f"the keyring entry {self.keyring} cannot be read: {type(error).__name__}"
            ) from error
        if found is None:
            raise AuthFailed(f"the keyring has no entry {self.keyring}")
        return found.strip()

    def __str__(self) -> str:
        return f"env {self.env}" if self.env else f"keyring {self.keyring}"


def _refuse_plain(value: Any) -> Any:
    if isinstance(value, str):
        # The value itself must not be repeated: it may well be the secret.
        raise ValueError(
            "a secret does not stand in the config; write {env: NAME} or {keyring: service/user}"
        )
    return value


Secret = Annotated[SecretRef, BeforeValidator(_refuse_plain)]
"""A config field that takes only a reference to a secret."""
