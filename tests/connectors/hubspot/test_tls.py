"""TLS is verified, always: by a real server with certificates that are not worth it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import Refused
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.retry import RetryPolicy
from tests.connectors.hubspot.conftest import TOKEN, Scripted, settings_for

Serve = Callable[..., tuple[Scripted, Path]]


def certificate(folder: Path, host: str, days: int) -> Path:
    """A self-signed certificate with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    running: list[tuple[Scripted, threading.Thread]] = []

    def start(host: str = "localhost", days: int = 30) -> tuple[Scripted, Path]:
        pem = certificate(tmp_path, host, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        script = Scripted()
        script.server.handle_error = lambda *a: None  # type: ignore[method-assign]  # clients that hang up
        script.server.socket = context.wrap_socket(script.server.socket, server_side=True)
        thread = threading.Thread(target=script.server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((script, thread))
        return script, pem

    yield start
    for script, thread in running:
        script.server.shutdown()
        thread.join()
        script.server.server_close()


def client(script: Scripted, ca_file: Path | None) -> Client:
    url = script.url.replace("http://127.0.0.1", "https://localhost")
    return Client(settings_for(url, ca_file=ca_file), RetryPolicy(sleep=lambda seconds: None))


@pytest.mark.parametrize(
    ("host", "days", "trusted"),
    [("localhost", 30, False), ("localhost", -1, True), ("api.hubapi.com", 30, True)],
    ids=["self-signed", "expired", "wrong host"],
)
def test_a_certificate_that_is_not_worth_it_gets_no_token(
    serve: Serve, host: str, days: int, trusted: bool
) -> None:
    script, pem = serve(host, days)
    mine = client(script, pem if trusted else None)
    with pytest.raises(Refused, match="certificate is not trusted") as caught:
        mine.read(Route.OWNERS)
    assert caught.value.code == "TLS"
    assert script.seen == []
    assert mine.meter == {"list owners": 1}, "trying again cannot help"
    mine.close()


def test_a_certificate_of_ones_own_can_be_trusted(serve: Serve) -> None:
    script, pem = serve()
    mine = client(script, pem)
    assert mine.read(Route.OWNERS).body == {"results": []}
    mine.close()
