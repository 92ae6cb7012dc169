"""The core under a CRM made of one object, so that nothing here depends on a real vendor's habits."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from connectors.sandbox import Crm, SandboxBroken, SandboxRefused, Seed, attach, running
from connectors.sandbox.core import Answer, Core, fault_of
from connectors.sandbox.csvload import rows
from connectors.sandbox.ledger import By
from connectors.sandbox.settings import Setting
from connectors.sandbox.tables import Column, Table


class Notebook:
    """A CRM with one object, Note: GET and PUT /notes/{id}, and a route that crashes."""

    def __init__(self, core: Core) -> None:
        self.core = core
        columns = (
            Column("Id"),
            Column("Text"),
            Column("Score", "integer", indexed=True),
            Column("Done", "boolean"),
        )
        core.state.declare(Table("Note", columns))
        core.settings.declare([Setting("page_size", 100, "rows a page", least=1, most=100)])
        self.sessions = 0
        self.app = Starlette(
            routes=[
                Route("/notes/{id}", self.get, methods=["GET"]),
                Route("/notes/{id}", self.put, methods=["PUT"]),
                Route("/crash", self.crash),
            ]
        )

    async def get(self, request: Request) -> JSONResponse:
        row = self.core.state.read("Note", request.path_params["id"])
        short = fault_of(request, "short_page") is not None
        return JSONResponse({"note": row, "short": short}, 200 if row else 404)

    async def put(self, request: Request) -> JSONResponse:
        values = await request.json()
        self.core.state.update("Note", request.path_params["id"], values, self.core.by(request, "api"))
        return JSONResponse({"saved": True, "padding": "x" * 500})

    async def crash(self, request: Request) -> JSONResponse:
        raise RuntimeError("a bug of the sandbox")

    def credentials(self) -> dict[str, str]:
        return {"sessions": str(self.sessions)}

    def answer(self, kind: str, details: Mapping[str, Any]) -> Answer:
        status = {"rate_limit": 429, "unavailable": 503, "quota": 403}.get(kind, 500)
        return Answer(status, {"error": kind}, {"X-Vendor": "notebook"})

    def expire_sessions(self) -> None:
        self.sessions += 1

    def edit(self, object: str, id: str, values: Mapping[str, Any], actor: str) -> None:
        self.core.state.update(object, id, values, By(actor, self.core.clock.now()))

    def seed(self, seed: Seed) -> None:
        notes = ((f"n{i}", f"note {i}", i, 0) for i in range(seed.accounts))
        self.core.state.load("Note", ("Id", "Text", "Score", "Done"), notes)

    def load_csv(self, object: str, path: Path) -> int:
        table = self.core.state.table(object)
        found = list(rows(table, path))
        return self.core.state.load(object, list(found[0]), [tuple(row.values()) for row in found])

    def add_field(self, object: str, name: str, type: str) -> None:
        self.core.state.add_column(object, Column(name, type))  # type: ignore[arg-type]

    def records(self, object: str) -> Sequence[Mapping[str, Any]]:
        state = self.core.state
        return [
            state.plain(object, state.read(object, id) or {}) for (id,) in state.rows("SELECT Id FROM Note")
        ]


@pytest.fixture
def crm() -> Iterator[Crm]:
    with running(Notebook, seed=Seed(accounts=5)) as running_crm:
        yield running_crm


@pytest.fixture
def http_pool() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager(retries=False, timeout=10)
    yield pool
    pool.clear()


def put(pool: urllib3.PoolManager, crm: Crm, id: str, **values: Any) -> urllib3.BaseHTTPResponse:
    return pool.request("PUT", f"{crm.url}/notes/{id}", body=json.dumps(values))


def text_of(crm: Crm, id: str) -> str:
    return str(next(note["Text"] for note in crm.records("Note") if note["Id"] == id))


def test_every_field_of_an_accepted_write_is_history_even_when_it_changes_nothing(
    crm: Crm, http_pool: urllib3.PoolManager
) -> None:
    put(http_pool, crm, "n1", Text="new", Score=1)
    first, second = crm.history("Note", "n1")
    assert (first["field"], first["old"], first["new"], first["actor"]) == ("Text", "note 1", "new", "api")
    assert (second["field"], second["old"], second["new"]) == ("Score", 1, 1)
    assert first["request_id"] == second["request_id"] != ""
    assert crm.history("Note", "n2") == []


def test_a_dropped_request_is_not_carried_out_and_gets_no_byte_of_an_answer(crm: Crm) -> None:
    crm.fault("drop", method="PUT")
    connection = http.client.HTTPConnection(crm.url.removeprefix("http://"), timeout=5)
    connection.request("PUT", "/notes/n1", body='{"Text": "lost"}')
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        connection.getresponse()
    connection.close()
    assert text_of(crm, "n1") == "note 1"


@pytest.mark.parametrize(("kind", "carried_out"), [("torn", False), ("applied_torn", True)])
def test_a_torn_answer_ends_before_its_content_length(
    crm: Crm, http_pool: urllib3.PoolManager, kind: str, carried_out: bool
) -> None:
    crm.fault(kind, path="/notes/n1")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        put(http_pool, crm, "n1", Text="torn")
    assert (text_of(crm, "n1") == "torn") is carried_out


def test_an_answer_can_be_lost_whole_after_the_request_was_carried_out(
    crm: Crm, http_pool: urllib3.PoolManager
) -> None:
    crm.fault("applied_torn", how="closed")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        put(http_pool, crm, "n1", Text="kept")
    assert text_of(crm, "n1") == "kept"


def test_a_fault_lets_some_through_strikes_its_number_and_is_spent(
    crm: Crm, http_pool: urllib3.PoolManager
) -> None:
    crm.fault("unavailable", method="GET", path="/notes/", after=1, times=2)
    found = [http_pool.request("GET", f"{crm.url}/notes/n1").status for _ in range(5)]
    assert found == [200, 503, 503, 200, 200]
    [fault] = crm.faults()
    assert (fault["seen"], fault["struck"]) == (5, 2)


def test_a_fault_brings_its_own_status_body_and_headers(crm: Crm, http_pool: urllib3.PoolManager) -> None:
    crm.fault("status", status=418, body={"a": 1}, headers={"Retry-After": "7"})
    answer = http_pool.request("GET", f"{crm.url}/notes/n1")
    assert (answer.status, answer.json(), answer.headers["retry-after"]) == (418, {"a": 1}, "7")
    assert answer.headers["x-vendor"] == "notebook"


def test_a_person_can_edit_a_record_just_before_a_request_is_looked_at(
    crm: Crm, http_pool: urllib3.PoolManager
) -> None:
    crm.fault("human_edit", method="GET", object="Note", id="n1", values={"Text": "theirs"})
    answer = http_pool.request("GET", f"{crm.url}/notes/n1")
    assert answer.json()["note"]["Text"] == "theirs"
    assert crm.history("Note", "n1")[0]["actor"] == "human"


def test_latency_delays_one_request_and_no_other(crm: Crm) -> None:
    crm.fault("latency", path="/notes/n1", seconds=0.6)
    ended: dict[str, float] = {}

    def fetch(id: str) -> None:
        with urllib3.PoolManager() as pool:
            pool.request("GET", f"{crm.url}/notes/{id}")
        ended[id] = time.monotonic()

    begun = time.monotonic()
    threads = [threading.Thread(target=fetch, args=(id,)) for id in ("n1", "n2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended["n1"] - begun >= 0.6 > ended["n2"] - begun


def test_other_faults_reach_the_vendor(crm: Crm, http_pool: urllib3.PoolManager) -> None:
    crm.fault("short_page")
    crm.fault("expire_session")
    assert http_pool.request("GET", f"{crm.url}/notes/n1").json()["short"] is True
    assert crm.credentials == {"sessions": "1"}
    crm.fault("html")
    page = http_pool.request("GET", f"{crm.url}/notes/n1")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")


def test_a_wrong_fault_setting_or_edit_is_refused_with_what_is_known(crm: Crm) -> None:
    with pytest.raises(SandboxRefused, match=r"unknown fault 'dorp'; known: .*drop"):
        crm.fault("dorp")
    with pytest.raises(SandboxRefused, match="latency needs seconds"):
        crm.fault("latency")
    with pytest.raises(SandboxRefused, match="did you mean 'page_size'"):
        crm.settings(pagesize=3)
    with pytest.raises(SandboxRefused, match="at most 100"):
        crm.settings(page_size=101)
    with pytest.raises(SandboxRefused, match="holds no record 'n99'"):
        crm.edit("Note", "n99", {"Text": "x"})
    assert crm.settings(page_size=7)["page_size"] == 7


def test_requests_are_counted_by_route_not_by_path(crm: Crm, http_pool: urllib3.PoolManager) -> None:
    for id in ("n1", "n2"):
        http_pool.request("GET", f"{crm.url}/notes/{id}")
    crm.fault("unavailable")
    put(http_pool, crm, "n1", Text="x")
    http_pool.request("GET", f"{crm.url}/elsewhere")
    assert crm.calls() == {"GET /notes/{id}": 2, "PUT /notes/{id}": 1, "GET /elsewhere": 1}
    crm.forget_calls()
    assert crm.calls() == {}


def test_a_file_keeps_records_history_and_the_clock_across_a_restart(
    tmp_path: Path, http_pool: urllib3.PoolManager
) -> None:
    path = tmp_path / "crm.sqlite"
    with running(Notebook, seed=Seed(accounts=3), state=path) as crm:
        put(http_pool, crm, "n1", Text="kept")
        crm.advance(86_400)
        before, then = crm.history(), crm.now()
    with running(Notebook, seed=Seed(accounts=99), state=path) as crm:
        assert crm.history() == before != []
        assert len(crm.records("Note")) == 3
        assert text_of(crm, "n1") == "kept"
        assert crm.now() >= then


def test_a_hand_can_be_laid_on_a_sandbox_from_outside(crm: Crm) -> None:
    with attach(crm.url) as other:
        assert len(other.records("Note")) == 5


def test_a_crash_of_the_sandbox_itself_is_never_mistaken_for_the_crm() -> None:
    with (
        pytest.raises(SandboxBroken, match="a bug of the sandbox"),
        running(Notebook) as crm,
        urllib3.PoolManager() as pool,
    ):
        assert pool.request("GET", f"{crm.url}/crash", retries=False).status == 500


def test_fields_are_added_and_csv_files_loaded_into_a_new_store(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("﻿ID,TEXT,Done,Extra\na1,Zürich,true,\na2,,false,7\n", encoding="utf-8")
    with running(Notebook, csv=[("Note", file)], fields=[("Note", "Extra", "integer")]) as crm:
        assert crm.records("Note") == [
            {"Id": "a1", "Text": "Zürich", "Score": None, "Done": True, "Extra": None},
            {"Id": "a2", "Text": None, "Score": None, "Done": False, "Extra": 7},
        ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("Id,Textt\n", r"notes.csv:1: Note has no field 'Textt'; the nearest is 'Text'"),
        ("Id,Score\na,ten\n", r"notes.csv:2: Score takes integer, not 'ten'"),
        ("Id,Done\na,perhaps\n", r"notes.csv:2: Done takes boolean, not 'perhaps'"),
        ("Id,Text\na\n", r"notes.csv:2: 1 cells under 2 columns"),
        ("", r"notes.csv: the file is empty"),
    ],
)
def test_a_wrong_csv_is_refused_with_line_field_and_value(
    tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "notes.csv"
    file.write_text(content)
    with pytest.raises(ValueError, match=complaint), running(Notebook, csv=[("Note", file)]):
        pass


def test_a_client_that_hangs_up_does_no_harm(crm: Crm) -> None:
    host, port = crm.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"PUT /notes/n1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert text_of(crm, "n1") == "note 1"


def test_every_answer_tells_the_crms_own_time(crm: Crm, http_pool: urllib3.PoolManager) -> None:
    """A client that fixes the moment of its reading by Date gets the clock that stamps the records."""
    crm.advance(86_400)
    answer = put(http_pool, crm, str(crm.records("Note")[0]["Id"]), Text="x")
    told = parsedate_to_datetime(answer.headers["date"])
    assert answer.headers.getlist("date") == [answer.headers["date"]]
    assert abs((told - datetime.fromisoformat(crm.now())).total_seconds()) < 3
