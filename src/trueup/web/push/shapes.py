"""What `POST /api/v1/usage` takes and gives, for the API's description. CloudEvents 1.0, JSON format."""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_ORGANIZATION: Final = {
    "type": "object",
    "required": ["key"],
    "additionalProperties": False,
    "properties": {
        "key": {**_TEXT, "description": "The module's own stable key"},
        "name": {"type": "string", "minLength": 1, "maxLength": 500},
        "psa_hint": {**_TEXT, "description": "The customer's id in the PSA, where the module knows it"},
    },
}
_ITEM: Final = {
    "type": "object",
    "required": ["key", "billing_type"],
    "additionalProperties": False,
    "properties": {
        "key": _TEXT,
        "billing_type": _TEXT,
        "name": {"type": "string", "maxLength": 500},
        "attributes": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
    },
}
_USAGE: Final = {
    "type": "object",
    "required": ["day", "organization"],
    "additionalProperties": False,
    "properties": {
        "day": {"type": "string", "format": "date"},
        "organization": _ORGANIZATION,
        "counts": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        "items": {"type": "array", "items": _ITEM},
    },
}
_COMPLETE: Final = {
    "type": "object",
    "required": ["day", "organizations"],
    "additionalProperties": False,
    "properties": {
        "day": {"type": "string", "format": "date"},
        "organizations": {"type": "array", "items": _ORGANIZATION},
        "billing_types": {"type": "array", "items": _TEXT},
        "short_because": {"type": "string", "maxLength": 500},
    },
}


def _event(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _TEXT,
            "source": {"type": "string", "minLength": 1, "maxLength": 500},
            "type": {"const": kind},
            "time": {"type": "string"},
            "data": data,
        },
    }


_EVENT: Final = {"oneOf": [_event("trueup.usage", _USAGE), _event("trueup.usage.complete", _COMPLETE)]}
_BATCH: Final = {"type": "array", "items": _EVENT, "maxItems": 10_000}
_OUTCOMES: Final = {
    "events": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["id", "source", "state"],
            "properties": {
                "id": {"type": "string"},
                "source": {"type": "string"},
                "state": {"enum": ["accepted", "already", "refused"]},
                "code": {"type": "string"},
                "detail": {"type": "string"},
                "cure": {"type": "string"},
            },
        },
    },
    "days": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["day", "coverage", "organizations", "items", "counts", "notes"],
            "properties": {
                "day": {"type": "string", "format": "date"},
                "coverage": {"enum": ["measured", "partial", "unknown"]},
                "organizations": {"type": "integer"},
                "items": {"type": "integer"},
                "counts": {"type": "boolean"},
                "notes": {"type": "array", "items": {"type": "object"}},
            },
        },
    },
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "cure": {"type": "string"},
    },
}


def _problem(description: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    shape = {**_PROBLEM, "properties": {**_PROBLEM["properties"], **(more or {})}}  # type: ignore[dict-item]
    return {"description": description, "content": {"application/problem+json": {"schema": shape}}}


OPENAPI: Final[dict[str, Any]] = {
    "request": {
        "security": [{"moduleKey": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents-batch+json": {"schema": _BATCH},
                "application/cloudevents+json": {"schema": _EVENT},
                "application/json": {"schema": {"anyOf": [_BATCH, _EVENT]}},
            },
        },
    },
    "responses": {
        200: {
            "description": "Every event was taken, now or before",
            "content": {
                "application/json": {
                    "schema": {"type": "object", "required": ["events", "days"], "properties": _OUTCOMES}
                }
            },
        },
        400: _problem("The body is no JSON, or has too many events"),
        401: _problem("No valid key"),
        403: _problem("A network rule refuses the address"),
        409: _problem("The tenant is suspended; the same batch may come again later"),
        413: _problem("The body is too large"),
        415: _problem("The content type is none of ours"),
        422: _problem("Some events were refused; the others were taken", _OUTCOMES),
    },
}
