"""TLS is verified for every service of Salesforce, SOAP and metadata as REST: by a real server with bad certificates."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import ConnectorError
from connectors.retry import RetryPolicy
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.preparing.metadata import Metadata
from connectors.salesforce.wire import client as wire
from connectors.salesforce.wire.client import Client

ANSWER = b"""<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns="http://soap.sforce.com/2006/04/metadata"><e:Body><readMetadataResponse><result/></readMetadataResponse>
</e:Body></e:Envelope>"""
CALLS: dict[str, Callable[[Client], object]] = {
    "rest": lambda client: client.read("limits", "limits"),
    "metadata": lambda client: Metadata(client, "62.0").read("ListView", ["Account.Any"]),
}


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


class Serving:
    """A server that keeps what it was sent."""

    def __init__(self, pem: Path) -> None:
        self.seen: list[str] = []
        outer = self

        class Keeping(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(ANSWER)

            def do_GET(self) -> None:
                self._answer(b"{}")

            def _answer(self, body: bytes) -> None:
                outer.seen.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: what was seen is kept."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Keeping)
        self.server.handle_error = lambda *a: None  # type: ignore[method-assign]  # clients that hang up
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str, int], tuple[Serving, Path]]]:
    running: list[Serving] = []

    def start(host: str, days: int) -> tuple[Serving, Path]:
        pem = certificate(tmp_path, host, days)
        running.append(Serving(pem))
        return running[-1], pem

    yield start
    for one in running:
        one.close()


def client(serving: Serving, bundle: Path | None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client of Salesforce's own, whose login leads to the local server."""
    monkeypatch.setenv("TEST_SF_SESSION", "00D!secret")
    settings = SalesforceSettings.model_validate(
        {
            "org_id": "00D000000000062EAA",
            "instance_url": "https://acme.my.salesforce.com",
            "login": {"method": "session", "session_id": {"env": "TEST_SF_SESSION"}},
            "ca_bundle": bundle,
        }
    )
    made = Client(settings, RetryPolicy(tries=1, sleep=lambda seconds: None))
    real = wire.log_in

    def here(settings: SalesforceSettings, session: object) -> object:
        logged = real(settings, session)  # type: ignore[arg-type]
        logged.sf_instance = f"localhost:{serving.port}"
        logged.base_url = f"https://localhost:{serving.port}/services/data/v62.0/"
        return logged

    monkeypatch.setattr(wire, "log_in", here)
    return made


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("host", "days", "trusted"),
    [("localhost", 30, False), ("localhost", -1, True), ("acme.my.salesforce.com", 30, True)],
    ids=["self-signed", "expired", "wrong host"],
)
def test_a_certificate_that_is_not_worth_it_gets_no_session_id(
    serve: Callable[[str, int], tuple[Serving, Path]],
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    host: str,
    days: int,
    trusted: bool,
) -> None:
    serving, pem = serve(host, days)
    mine = client(serving, pem if trusted else None, monkeypatch)
    with pytest.raises(ConnectorError) as refused:
        CALLS[call](mine)
    assert "secret" not in str(refused.value)
    assert serving.seen == []
    mine.close()


@pytest.mark.parametrize("call", CALLS)
def test_a_certificate_of_ones_own_can_be_trusted(
    serve: Callable[[str, int], tuple[Serving, Path]], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    serving, pem = serve("localhost", 30)
    mine = client(serving, pem, monkeypatch)
    CALLS[call](mine)
    assert len(serving.seen) == 1
    mine.close()
