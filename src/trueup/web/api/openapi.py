"""The description of the API (OpenAPI 3.1): what every route has in common is said once, here.

Each operation names every status that it may answer with; refusals are problem details; writes take a key.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from trueup.app.repeated.answers import LONGEST_KEY
from trueup.web.api.problem_shape import Problem
from trueup.web.api.routing import KEY_HEADER, PREFIX, REPLAYED_HEADER, takes_key
from trueup.web.problems import PROBLEM
from trueup.web.same_origin import SAFE
from trueup.web.session_cookie import OVER_TLS

PATH: Final = f"{PREFIX}/openapi.json"

_ALWAYS: Final = {
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in, or the token is not good.",
    HTTPStatus.FORBIDDEN: "The role or the token's scope does not reach so far.",
    HTTPStatus.NOT_FOUND: "There is nothing of that name.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The call cannot be used; nothing was changed.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many calls; `Retry-After` says when to come back.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A fault of Trueup's own.",
    HTTPStatus.BAD_GATEWAY: "The PSA or a module could not be read.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The store is busy; try again.",
}
_OF_BODIES: Final = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
}
_OF_WRITES: Final = {
    HTTPStatus.CONFLICT: "Something has moved: a plan that expired, a key whose call is not answered yet.",
    HTTPStatus.PRECONDITION_FAILED: "Somebody else was faster: `If-Match` names an earlier version.",
}

DESCRIPTION: Final = """
Everything that the pages and the command line do. The tenant is the token's, or that of who is signed in.

- **Errors** are problem details (RFC 9457): `code` is stable, `detail` and `cure` speak `Accept-Language`.
- **Lists** give `items` and `next`: send `next` as `cursor` for the page behind it.
- **Writes** may be sent twice: with the same `Idempotency-Key` the second call gets the first one's answer.
- **ETags**: what two people may edit carries one; send it as `If-Match` and nobody's change is laid over another's.
- **Amounts** and measured values are text with all their digits, units are whole numbers, days are `YYYY-MM-DD`.
"""


SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token of the tenant."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": OVER_TLS,
        "description": "Who is signed in; writes carry the session's form token in `X-CSRF-Token` too.",
    },
}


def _parameter() -> dict[str, Any]:
    told = f"At most {LONGEST_KEY} visible characters. For a day the same call with the same key gives the same answer."
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
    return {"name": KEY_HEADER, "in": "header", "required": False, "description": told, "schema": schema}


def _answer(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _complete(operation: dict[str, Any], method: str, *, keyed: bool) -> None:
    writes = method.upper() not in SAFE
    told = {**_ALWAYS, **(_OF_WRITES if writes else {}), **(_OF_BODIES if "requestBody" in operation else {})}
    answers = operation["responses"]
    for status, description in told.items():
        answers[str(status.value)] = _answer(description)
    operation["responses"] = dict(sorted(answers.items()))
    if keyed:
        operation.setdefault("parameters", []).append(_parameter())
        for status, answer in answers.items():
            if status.startswith("2"):
                replayed = {
                    "description": "`true`: the stored answer of an earlier call.",
                    "schema": {"type": "string"},
                }
                answer.setdefault("headers", {})[REPLAYED_HEADER] = replayed


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    parts = found.setdefault("components", {}).setdefault("schemas", {})
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    parts |= {**shape.pop("$defs", {}), "Problem": shape}
    for needless in ("HTTPValidationError", "ValidationError"):
        parts.pop(needless, None)
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = found["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None and route.endpoint is not None:
                _complete(operation, method, keyed=takes_key(route.endpoint, frozenset({method})))
    found["components"]["securitySchemes"] = SCHEMES
    found["security"] = [{name: []} for name in SCHEMES]
    found["components"]["schemas"] = dict(sorted(parts.items()))
    return found


def describe(app: FastAPI) -> None:
    """Let the application describe itself this way; worked out once, when it is first asked for."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
