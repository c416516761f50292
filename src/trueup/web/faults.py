"""What an error says to those who asked: its reasons, the status that says who has to act, the parts that are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from trueup.app.connections.setup import NotConnectedError
from trueup.app.errors import Exit, UseCaseError
from trueup.app.rulebook.rules import RuleRefusedError
from trueup.core.expression import ExpressionError
from trueup.core.finding import Finding
from trueup.core.reason import Reason
from trueup.modules.catalogue_files import CatalogueError
from trueup.psa.port import PsaReadError
from trueup.store.errors import StoreError

STATUS: Final[Mapping[str, HTTPStatus]] = {
    "access.sign_in": HTTPStatus.UNAUTHORIZED,
    "access.passkey": HTTPStatus.UNAUTHORIZED,
    "access.network": HTTPStatus.FORBIDDEN,
    "access.provider_failed": HTTPStatus.UNAUTHORIZED,
    "access.provider_unknown": HTTPStatus.FORBIDDEN,
    "access.no_provider": HTTPStatus.NOT_FOUND,
    "access.token": HTTPStatus.UNAUTHORIZED,
    "access.session_only": HTTPStatus.FORBIDDEN,
    "access.wrong": HTTPStatus.UNAUTHORIZED,
    "access.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "access.origin": HTTPStatus.FORBIDDEN,
    "access.csrf": HTTPStatus.FORBIDDEN,
    "access.needs_tls": HTTPStatus.FORBIDDEN,
    "access.confirm": HTTPStatus.FORBIDDEN,
    "access.second_factor": HTTPStatus.FORBIDDEN,
    "access.link": HTTPStatus.GONE,
    "access.role": HTTPStatus.FORBIDDEN,
    "access.operator": HTTPStatus.FORBIDDEN,
    "access.unknown_tenant": HTTPStatus.NOT_FOUND,
    "customers.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "metrics.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "group.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "rails.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "group.unknown": HTTPStatus.NOT_FOUND,
    "notify.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "rules.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "setup.changed_meanwhile": HTTPStatus.PRECONDITION_FAILED,
    "apply.another_run": HTTPStatus.CONFLICT,
    "apply.lease_lost": HTTPStatus.CONFLICT,
    "store.unknown_tenant": HTTPStatus.NOT_FOUND,
    "store.person_exists": HTTPStatus.CONFLICT,
    "store.tenant_exists": HTTPStatus.CONFLICT,
    "store.email_exists": HTTPStatus.CONFLICT,
    "store.busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "store.connection_exists": HTTPStatus.CONFLICT,
    "store.receiver_exists": HTTPStatus.CONFLICT,
    "store.plan_exists": HTTPStatus.CONFLICT,
    "store.plan_not_open": HTTPStatus.CONFLICT,
    "store.plan_differs": HTTPStatus.CONFLICT,
    "store.key_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Codes whose status does not follow from their name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as an answer shows it: `more` are further reasons, `errors` the wrong parts of the call, `findings` the
    answers of a live test that failed."""

    reason: Reason
    status: HTTPStatus
    errors: tuple[Mapping[str, Any], ...] = ()
    more: tuple[Reason, ...] = ()
    findings: tuple[Finding, ...] = ()


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


def _of_expression(error: ExpressionError) -> Fault:
    part = {"place": error.text, "kind": error.code, "detail": "", "position": error.position, "length": error.length}
    return Fault(Reason(error.code, error.params), HTTPStatus.UNPROCESSABLE_ENTITY, (part,))


def _of_catalogue(error: CatalogueError) -> Fault:
    parts = tuple({"place": where, "kind": "catalogue", "detail": text} for _, where, text in error.problems)
    return Fault(Reason.of("web.catalogue", file=error.file), HTTPStatus.UNPROCESSABLE_ENTITY, parts)


def fault_of(error: BaseException) -> Fault | None:
    """What a known error says; None for one that nobody expected."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    match error:
        case UseCaseError():
            more = error.faults[1:] if isinstance(error, RuleRefusedError) else ()
            findings = error.findings if isinstance(error, NotConnectedError) else ()
            found = Fault(error.reason, status_of(error.reason, error.exit_code), more=more, findings=findings)
        case StoreError():
            found = Fault(error.reason, status_of(error.reason))
        case PsaReadError():
            found = Fault(error.failure.reason, HTTPStatus.BAD_GATEWAY)
        case ExpressionError():
            found = _of_expression(error)
        case CatalogueError():
            found = _of_catalogue(error)
        case _:
            return None
    return found
