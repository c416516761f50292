"""`POST /api/v1/usage`: a module pushes its usage with its own key."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from trueup.app.access.blocking import note_refused
from trueup.app.access.networks import may_call
from trueup.app.errors import Exit, UseCaseError
from trueup.app.usage.missed import came_through
from trueup.app.usage.push_keys import PREFIX, hash_of_key
from trueup.app.usage.pushing import EventOutcome, PushResult, receive
from trueup.app.workspace import Workspace
from trueup.core.access.networks import Purpose
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences
from trueup.web.asking import language_asked, site_of
from trueup.web.faults import Fault
from trueup.web.origin import source_of
from trueup.web.problems import PROBLEM, problem
from trueup.web.push.shapes import OPENAPI

LIMIT: Final = 8_000_000
"""Bytes of one body."""

TYPES: Final = ("application/cloudevents-batch+json", "application/cloudevents+json", "application/json")
"""Content types: a batch, one event, or either of them by a sender that cannot name its type."""

router = APIRouter()


def _refused(request: Request, status: HTTPStatus, reason: Reason) -> JSONResponse:
    return problem(Fault(reason, status), Sentences.for_pages(language_asked(request)))


async def _body_of(request: Request) -> bytes | None:
    """The body; None as soon as it is known to be too large."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > LIMIT:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LIMIT:
            return None
        parts.append(part)
    return b"".join(parts)


def _outcome(one: EventOutcome, said: Sentences) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.id, "source": one.source, "state": one.state}
    if one.reason is not None:
        told |= {"code": one.reason.code, "detail": said.say(one.reason)}
        cure = said.cure(one.reason)
        if cure is not None:
            told["cure"] = cure
    return told


def _answer(result: PushResult, said: Sentences) -> dict[str, Any]:
    return {
        "events": [_outcome(one, said) for one in result.events],
        "days": [
            {
                "day": one.day.isoformat(),
                "coverage": one.coverage.value,
                "organizations": one.organizations,
                "items": one.items,
                "counts": one.counts,
                "notes": [{"code": note.code, "detail": said.say(note)} for note in one.notes],
            }
            for one in result.days
        ],
    }


@router.post(
    "/api/v1/usage",
    operation_id="pushUsage",
    tags=["usage"],
    openapi_extra=OPENAPI["request"],
    responses=OPENAPI["responses"],
    response_class=JSONResponse,
    max_body_size=LIMIT + 1,
)
async def push_usage(request: Request) -> Response:
    """Take a batch of CloudEvents. 200: every event was taken, now or before. 422: some were refused, each with its
    reason; the others were taken, so that the same batch may be sent again once it is mended."""
    key = _key_in(request)
    site = site_of(request)
    found = None if key is None else await site.installation.step(site.database.push_key_of, hash_of_key(key))
    if found is None:
        answer = _refused(request, HTTPStatus.UNAUTHORIZED, Reason.of("push.no_key"))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    tenant, connection, number = found
    ws = await site.installation.step(site.workspace, tenant, f"key {number} of {connection}")
    address = source_of(request, site)
    if not await may_call(ws, Purpose.MODULES, address):
        seen = str(address) if address is not None else "?"
        await note_refused(ws, connection, seen)
        reason = Reason.of("push.address_refused", address=seen, connection=connection)
        return _refused(request, HTTPStatus.FORBIDDEN, reason)
    await ws.step(came_through, ws, connection)
    return await _taken(request, ws, connection, number)


async def _taken(request: Request, ws: Workspace, connection: str, number: int) -> Response:
    content = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content not in TYPES:
        reason = Reason.of("push.content_type", found=content[:80] or None, known=", ".join(TYPES))
        return _refused(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason)
    body = await _body_of(request)
    if body is None:
        return _refused(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Reason.of("push.too_large", limit=LIMIT))
    try:
        result = await receive(ws, connection, body)
    except UseCaseError as error:
        rests = error.exit_code is Exit.REFUSED  # nothing is wrong with the body: it may come again later
        return _refused(request, HTTPStatus.CONFLICT if rests else HTTPStatus.BAD_REQUEST, error.reason)
    await ws.step(ws.store.pushes.use_key, number, now=ws.now())
    said = Sentences.for_pages(language_asked(request))
    told = _answer(result, said)
    if not result.refused:
        return JSONResponse(told)
    reason = Reason.of("push.some_refused", refused=result.refused, events=len(result.events))
    refused = problem(Fault(reason, HTTPStatus.UNPROCESSABLE_ENTITY), said)
    whole = {**msgspec.json.decode(refused.body), **told}
    return JSONResponse(whole, refused.status_code, media_type=PROBLEM)


def _key_in(request: Request) -> str | None:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" and key.strip().startswith(PREFIX) else None
