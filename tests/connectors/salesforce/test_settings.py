"""What a config may say of an org: no secrets, no foreign hosts, no unverified TLS."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from connectors.errors import AuthFailed
from connectors.retry import RetryPolicy
from connectors.salesforce import SalesforceSettings, plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.wire.transport import open_session

GIVEN: dict[str, Any] = {
    "org_id": "00D000000000001",
    "instance_url": "https://acme.my.salesforce.com",
    "login": {"method": "session", "session_id": {"env": "TEST_SF_SESSION"}},
}


def settings(**changes: Any) -> SalesforceSettings:
    return SalesforceSettings.model_validate({**GIVEN, **changes})


def test_the_org_is_compared_in_18_characters() -> None:
    assert settings().expected_id == "00D000000000001EAA"
    assert settings(org_id="00D000000000001EAA").expected_id == "00D000000000001EAA"


@pytest.mark.parametrize(
    "id", ["", "00D00000000000", "001000000000001", "00D000000000001AAA", "00D00000000000-"]
)
def test_what_is_no_org_id_is_refused(id: str) -> None:
    with pytest.raises(ValidationError, match="is no org id"):
        settings(org_id=id)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com",
        "https://acme--dev.sandbox.my.salesforce.com",
        "https://acme.lightning.force.com",
    ],
)
def test_hosts_of_salesforce_are_accepted(url: str) -> None:
    assert settings(instance_url=url).instance_url == url


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://acme.my.salesforce.com", False),
        ("https://acme.my.salesforce.com.evil.example", False),
        ("https://evilsalesforce.com", False),
        ("https://salesforce.com@evil.example", False),
        ("https://user:secret@acme.my.salesforce.com", False),
        ("https://acme.my.salesforce.com:8443", False),
        ("http://127.0.0.1:8000", False),
        ("https://acme.my.salesforce.com", True),
        ("http://10.0.0.8:8000", True),
        ("http://127.0.0.1.evil.example", True),
    ],
)
def test_any_other_host_is_refused(url: str, local: bool) -> None:
    with pytest.raises(ValidationError, match=r"is no https|goes only with|no credentials"):
        settings(instance_url=url, local=local)


@pytest.mark.parametrize(
    ("login", "missing"),
    [
        ({"method": "jwt"}, "username, client_id, private_key"),
        ({"method": "client_credentials", "client_id": {"env": "A"}}, "client_secret"),
        ({"method": "session"}, "session_id"),
    ],
)
def test_a_login_names_all_that_it_needs(login: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValidationError, match=f"also needs {missing}"):
        settings(login=login)


def test_a_private_key_that_is_none_is_told_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SF_KEY", "canary-not-a-pem")
    monkeypatch.setenv("TEST_SF_CLIENT", "app")
    login = {"method": "jwt", "username": "a@b.example"}
    login |= {"client_id": {"env": "TEST_SF_CLIENT"}, "private_key": {"env": "TEST_SF_KEY"}}  # type: ignore[dict-item]
    connector = SalesforceConnector(settings(login=login), plugin.default_fields(), RetryPolicy())
    with pytest.raises(AuthFailed, match="is it the whole PEM") as caught:
        connector.identity()
    assert "canary" not in str(caught.value) + repr(caught.value.__cause__)
    connector.close()


class TlsServer:
    """Answers 200 over TLS with a certificate that no authority we know has signed."""

    def __init__(self, folder: Path, host: str, days: int) -> None:
        key, self.certificate = _certificate(host, days)
        (folder / "key.pem").write_bytes(key)
        (folder / "cert.pem").write_bytes(self.certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.server = HTTPServer(("127.0.0.1", 0), _Answering)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{self.server.server_port}/"


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _certificate(host: str, days: int) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    servers: list[TlsServer] = []

    def start(host: str = "localhost", days: int = 10) -> TlsServer:
        servers.append(TlsServer(tmp_path, host, days))
        return servers[-1]

    yield start
    for server in servers:
        server.server.shutdown()
        server.server.server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Any) -> None:
    with (
        open_session(settings()) as session,
        pytest.raises(requests.exceptions.SSLError, match="self-signed"),
    ):
        session.get(serve().url)


def test_an_own_authority_is_accepted_once_it_is_named(serve: Any, tmp_path: Path) -> None:
    server = serve()
    with open_session(settings(ca_bundle=tmp_path / "cert.pem")) as session:
        assert session.get(server.url).status_code == 200


@pytest.mark.parametrize(
    ("host", "days", "said"),
    [("elsewhere.example", 10, "doesn't match|not valid for"), ("localhost", -1, "expired")],
)
def test_a_wrong_or_expired_certificate_is_refused_even_then(
    serve: Any, tmp_path: Path, host: str, days: int, said: str
) -> None:
    server = serve(host, days)
    with (
        open_session(settings(ca_bundle=tmp_path / "cert.pem")) as session,
        pytest.raises(requests.exceptions.SSLError, match=said),
    ):
        session.get(server.url)


def test_nobody_can_turn_verification_off(serve: Any) -> None:
    with (
        open_session(settings()) as session,
        pytest.raises(requests.exceptions.SSLError, match="self-signed"),
    ):
        session.get(serve().url, verify=False)


def test_the_session_knows_no_plain_http_and_no_netrc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login me password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with open_session(settings()) as session:
        with pytest.raises(requests.exceptions.InvalidSchema):
            session.get("http://localhost/")
        prepared = session.prepare_request(requests.Request("GET", "https://localhost/"))
        assert "Authorization" not in prepared.headers


@pytest.mark.parametrize("name", ["reconcile_days", "bulk_deadline", "bulk_write_wait", "read_timeout"])
def test_no_span_of_time_is_longer_than_a_clock_can_tell(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name}\n.*less than or equal"):
        settings(**{name: 99_999_999_999})
