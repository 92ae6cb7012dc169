"""A secret is named in the config and never stands there."""

from __future__ import annotations

from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from pydantic import BaseModel, ValidationError

from connectors.errors import AuthFailed
from connectors.secret import Secret, SecretRef

CANARY = "canary-5f3a"


class Config(BaseModel):
    token: Secret


class Ring(keyring.backend.KeyringBackend):
    """A keyring of one entry, which may be locked."""

    priority = 1  # type: ignore[assignment]
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked(CANARY)
        return CANARY if (service, username) == ("territory", "sf") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    ring = Ring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", ring)
    return ring


def test_a_secret_is_read_from_the_variable_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_TOKEN", f" {CANARY}\n")
    secret = Config.model_validate({"token": {"env": "SF_TOKEN"}}).token.reveal()
    assert secret.get_secret_value() == CANARY
    assert CANARY not in repr(secret) + str(secret)


def test_a_secret_is_read_from_the_file_that_a_container_mounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(CANARY + "\n")
    monkeypatch.delenv("SF_TOKEN", raising=False)
    monkeypatch.setenv("SF_TOKEN_FILE", str(tmp_path / "token"))
    assert SecretRef(env="SF_TOKEN").reveal().get_secret_value() == CANARY


def test_a_missing_secret_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SF_TOKEN", raising=False)
    monkeypatch.delenv("SF_TOKEN_FILE", raising=False)
    with pytest.raises(AuthFailed, match="SF_TOKEN, or SF_TOKEN_FILE"):
        SecretRef(env="SF_TOKEN").reveal()
    monkeypatch.setenv("SF_TOKEN_FILE", str(tmp_path / "absent"))
    with pytest.raises(AuthFailed, match="SF_TOKEN_FILE names a file that cannot be read"):
        SecretRef(env="SF_TOKEN").reveal()
    monkeypatch.setenv("SF_TOKEN", "  ")
    with pytest.raises(AuthFailed, match="empty"):
        SecretRef(env="SF_TOKEN").reveal()


def test_a_secret_is_read_from_the_keyring(ring: Ring) -> None:
    assert SecretRef(keyring="territory/sf").reveal().get_secret_value() == CANARY
    with pytest.raises(AuthFailed, match="no entry territory/other"):
        SecretRef(keyring="territory/other").reveal()
    ring.locked = True
    with pytest.raises(AuthFailed, match="KeyringLocked") as caught:
        SecretRef(keyring="territory/sf").reveal()
    assert CANARY not in str(caught.value)


def test_a_secret_in_the_config_itself_is_refused_without_repeating_our_own_words_for_it() -> None:
    with pytest.raises(ValidationError, match="does not stand in the config") as caught:
        Config.model_validate({"token": CANARY})
    assert all(CANARY not in error["msg"] for error in caught.value.errors(include_input=False))


@pytest.mark.parametrize("given", [{}, {"env": "A", "keyring": "b/c"}, {"keyring": "no-user"}, {"file": "x"}])
def test_exactly_one_place_is_named(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({"token": given})


def test_a_secret_of_two_lines_is_refused_unrepeated_and_a_private_key_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = SecretRef(env="TERRITORY_TEST_SECRET")
    monkeypatch.setenv("TERRITORY_TEST_SECRET", f"{CANARY}\nsecond")
    with pytest.raises(AuthFailed, match="env TERRITORY_TEST_SECRET has a line break") as caught:
        secret.reveal()
    assert CANARY not in str(caught.value)
    key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    monkeypatch.setenv("TERRITORY_TEST_SECRET", key + "\n")
    assert secret.reveal().get_secret_value() == key
