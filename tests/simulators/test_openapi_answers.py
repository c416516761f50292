"""The validator itself: what it must let through and what it must catch."""

from __future__ import annotations

from typing import Any

import pytest
from tests.openapi import AnswerMismatchError, OpenApiAnswers

AUTOTASK = OpenApiAnswers.autotask()
DATTO = OpenApiAnswers.datto_rmm()
CONTRACT = "http://127.0.0.1:8000/ATServicesRest/V1.0/Contracts/7"


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/atservicesrest/v1.0/zoneInformation", 200, {"zoneName": "x", "url": "u", "webUrl": "w", "ci": 3}),
        ("GET", "/zone2/ATServicesRest//V1.0/contracts/7/", 200, {"item": {"id": 7, "status": None}}),
        ("GET", CONTRACT, 200, {"item": {"startDate": "2026-01-01T00:00:00Z"}}),
        ("PATCH", CONTRACT, 405, {"Message": "no"}),
        ("GET", CONTRACT, 401, b""),
        ("GET", CONTRACT, 429, {"errors": ["too many"]}),
        ("POST", "/ATServicesRest/V1.0/Contracts/query/next", 200, {"items": [], "pageDetails": {"nextPageUrl": None}}),
        ("GET", "/_simulator/state", 200, {"anything": 1}),
    ],
)
def test_described_answers_and_known_exceptions_pass(method: str, path: str, status: int, body: Any) -> None:
    AUTOTASK.validate(method, path, status, body)


@pytest.mark.parametrize(
    ("path", "status", "body", "told"),
    [
        (CONTRACT, 200, {"item": {"nonsense": 1}}, "nonsense"),
        (CONTRACT, 200, {"item": {"status": 2**40}}, "int32"),
        (CONTRACT, 200, {"item": {"status": "1"}}, "item/status"),
        (CONTRACT, 200, {"item": {"startDate": "2026-01-01"}}, "date-time"),
        (CONTRACT, 200, b"{", "not JSON"),
        (CONTRACT, 500, b"<html>", "not JSON"),
        (CONTRACT, 500, {"errors": [{"message": "x"}]}, "errors/0"),
        (CONTRACT, 404, {"errors": ["x"]}, "neither"),
        (CONTRACT, 418, {}, "neither"),
        ("/ATServicesRest/V1.0/Nonsense/query", 200, {}, "no such operation"),
    ],
)
def test_other_answers_are_caught_and_told(path: str, status: int, body: Any, told: str) -> None:
    with pytest.raises(AnswerMismatchError, match=told):
        AUTOTASK.validate("GET", path, status, body)


def test_broken_answers_pass_only_while_they_are_provoked() -> None:
    with AUTOTASK.tolerating("an HTML page"):
        AUTOTASK.validate("GET", CONTRACT, 500, b"<html>")
    with pytest.raises(AnswerMismatchError):
        AUTOTASK.validate("GET", CONTRACT, 500, b"<html>")


def test_datto_dates_may_be_numbers_and_fields_must_be_known() -> None:
    page = {"count": 1, "totalCount": 1, "prevPageUrl": None, "nextPageUrl": None}
    device: dict[str, Any] = {"id": 1, "lastSeen": 1_700_000_000_000, "udf": {"udf1": None}, "antivirus": None}
    DATTO.validate("GET", "/api/v2/account/devices", 200, {"pageDetails": page, "devices": [device]})
    device["Lastseen"] = 1
    with pytest.raises(AnswerMismatchError, match="Lastseen"):
        DATTO.validate("GET", "/api/v2/account/devices", 200, {"pageDetails": page, "devices": [device]})
