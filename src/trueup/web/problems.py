"""Errors as answers: problem details (RFC 9457) for programs, a page with the cure for people.

A use case's reason becomes `code`, its sentence in the caller's language and its cure; the status says who has to act.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from trueup.app.errors import UseCaseError
from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences
from trueup.modules.catalogue_files import CatalogueError
from trueup.psa.port import PsaReadError
from trueup.store.errors import StoreError
from trueup.web.allowed_methods import methods_at
from trueup.web.api.shapes import finding_told, reason_told
from trueup.web.asking import language_asked
from trueup.web.faults import Fault, fault_of
from trueup.web.kept import kept_of
from trueup.web.pages.sign_in.form import form_that_failed
from trueup.web.rendering import rendered

PROBLEM: Final = "application/problem+json"
API: Final = "/api/"


def problem(fault: Fault, said: Sentences) -> JSONResponse:
    """Problem details: `code` is stable and explained in docs/codes.md, the texts are in the caller's language."""
    reason = fault.reason
    body: dict[str, Any] = {
        "type": f"urn:trueup:code:{reason.code}",
        "title": fault.status.phrase,
        "status": fault.status.value,
        "code": reason.code,
        "detail": said.say(reason),
    }
    cure = said.cure(reason)
    if cure is not None:
        body["cure"] = cure
    if fault.errors:
        body["errors"] = [{**part, "detail": part["detail"] or said.say(reason)} for part in fault.errors]
    if fault.more:
        body["more"] = [reason_told(one, said) for one in fault.more]
    if fault.findings:
        body["findings"] = [finding_told(one, said) for one in fault.findings]
    return JSONResponse(body, fault.status.value, media_type=PROBLEM)


def answered(request: Request, fault: Fault) -> Response:
    """The error as a program or a person can use it."""
    said = Sentences.for_pages(language_asked(request))
    if request.url.path.startswith(API):
        return problem(fault, said)
    reason = fault.reason
    page = rendered(
        "frame/error.html",
        said,
        status=fault.status.value,
        what=said.say(reason),
        cure=said.cure(reason),
        code=reason.code,
    )
    return Response(page, fault.status.value, media_type="text/html")


ELSEWHERE: Final[Mapping[str, str]] = {
    "access.sign_in": "/sign-in",
    "access.confirm": "/confirm",
    "access.second_factor": "/passkey",
}
"""Where a person goes who has to prove who they are first; they come back afterwards."""


def sent_elsewhere(request: Request, code: str) -> Response | None:
    """The way of a browser to the page where the person signs in or proves who they are; None for other errors."""
    if code not in ELSEWHERE or request.url.path.startswith(API):
        return None
    if request.headers.get("hx-request") == "true":
        return _told_in_place(request, code)
    if request.method != "GET":
        return None
    to = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(ELSEWHERE[code] if to == "/" else f"{ELSEWHERE[code]}?to={quote(to, safe='/')}", 303)


def _told_in_place(request: Request, code: str) -> Response:
    """A word at the edge of the page that asked for a part of itself: what is typed there stays."""
    here = urlsplit(request.headers.get("hx-current-url", "/"))
    to = f"{here.path or '/'}?{here.query}" if here.query else here.path or "/"
    said = Sentences.for_pages(language_asked(request))
    address = f"{ELSEWHERE[code]}?to={quote(to, safe='/')}"
    part = rendered("sign_in/ended.html", said, what=said.say(Reason(code)), address=address)
    return HTMLResponse(part, HTTPStatus.UNAUTHORIZED, {"HX-Retarget": "#said", "HX-Reswap": "innerHTML"})


KNOWN: Final = (UseCaseError, StoreError, PsaReadError, ExpressionError, CatalogueError, ExceptionGroup)
"""Errors that say what happened; every other one is a fault of Trueup's own."""

UNEXPECTED: Final = Fault(Reason.of("web.unexpected"), HTTPStatus.INTERNAL_SERVER_ERROR)


async def _known(request: Request, error: Exception) -> Response:
    fault = fault_of(error)
    if fault is None:
        raise error
    page = not request.url.path.startswith(API) and "hx-request" not in request.headers
    if page and isinstance(error, UseCaseError) and (kept := await kept_of(request)) is not None:
        way_on = await form_that_failed(request, error, kept)
        if way_on is not None:
            return way_on
    elsewhere = sent_elsewhere(request, fault.reason.code)
    if elsewhere is not None:
        return elsewhere
    answer = answered(request, fault)
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if fault.reason.code == "access.too_many":
        answer.headers["Retry-After"] = str(fault.reason.get("seconds"))
    return answer


def _http(request: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    status = HTTPStatus(refusal.status_code)
    known = {400: "web.unreadable", 404: "web.not_found", 405: "web.method", 413: "web.too_large"}
    reason = Reason.of(known.get(status.value, "web.refused"), path=request.url.path, status=status.value)
    answer = answered(request, Fault(reason, status))
    for name, value in (refusal.headers or {}).items():
        answer.headers[name] = value
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(methods_at(request.app, request.url.path))
    return answer


def _shape(request: Request, error: Exception) -> Response:
    parts = tuple(
        {"place": "/".join(str(part) for part in found["loc"]), "kind": found["type"], "detail": found["msg"]}
        for found in cast("RequestValidationError", error).errors()
    )
    reason = Reason.of("web.shape", place=parts[0]["place"] if parts else "", count=len(parts))
    return answered(request, Fault(reason, HTTPStatus.UNPROCESSABLE_ENTITY, parts))


def _unexpected(request: Request, error: Exception) -> Response:
    del error  # its text may quote anything; the server's log has it
    return answered(request, UNEXPECTED)


def add_problems(app: FastAPI) -> None:
    """Let every error of the application become an answer."""
    for kind in KNOWN:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _shape)
    app.add_exception_handler(Exception, _unexpected)
