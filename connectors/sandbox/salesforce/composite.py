"""Composite and Batch: several REST calls in one, of which only one counts (doc).

A sub-request inherits Accept, Authorization and Content-Type and nothing else: Sforce-Auto-Assign, If-Match and the
like must stand in its own httpHeaders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.routing import Match, Route

from connectors.sandbox.salesforce.app import Api, Endpoint, json_body
from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.references import NoValue, filled

MOST = 25
MOST_HEAVY = 5
"""Sub-requests that may be queries or collections (doc)."""
_INHERITED = ("accept", "authorization", "content-type")
_ALLOWED = re.compile(
    r"/services/data/v\d+\.0/(sobjects|query|queryAll|composite/sobjects|limits|tooling/sobjects)\b"
)
_HEAVY = re.compile(r"/services/data/v\d+\.0/(query|queryAll|composite/sobjects)\b")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
Answer = tuple[int, Any, dict[str, str]]


class _Undo(Exception):
    """One sub-request failed and the caller wanted all or none."""


def routes(api: Api) -> Sequence[Route]:
    """POST composite and composite/batch."""
    composite = Composite(api)
    return [
        *api.rest("/composite", {"POST": composite.run}),
        *api.rest("/composite/batch", {"POST": composite.batch}),
    ]


class Composite:
    """The endpoints that hold other calls."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def run(self, request: Request, base: str) -> Answer:
        """The sub-requests one after the other, later ones with values of the answers before."""
        body = await json_body(request)
        given = body.get("compositeRequest") if isinstance(body, dict) else None
        _check(given)
        assert isinstance(given, list)
        answers: list[Answer] = []
        all_or_none = bool(body.get("allOrNone", False))
        try:
            with self._api.org.core.state.transaction():
                known: dict[str, Any] = {}
                for sub in given:
                    answers.append(await self._one(request, sub, known, all_or_none))
                    if answers[-1][0] < 400:
                        known[sub["referenceId"]] = answers[-1][1]
                    elif all_or_none:
                        raise _Undo
        except _Undo:
            answers = [*([_halted(_ROLLED_BACK)] * (len(answers) - 1)), answers[-1]]
            answers += [_halted(_ROLLED_BACK)] * (len(given) - len(answers))
        return 200, {"compositeResponse": [_told(s, a) for s, a in zip(given, answers, strict=True)]}, {}

    async def batch(self, request: Request, base: str) -> Answer:
        """The sub-requests of a batch, which know nothing of each other."""
        body = await json_body(request)
        given = body.get("batchRequests") if isinstance(body, dict) else None
        if not isinstance(given, list) or not 0 < len(given) <= MOST:
            raise CallFailed(400, "INVALID_BATCH_REQUEST", f"A batch holds 1 to {MOST} requests")
        results: list[dict[str, Any]] = []
        for sub in given:
            if body.get("haltOnError") and results and results[-1]["statusCode"] >= 400:
                halted = {
                    "errorCode": "BATCH_PROCESSING_HALTED",
                    "message": "Batch processing halted per request",
                }
                results.append({"statusCode": 412, "result": [halted]})
                continue
            url = "/services/data/" + str(sub.get("url", "")).lstrip("/").removeprefix("services/data/")
            status, answer, _ = await self._call(
                request, str(sub.get("method")), url, sub.get("richInput"), {}
            )
            results.append({"statusCode": status, "result": answer})
        return 200, {"hasErrors": any(r["statusCode"] >= 400 for r in results), "results": results}, {}

    async def _one(self, request: Request, sub: Any, known: Mapping[str, Any], all_or_none: bool) -> Answer:
        try:
            url, body = filled(sub["url"], known), filled(sub.get("body"), known)
        except NoValue as missing:
            return _halted(str(missing))
        if not _ALLOWED.match(url):
            return _halted(f"The resource {url} cannot be used in a composite request")
        if all_or_none and isinstance(body, dict) and "/composite/sobjects" in url:
            body = {**body, "allOrNone": True}  # the outer flag overrides the inner one (doc)
        headers = {str(k).lower(): str(v) for k, v in (sub.get("httpHeaders") or {}).items()}
        if not self._api.org.core.settings["composite_if_match"]:
            headers.pop("if-match", None)
        return await self._call(request, sub["method"], url, body, headers)

    async def _call(
        self, request: Request, method: str, url: str, body: Any, headers: Mapping[str, str]
    ) -> Answer:
        """One inner call; an error is an answer like any other."""
        path, _, query = url.partition("?")
        content = b"" if body is None else orjson.dumps(body)
        own = {name: request.headers[name] for name in _INHERITED if name in request.headers}
        sent = {**own, "host": request.headers.get("host", ""), **headers}
        scope = {
            **request.scope,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": quote(query, safe="=&%+/:,'()*<>!-._~").encode(),
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in sent.items()],
        }
        try:
            endpoint, found = self._find(scope)
            inner = Request(found, _receiver(content))
            return await endpoint(inner, f"/services/data/v{inner.path_params['version']}")
        except CallFailed as failure:
            return failure.status, failure.body(), {}

    def _find(self, scope: dict[str, Any]) -> tuple[Endpoint, dict[str, Any]]:
        for route, methods in self._api.table:
            match, child = route.matches(scope)
            if match is Match.FULL and scope["method"] in methods:
                return methods[scope["method"]], {**scope, **child}
        raise not_found()


def _receiver(content: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


def _halted(message: str) -> Answer:
    return 400, [{"errorCode": "PROCESSING_HALTED", "message": message}], {}


def _told(sub: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    status, body, headers = answer
    return {
        "body": body,
        "httpHeaders": headers,
        "httpStatusCode": status,
        "referenceId": sub["referenceId"],
    }


def _check(given: Any) -> None:
    """What makes the whole request wrong: too many, unnamed, badly named, or with headers they may not set."""
    if not isinstance(given, list) or not given:
        raise CallFailed(400, "JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
    if len(given) > MOST:
        message = f"The request cannot have more than {MOST} subrequests, it has {len(given)}"
        raise CallFailed(400, "EXCEEDED_MAX_SUBREQUESTS", message)
    seen: set[str] = set()
    for sub in given:
        name = sub.get("referenceId") if isinstance(sub, dict) else None
        if not isinstance(name, str) or not _NAME.match(name) or name in seen:
            raise CallFailed(
                400, "INVALID_REFERENCE_ID", f"referenceId {name!r} is missing, malformed or repeated"
            )
        seen.add(name)
        if sub.get("method") not in ("GET", "POST", "PATCH", "DELETE", "PUT") or not isinstance(
            sub.get("url"), str
        ):
            raise CallFailed(400, "JSON_PARSER_ERROR", f"subrequest {name} needs a method and a url")
        forbidden = [k for k in sub.get("httpHeaders") or {} if k.lower() in _INHERITED]
        if forbidden:
            raise CallFailed(
                400, "INVALID_HTTP_HEADER", f"subrequest {name} must not set {', '.join(forbidden)}"
            )
    if sum(1 for sub in given if _HEAVY.match(sub["url"])) > MOST_HEAVY:
        message = f"No more than {MOST_HEAVY} subrequests can be queries or sObject collections"
        raise CallFailed(400, "EXCEEDED_MAX_SUBREQUESTS", message)
