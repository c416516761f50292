"""What an answer of Autotask means. The body decides, not the status.

Autotask answers a business rejection with status 500 and `{"errors": [...]}`, an outage with a page of HTML or nothing,
and its thread limit sometimes under another status than 429 (Autotask REST, pages on updating data and on thread
limiting, and the error handling of several public clients).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.port import RefusalKind

LONGEST_TEXT = 240
"""Characters of the vendor's own words that are kept."""


class AnswerKind(StrEnum):
    """What may be concluded from an answer."""

    OK = "ok"
    REJECTED = "rejected"
    UNAUTHORISED = "unauthorised"
    CODE_INVALID = "code_invalid"
    LOCKED = "locked"
    PERMISSION = "permission"
    NETWORK_RULE = "network_rule"
    RATE_LIMITED = "rate_limited"
    THREAD_LIMIT = "thread_limit"
    NOT_FOUND = "not_found"
    TRANSIENT = "transient"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, classified. `retry_after` is in seconds where the vendor said so; `text` is its own words."""

    kind: AnswerKind
    status: int
    body: bytes = field(default=b"", repr=False)
    text: str = ""
    retry_after: float | None = None
    date: str = ""


class _Body(msgspec.Struct):
    errors: list[object] | str | None = None
    message: str | None = msgspec.field(default=None, name="Message")


# Wording of a fault at the vendor's side that some answers carry in the errors array.
_FAULT_WORDING = ("internal error", "try again", "unexpected error", "an error has occurred", "timeout expired")

_TEXTS: tuple[tuple[str, AnswerKind], ...] = (
    ("thread threshold", AnswerKind.THREAD_LIMIT),
    ("itgenatr005", AnswerKind.THREAD_LIMIT),
    ("account has been locked", AnswerKind.LOCKED),
    ("integrationcode is invalid", AnswerKind.CODE_INVALID),
    ("integration code is invalid", AnswerKind.CODE_INVALID),
    ("does not have the adequate permissions", AnswerKind.PERMISSION),
)

_REFUSALS: tuple[tuple[str, RefusalKind], ...] = (
    ("contract_service_period", RefusalKind.DUPLICATE_DATE),
    ("contract_service_bundle_period", RefusalKind.DUPLICATE_DATE),
    ("effectivedate must be between", RefusalKind.OUTSIDE_CONTRACT),
    ("approved and posted", RefusalKind.POSTED_PERIOD),
    ("negative", RefusalKind.NEGATIVE_UNITS),
    ("adequate permissions", RefusalKind.PERMISSION),
)


def refusal_of(text: str) -> RefusalKind:
    """Why a write was refused, from the vendor's words."""
    lowered = text.lower()
    return next((kind for phrase, kind in _REFUSALS if phrase in lowered), RefusalKind.OTHER)


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Turn status, headers and body into one meaning."""
    parsed = _parsed(body)
    texts = _texts(parsed)
    if parsed and parsed.message:
        texts.append(parsed.message)
    plain = "" if parsed or _is_page(body, headers) else body[:2000].decode("utf-8", "replace").strip()
    words = "; ".join(texts) or plain
    return Answer(
        kind=_kind(status, parsed, texts, words, headers, body),
        status=status,
        body=body,
        text="" if 200 <= status < 300 and not texts else words[:LONGEST_TEXT],
        retry_after=_seconds(headers.get("retry-after")),
        date=headers.get("date", ""),
    )


def _kind(
    status: int, parsed: _Body | None, texts: list[str], words: str, headers: Mapping[str, str], body: bytes
) -> AnswerKind:
    succeeded = 200 <= status < 300
    if succeeded and not texts:
        return AnswerKind.OK if parsed is not None else AnswerKind.UNREADABLE
    lowered = words.lower()
    for phrase, kind in _TEXTS:
        if phrase in lowered:
            return kind
    by_status = {401: AnswerKind.UNAUTHORISED, 429: AnswerKind.RATE_LIMITED}
    if status in by_status:
        return by_status[status]
    if status == 403:
        return AnswerKind.NETWORK_RULE if _is_page(body, headers) else AnswerKind.PERMISSION
    return _kind_of_failure(status, parsed, lowered)


def _kind_of_failure(status: int, parsed: _Body | None, words: str) -> AnswerKind:
    if parsed is not None and parsed.errors:
        fault = status >= 500 and any(phrase in words for phrase in _FAULT_WORDING)
        return AnswerKind.TRANSIENT if fault else AnswerKind.REJECTED
    if status in (404, 405):
        return AnswerKind.NOT_FOUND
    if 400 <= status < 500 and status != 408:
        return AnswerKind.REJECTED
    if words and refusal_of(words) is not RefusalKind.OTHER:
        return AnswerKind.REJECTED  # some rejections come as plain text
    return AnswerKind.TRANSIENT


def failure_of(answer: Answer, endpoint: str) -> Failure:
    """The failure that a read reports for an answer that is not OK; `text` must be free of secrets already."""
    kinds: dict[AnswerKind, tuple[FailureCategory, str]] = {
        AnswerKind.REJECTED: (FailureCategory.SCHEMA_CHANGED, "autotask.rejected"),
        AnswerKind.UNAUTHORISED: (FailureCategory.CREDENTIALS, "autotask.credentials_refused"),
        AnswerKind.CODE_INVALID: (FailureCategory.CREDENTIALS, "autotask.integration_code_invalid"),
        AnswerKind.LOCKED: (FailureCategory.CREDENTIALS, "autotask.user_locked"),
        AnswerKind.PERMISSION: (FailureCategory.PERMISSION, "autotask.permission_refused"),
        AnswerKind.NETWORK_RULE: (FailureCategory.NETWORK_RULE, "autotask.network_refused"),
        AnswerKind.RATE_LIMITED: (FailureCategory.RATE_LIMITED, "autotask.rate_limited"),
        AnswerKind.THREAD_LIMIT: (FailureCategory.RATE_LIMITED, "autotask.thread_limit"),
        AnswerKind.NOT_FOUND: (FailureCategory.SCHEMA_CHANGED, "autotask.not_found"),
        AnswerKind.TRANSIENT: (FailureCategory.UNREACHABLE, "autotask.unavailable"),
        AnswerKind.UNREADABLE: (FailureCategory.TRUNCATED, "autotask.unreadable"),
        AnswerKind.OK: (FailureCategory.SCHEMA_CHANGED, "autotask.unreadable"),
    }
    category, code = kinds[answer.kind]
    return Failure(category, Reason.of(code, endpoint=endpoint, status=answer.status, text=answer.text))


def _texts(parsed: _Body | None) -> list[str]:
    if parsed is None or not parsed.errors:
        return []
    return [parsed.errors] if isinstance(parsed.errors, str) else [str(item) for item in parsed.errors]


def _parsed(body: bytes) -> _Body | None:
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_page(body: bytes, headers: Mapping[str, str]) -> bool:
    return "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None  # a date is allowed there too, and is answered with the default wait
