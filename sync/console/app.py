"""The console's pages. It shows and never changes: approving and applying stay with the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from rules.language.reading.problems import DocumentError
from sync.errors import SyncError
from sync.log import inert_lines
from sync.report.page import environment, render

if TYPE_CHECKING:
    from sync.session import Session

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Names by which a browser on this machine may ask; any other is a page elsewhere that points here."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
RUNS = 50


def console(session: Session) -> Starlette:
    """The console of one project."""

    def home(request: Request) -> Response:
        return HTMLResponse(environment().get_template("console.html").render(**_overview(session)))

    def plan(request: Request) -> Response:
        from sync.cli.session import find_plan

        with session.ledger() as ledger:
            try:
                found = find_plan(session, ledger, request.path_params["plan"])
            except SyncError as error:
                return PlainTextResponse(str(error), 404)
            return HTMLResponse(render(found, ledger.approvals(found.id)))

    return Starlette(
        routes=[Route("/", home), Route("/plans/{plan:str}", plan)],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS),
            Middleware(BaseHTTPMiddleware, dispatch=_with_headers),
        ],
        exception_handlers={SyncError: _told, DocumentError: _told},
    )


def _told(_: Request, error: Exception) -> Response:
    """What the command line would have said: a page of its own rather than a traceback in the log."""
    return PlainTextResponse(inert_lines(f"error: {error}\n"), 503)


async def _with_headers(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await following(request)
    response.headers.update(HEADERS)
    return response


def _overview(session: Session) -> dict[str, Any]:
    from rules.language.load import load_rules
    from sync.doctor import timetable
    from sync.schedule import health
    from sync.snapshot import load

    rules = load_rules(session.project.rules_path, session.project.rule_fields())
    with session.ledger() as ledger:
        return {
            "crm": session.project.crm_name,
            "health": health(ledger, timetable(session, rules), session.now()),
            "snapshot": load(session.snapshots),
            "unfinished": ledger.unfinished(),
            "holds": len(ledger.holds()),
            "latest": ledger.latest_plan(),
            "runs": ledger.last_runs(RUNS),
        }
