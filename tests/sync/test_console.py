"""The console shows, escapes, and answers this machine only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import uvicorn

from sync.console.app import console
from tests.sync.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def url(world: World) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(console(world.session()), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        pass
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_it_shows_the_status_and_the_latest_plan(world: World, url: str) -> None:
    plan = world.plan()
    home = requests.get(url, timeout=10)
    assert home.status_code == 200 and plan.short in home.text
    page = requests.get(f"{url}/plans/{plan.short}", timeout=10)
    assert (page.status_code == 200 and "Owner changes" in page.text) or "owner changes" in page.text


def test_names_from_the_crm_are_inert(world: World, url: str) -> None:
    world.crm.accounts["A00"]["name"] = "<script>alert(1)</script>\u202e"
    plan = world.plan()
    page = requests.get(f"{url}/plans/{plan.short}", timeout=10).text
    assert "<script" not in page and "&lt;script&gt;" in page and "\u202e" not in page


def test_another_host_name_is_refused(url: str) -> None:
    assert requests.get(url, headers={"Host": "evil.example"}, timeout=10).status_code == 400


def test_nothing_can_be_posted(url: str) -> None:
    assert requests.post(url, timeout=10).status_code == 405


def test_every_answer_forbids_scripts_and_frames(url: str) -> None:
    policy = requests.get(url, timeout=10).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


def test_an_unknown_plan_is_not_found(url: str) -> None:
    answer = requests.get(f"{url}/plans/nothing", timeout=10)
    assert answer.status_code == 404 and "no plan" in answer.text


def test_a_damaged_state_folder_is_said_and_stays_said(world: World, url: str) -> None:
    world.plan()
    pointer = world.session().snapshots / "latest.json"
    pointer.write_text("{}")
    for _ in range(2):
        answer = requests.get(url, timeout=5)
        assert answer.status_code == 503
        assert "latest.json cannot be read" in answer.text and "pull again" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
