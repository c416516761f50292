"""Errors as answers: problem details (RFC 9457) for programs, a page with the cure for people.

A use case's reason becomes `code`, its sentence in the caller's language and its cure; the status says who has to act.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from trueup.app.errors import Exit, UseCaseError
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences
from trueup.store.errors import StoreError
from trueup.web.asking import language_asked
from trueup.web.rendering import rendered

PROBLEM: Final = "application/problem+json"
API: Final = "/api/"

STATUS: Final[Mapping[str, HTTPStatus]] = {
    "access.sign_in": HTTPStatus.UNAUTHORIZED,
    "access.token": HTTPStatus.UNAUTHORIZED,
    "access.session_only": HTTPStatus.FORBIDDEN,
    "access.wrong": HTTPStatus.UNAUTHORIZED,
    "access.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "access.origin": HTTPStatus.FORBIDDEN,
    "access.csrf": HTTPStatus.FORBIDDEN,
    "access.needs_tls": HTTPStatus.FORBIDDEN,
    "access.confirm": HTTPStatus.FORBIDDEN,
    "access.link": HTTPStatus.GONE,
    "access.role": HTTPStatus.FORBIDDEN,
    "access.unknown_tenant": HTTPStatus.NOT_FOUND,
    "store.unknown_tenant": HTTPStatus.NOT_FOUND,
    "store.person_exists": HTTPStatus.CONFLICT,
    "store.email_exists": HTTPStatus.CONFLICT,
    "store.busy": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Codes whose status does not follow from their name."""


def status_of(reason: Reason, exit_code: Exit = Exit.FAILED) -> HTTPStatus:
    """The HTTP status of a reason: 404 for what is not there, 409 for what has moved, 422 for what makes no sense."""
    if reason.code in STATUS:
        return STATUS[reason.code]
    if ".unknown_" in reason.code and exit_code is not Exit.USAGE:
        return HTTPStatus.NOT_FOUND
    if exit_code is Exit.REFUSED:
        return HTTPStatus.CONFLICT
    if reason.code.startswith("store."):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.UNPROCESSABLE_ENTITY


def problem(
    reason: Reason, status: HTTPStatus, said: Sentences, *, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    """Problem details: `code` is stable and explained in docs/codes.md, the texts are in the caller's language."""
    body: dict[str, Any] = {
        "type": f"urn:trueup:code:{reason.code}",
        "title": status.phrase,
        "status": status.value,
        "code": reason.code,
        "detail": said.say(reason),
    }
    cure = said.cure(reason)
    if cure is not None:
        body["cure"] = cure
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status.value, media_type=PROBLEM)


def answered(
    request: Request, reason: Reason, status: HTTPStatus, errors: list[dict[str, Any]] | None = None
) -> Response:
    """The error as a program or a person can use it."""
    said = Sentences.for_pages(language_asked(request))
    if request.url.path.startswith(API):
        return problem(reason, status, said, errors=errors)
    page = rendered(
        "frame/error.html", said, status=status.value, what=said.say(reason), cure=said.cure(reason), code=reason.code
    )
    return Response(page, status.value, media_type="text/html")


ELSEWHERE: Final[Mapping[str, str]] = {"access.sign_in": "/sign-in", "access.confirm": "/confirm"}
"""Where a person goes who has to prove who they are first; they come back afterwards."""


def sent_elsewhere(request: Request, code: str) -> Response | None:
    """The way of a browser to the page where the person signs in or proves who they are; None for other errors."""
    if code not in ELSEWHERE or request.url.path.startswith(API):
        return None
    if request.headers.get("hx-request") == "true":
        here = urlsplit(request.headers.get("hx-current-url", "/"))
        to = f"{here.path or '/'}?{here.query}" if here.query else here.path or "/"
        return Response(None, HTTPStatus.UNAUTHORIZED, {"HX-Redirect": f"{ELSEWHERE[code]}?to={quote(to, safe='/')}"})
    if request.method != "GET":
        return None
    to = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(ELSEWHERE[code] if to == "/" else f"{ELSEWHERE[code]}?to={quote(to, safe='/')}", 303)


def add_problems(app: FastAPI) -> None:
    """Let every error of the application become an answer."""

    @app.exception_handler(UseCaseError)
    async def _use_case(request: Request, error: UseCaseError) -> Response:
        reason = error.reason
        elsewhere = sent_elsewhere(request, reason.code)
        if elsewhere is not None:
            return elsewhere
        answer = answered(request, reason, status_of(reason, error.exit_code))
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        if reason.code == "access.too_many":
            answer.headers["Retry-After"] = str(reason.get("seconds"))
        return answer

    @app.exception_handler(StoreError)
    async def _store(request: Request, error: StoreError) -> Response:
        return answered(request, error.reason, status_of(error.reason))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        known = {404: "web.not_found", 405: "web.method", 413: "web.too_large"}.get(status.value, "web.refused")
        answer = answered(request, Reason.of(known, path=request.url.path, status=status.value), status)
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer

    @app.exception_handler(RequestValidationError)
    async def _shape(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"place": "/".join(str(part) for part in found["loc"]), "kind": found["type"], "detail": found["msg"]}
            for found in error.errors()
        ]
        reason = Reason.of("web.shape", place=errors[0]["place"] if errors else "", count=len(errors))
        return answered(request, reason, HTTPStatus.UNPROCESSABLE_ENTITY, errors)
