"""The HTTP side of the org: routes, sessions, limits, and Salesforce's headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.core import fault_of
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.batch import Batches
from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.limits import Usage
from connectors.sandbox.salesforce.oauth import Login, Sessions
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.describe import describe, global_describe, listed
from connectors.sandbox.salesforce.single import Rows
from connectors.sandbox.salesforce.soql.query import Queries, find_object
from connectors.sandbox.salesforce.tooling import Tooling
from connectors.sandbox.salesforce.write import Writer

LONGEST_URI = 16_384
VERSIONS = tuple(range(31, 69))
_SEASONS = ("Winter", "Spring", "Summer")
_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]
Endpoint = Callable[[Request, str], Awaitable[tuple[int, Any, dict[str, str]]]]
Package = Callable[["Api"], Sequence[Route]]
"""What a package of the org adds: its routes, given the Api."""


class Api:
    """Every REST endpoint of the org."""

    def __init__(self, org: Org, sessions: Sessions, login: Login) -> None:
        self.org, self.sessions, self.login = org, sessions, login
        self.usage = Usage(org.core)
        self.writer = Writer(org)
        self.queries = Queries(org)
        self.rows = Rows(org, self.queries, self.writer)
        self.batches = Batches(org, self.writer)
        self.tooling = Tooling(org, self.queries)
        self.table: list[tuple[Route, Mapping[str, Endpoint]]] = []
        """What is served under /services/data, for calls inside of other calls."""

    def app(self, packages: Sequence[Package] = ()) -> Starlette:
        """The Starlette app with what the packages add; what it does not know is a real-looking 404."""
        routes: list[tuple[str, dict[str, Endpoint]]] = [
            ("/query", {"GET": self.query}),
            ("/queryAll", {"GET": self.query}),
            ("/query/{locator}", {"GET": self.more}),
            ("/queryAll/{locator}", {"GET": self.more}),
            ("/limits", {"GET": self.limits}),
            ("/limits/recordCount", {"GET": self.record_count}),
            ("/sobjects", {"GET": self.sobjects}),
            ("/sobjects/{object}/describe", {"GET": self.describe}),
            ("/sobjects/{object}/updated", {"GET": self.updated}),
            ("/sobjects/{object}/deleted", {"GET": self.deleted}),
            ("/sobjects/{object}", {"GET": self.basic, "POST": self.create}),
            ("/sobjects/{object}/{id}", {"GET": self.get, "PATCH": self.update, "DELETE": self.delete}),
            ("/composite/sobjects", {"POST": self.batch, "PATCH": self.batch, "DELETE": self.batch_delete}),
            ("/composite/sobjects/{object}", {"GET": self.retrieve, "POST": self.retrieve}),
            ("/tooling/query", {"GET": self.tooling_query}),
            ("/tooling/sobjects/{object}", {"POST": self.tooling_create}),
        ]
        made = [
            Route("/services/oauth2/token", self.login.token, methods=["POST"]),
            Route("/services/oauth2/userinfo", self.login.whoami, methods=["GET", "POST"]),
            Route("/id/{org}/{user}", self.login.whoami, methods=["GET"]),
            Route("/services/data", self._versions, methods=["GET"]),
        ]
        made += [route for path, methods in routes for route in self.rest(path, methods)]
        made += [route for package in packages for route in package(self)]
        made.append(Route("/services/data/v{version}/{rest:path}", self.endpoint({}), methods=_METHODS))
        app = Starlette(routes=made)
        app.router.redirect_slashes = False
        return app

    def rest(self, path: str, methods: Mapping[str, Endpoint]) -> list[Route]:
        """The routes of one path under /services/data/vXX.0, with and without a slash at its end."""
        whole, endpoint = "/services/data/v{version}" + path, self.endpoint(methods)
        made = [Route(whole + slash, endpoint, methods=_METHODS) for slash in ("", "/")]
        self.table += [(route, methods) for route in made]
        return made

    def endpoint(self, methods: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
        """Session, limit and version first; then the endpoint; errors in Salesforce's shape.

        An endpoint answers status, body and headers: a body that is a `Response` is sent as it is, with the
        headers added; anything else goes as JSON.
        """

        async def answer(request: Request) -> Response:
            try:
                _check_size(request)
                self.sessions.check(request)
                self.check_enabled()
                self.usage.count()
                version = request.path_params["version"]
                if version not in {f"{v}.0" for v in VERSIONS}:
                    raise not_found()
                endpoint = methods.get(request.method)
                if endpoint is None:
                    raise _not_allowed(request.method, methods) if methods else not_found()
                status, body, headers = await endpoint(request, f"/services/data/v{version}")
            except CallFailed as failure:
                status, body, headers = failure.status, failure.body(), {}
            await self.batches.holding.finish(request)
            return _response(status, body, {**headers, "Sforce-Limit-Info": self.usage.header})

        return answer

    def check_enabled(self) -> None:
        """CallFailed where the user may not use the API at all."""
        if not self.org.permissions.has("ApiEnabled"):
            raise CallFailed(403, "API_CURRENTLY_DISABLED", "API is disabled for this User")

    async def _versions(self, request: Request) -> Response:
        listed_versions = [
            {
                "label": f"{_SEASONS[v % 3]} '{11 + (v - 20) // 3}",
                "url": f"/services/data/v{v}.0",
                "version": f"{v}.0",
            }
            for v in VERSIONS
        ]
        return _response(200, listed_versions, {})

    async def query(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        every = request.url.path.rstrip("/").endswith("queryAll")
        query = request.query_params.get("q")
        if not query:
            raise CallFailed(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null")
        page = _page_size(request, self.org.core.settings["page_size"])
        return 200, _disturbed(request, self.queries.run(query, base, page=page, every_row=every)), {}

    async def more(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        return 200, _disturbed(request, self.queries.more(request.path_params["locator"], base)), {}

    async def limits(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        return 200, self.usage.report(), {}

    async def record_count(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        asked = [name for name in request.query_params.get("sObjects", "").split(",") if name]
        found = [
            self.org.objects[n.lower()]
            for n in asked or list(self.org.objects)
            if n.lower() in self.org.objects
        ]
        return (
            200,
            {"sObjects": [{"count": self.org.core.state.count(o.name), "name": o.name} for o in found]},
            {},
        )

    async def sobjects(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        return 200, global_describe(self.org, base), {}

    async def describe(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        return 200, describe(self.org, find_object(self.org, request.path_params["object"]), base), {}

    async def basic(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        object = find_object(self.org, request.path_params["object"])
        return 200, {"objectDescribe": listed(self.org, object, base), "recentItems": []}, {}

    async def updated(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        object = find_object(self.org, request.path_params["object"])
        return 200, self.rows.replicated(object, "updated", request.query_params), {}

    async def deleted(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        object = find_object(self.org, request.path_params["object"])
        return 200, self.rows.replicated(object, "deleted", request.query_params), {}

    async def get(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        object = find_object(self.org, request.path_params["object"])
        record, headers = self.rows.get(
            object, request.path_params["id"], request.query_params.get("fields"), base
        )
        return 200, record, headers

    async def create(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        body = await json_body(request)
        object = find_object(self.org, request.path_params["object"])
        made = self.rows.create(request, object, body)
        return 201, made, {"Location": f"{base}/sobjects/{object.name}/{made['id']}"}

    async def update(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        body = await json_body(request)
        object = find_object(self.org, request.path_params["object"])
        self.rows.update(request, object, request.path_params["id"], body)
        return 204, None, {}

    async def delete(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        object = find_object(self.org, request.path_params["object"])
        self.rows.delete(request, object, request.path_params["id"])
        return 204, None, {}

    async def batch(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        return 200, self.batches.run(request, await json_body(request), create=request.method == "POST"), {}

    async def batch_delete(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        given = [id for id in request.query_params.get("ids", "").split(",") if id]
        return (
            200,
            self.batches.delete(request, given, request.query_params.get("allOrNone", "").lower() == "true"),
            {},
        )

    async def retrieve(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        given, fields = await _retrieved(request)
        object = find_object(self.org, request.path_params["object"])
        if not fields or not given or len(given) > 2_000:
            raise CallFailed(400, "MISSING_ARGUMENT", "ids (at most 2000) and fields are required")
        try:
            wanted = [ids.parse(id) for id in given]
        except ids.BadId as error:
            raise CallFailed(400, "MALFORMED_ID", f"malformed id {error}") from None
        return 200, self.queries.retrieve(object, wanted, fields, base), {}

    async def tooling_query(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        return 200, self.tooling.query(request.query_params.get("q", ""), f"{base}/tooling"), {}

    async def tooling_create(self, request: Request, base: str) -> tuple[int, Any, dict[str, str]]:
        body = await json_body(request)
        return 201, self.tooling.create(request, request.path_params["object"], body), {}


async def json_body(request: Request) -> Any:
    """The body as JSON; CallFailed where it is none."""
    if "json" not in request.headers.get("content-type", ""):
        raise CallFailed(415, "UNSUPPORTED_MEDIA_TYPE", "Content type not supported; use application/json")
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise CallFailed(
            400, "JSON_PARSER_ERROR", f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
        ) from None


async def _retrieved(request: Request) -> tuple[list[str], list[str]]:
    """The ids and fields of a collection retrieve, from the query or the body."""
    if request.method == "POST":
        body = await json_body(request)
        if not isinstance(body, dict):
            raise CallFailed(400, "JSON_PARSER_ERROR", "The request body must be an object")
        return list(body.get("ids") or []), list(body.get("fields") or [])
    given = request.query_params
    return [i for i in given.get("ids", "").split(",") if i], [
        f for f in given.get("fields", "").split(",") if f
    ]


def _check_size(request: Request) -> None:
    uri = len(request.scope["raw_path"]) + len(request.scope["query_string"]) + 1
    if uri > LONGEST_URI:
        raise CallFailed(414, "URI_TOO_LONG", "The length of the URI exceeds the 16,384 byte limit.")
    if uri + sum(len(name) + len(value) + 4 for name, value in request.scope["headers"]) > LONGEST_URI:
        raise CallFailed(
            431,
            "REQUEST_HEADER_FIELDS_TOO_LARGE",
            "The combined length of the URI and headers exceeds the 16,384 byte limit.",
        )


def _page_size(request: Request, most: int) -> int:
    """The page the client asked for, 200 to 2,000; the setting can only lower it further."""
    for option in request.headers.get("sforce-query-options", "").split(","):
        name, _, value = option.strip().partition("=")
        if name.lower() == "batchsize" and value.strip().isdigit():
            return min(most, max(200, min(2_000, int(value))))
    return most


def _disturbed(request: Request, answer: dict[str, Any]) -> dict[str, Any]:
    """The page as a fault leaves it: rows missing without a word, or in another order."""
    records = answer["records"]
    if fault_of(request, "short_page") is not None:
        answer["records"] = records = records[: len(records) // 2]
    if fault_of(request, "wrong_order") is not None:
        answer["records"] = records[::-1]
    return answer


def _not_allowed(method: str, methods: Mapping[str, Endpoint]) -> CallFailed:
    allowed = ",".join(methods)
    return CallFailed(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")


def _response(status: int, body: Any, headers: dict[str, str]) -> Response:
    if isinstance(body, Response):
        body.headers.update(headers)
        return body
    content = b"" if body is None else orjson.dumps(body)
    made = Response(content, status, headers)
    if body is not None:
        made.headers["content-type"] = "application/json;charset=UTF-8"
    return made
