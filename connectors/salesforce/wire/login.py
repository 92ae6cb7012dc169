"""From credentials to a logged-in simple-salesforce client, again whenever the session has expired."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from connectors.errors import AuthFailed, Unavailable
from connectors.salesforce.config import SalesforceSettings
from connectors.secret import SecretRef

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce


MOST_TRIES = 2
"""Logins in a row without any answer that accepts them."""


@dataclass(slots=True)
class Logins:
    """The one login of a connector, shared by all its clients: whoever finds it ended makes the next one."""

    current: Salesforce | None = None
    tries: int = 0
    """Logins since the last answer that accepted a session, that one's included."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def accepted(self, client: Salesforce) -> None:
        """A call was let in: when this session ends one day, another login is worth a try."""
        if client is self.current:
            self.tries = 1

    def is_refused(self, client: Salesforce | None) -> bool:
        """Whether this session is the second one in a row that lets nobody in, whoever of the clients tried."""
        with self.lock:  # another client may be about to replace this session
            return client is self.current and self.tries >= MOST_TRIES


def log_in(settings: SalesforceSettings, session: requests.Session) -> Salesforce:
    """A client with a new session id. AuthFailed says what Salesforce did not accept; Unavailable may pass."""
    from simple_salesforce.api import Salesforce  # lazy: 0.7 s, for zeep

    host = urlsplit(settings.instance_url).netloc
    if settings.login.method == "session":
        token = _reveal(settings.login.session_id)
    else:
        token, host = _token(settings, session)
        try:
            settings.refuse_foreign(("http://" if settings.local else "https://") + host)
        except ValueError as error:
            raise AuthFailed(f"the login names an instance that is not Salesforce's: {error}") from error
    return Salesforce(
        session_id=token,
        instance_url=f"https://{host}",
        version=settings.api_version,
        session=session,
        domain="test" if settings.test_org else "login",
    )


def _token(settings: SalesforceSettings, session: requests.Session) -> tuple[str, str]:
    from jwt.exceptions import PyJWTError  # what simple-salesforce signs with
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed
    from simple_salesforce.login import SalesforceLogin

    login = settings.login
    my_domain = (urlsplit(settings.instance_url).hostname or "").removesuffix(".salesforce.com")
    audience = "test" if settings.test_org else "login"
    given: dict[str, Any] = {"consumer_key": _reveal(login.client_id)}
    if login.method == "jwt":
        given |= {"username": login.username, "privatekey": _reveal(login.private_key)}
        given |= {"domain": audience, "instance_url": my_domain}
    else:
        given |= {"consumer_secret": _reveal(login.client_secret), "domain": my_domain}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it advises of an approval page, which our message does too
            token, host = SalesforceLogin(session=session, sf_version=settings.api_version, **given)
    except SalesforceAuthenticationFailed as error:
        raise _login_error(error.code, str(error.message)) from None
    except requests.RequestException as error:
        raise Unavailable(f"the login server could not be reached: {type(error).__name__}") from None
    except AttributeError as error:
        raise Unavailable(
            "the login server's answer is none to a login; it may be down, see https://status.salesforce.com"
        ) from error
    except (ValueError, TypeError, PyJWTError) as error:
        raise AuthFailed(
            f"the private key cannot sign ({type(error).__name__}): is it the whole PEM?"
        ) from None
    if not token:
        raise Unavailable("the login server gave an answer without a token")
    return str(token), str(host)


def _login_error(code: object, message: str) -> Exception:
    if code is None or (isinstance(code, int) and (code >= 500 or code == 200)):
        return Unavailable(f"the login server failed ({code})")
    if isinstance(code, int):
        return AuthFailed(f"the login was answered with status {code}")
    hint = _HINTS.get(str(code), "")
    # seen 2026-03, 1.12.10: the package forgets to fill this in
    message = message.removesuffix(" Response content: {content}")
    return AuthFailed(f"Salesforce refuses the login: {code}, {message[:200]}{hint}")


_HINTS = {
    "invalid_client_id": "; check client_id, the consumer key of the connected app",
    "invalid_client": "; check client_secret",
    "invalid_grant": "; check the username, that the app is approved for it, and the certificate",
}


def _reveal(secret: SecretRef | None) -> str:
    assert secret is not None, "the settings demand what their login method needs"
    revealed: SecretStr = secret.reveal()
    return revealed.get_secret_value()
