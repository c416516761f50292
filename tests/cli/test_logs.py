"""What a process that runs on writes down: one line an event, and no secret, whatever somebody logs."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from trueup.cli.logs import as_json, without_secrets


def told(message: str, *args: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("trueup.jobs", logging.ERROR, __file__, 1, message, args, more.pop("exc_info", None))
    vars(record).update(more)
    text = as_json().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_an_event_is_a_line_with_its_tenant_and_its_code() -> None:
    event = told("the round of %s failed: %s", "west", "psa.away", tenant="west", code="psa.away")
    assert event.pop("at").endswith("Z")
    assert event == {
        "event": "the round of west failed: psa.away",
        "level": "error",
        "logger": "trueup.jobs",
        "tenant": "west",
        "code": "psa.away",
    }


def test_a_name_from_outside_cannot_begin_a_line_of_its_own() -> None:
    assert told("customer %s", 'x\n{"event": "forged"}')["event"] == 'customer x\n{"event": "forged"}'


def test_of_an_exception_the_kind_is_told_and_neither_text_nor_stack() -> None:
    try:
        raise ValueError("hunter2")
    except ValueError:
        event = told("it broke", exc_info=sys.exc_info())
    assert event["error"] == "ValueError"
    assert "hunter2" not in json.dumps(event)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2",
        "{'Secret': 'hunter2', 'UserName': 'api'}",
        "GET https://vendor/api?api_key=hunter2&page=1",
        "postgresql://trueup:hunter2@db.example.org/trueup",
        "password=hunter2",
        'Cookie: "hunter2"',
        "x-api-key: hunter2",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "hunter2" not in without_secrets(text)
    assert "hunter2" not in json.dumps(told(text, detail=text))


def test_what_looks_like_none_stays() -> None:
    text = "the token of Ann was taken back; 12 secrets sealed, https://example.org:8443/path"
    assert without_secrets(text) == text
