from __future__ import annotations

import pytest

from trueup.core.usage import FailureCategory
from trueup.psa.autotask.errors import AnswerKind, classify, failure_of, refusal_of
from trueup.psa.autotask.writing import result_of
from trueup.psa.port import RefusalKind, WriteStatus

JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html"}
TEXT = {"content-type": "text/plain"}
PAGE = b"<!DOCTYPE html><html><body>Service Unavailable</body></html>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "write"),
    [
        (200, JSON, b'{"itemId":null}', AnswerKind.OK, WriteStatus.ACCEPTED),
        (201, JSON, b'{"itemId":17}', AnswerKind.OK, WriteStatus.ACCEPTED),
        (200, JSON, b'{"itemId":null,"errors":[]}', AnswerKind.OK, WriteStatus.ACCEPTED),
        (200, JSON, b'{"itemId":null,"errors":["no"]}', AnswerKind.REJECTED, WriteStatus.REFUSED),
        (200, JSON, b"", AnswerKind.UNREADABLE, WriteStatus.UNCLEAR),
        (200, JSON, b'{"itemId":', AnswerKind.UNREADABLE, WriteStatus.UNCLEAR),
        (200, JSON, b"[1,2]", AnswerKind.UNREADABLE, WriteStatus.UNCLEAR),
        (200, JSON, b"\xff\xfe{}", AnswerKind.UNREADABLE, WriteStatus.UNCLEAR),
        (200, HTML, PAGE, AnswerKind.UNREADABLE, WriteStatus.UNCLEAR),
        (302, HTML, b"", AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, JSON, b'{"errors":["Units may not be negative."]}', AnswerKind.REJECTED, WriteStatus.REFUSED),
        (500, JSON, b'{"errors":"just a text"}', AnswerKind.REJECTED, WriteStatus.REFUSED),
        (500, JSON, b'{"errors":["An internal error occurred"]}', AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, JSON, b'{"errors":[]}', AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, JSON, b'{"errors":null}', AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, HTML, PAGE, AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, TEXT, b"", AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, TEXT, b"Runtime trouble", AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (500, TEXT, b"duplicate data into contract_service_period", AnswerKind.REJECTED, WriteStatus.REFUSED),
        (408, HTML, PAGE, AnswerKind.TRANSIENT, WriteStatus.UNCLEAR),
        (400, JSON, b'{"errors":["bad"]}', AnswerKind.REJECTED, WriteStatus.REFUSED),
        (403, HTML, PAGE, AnswerKind.NETWORK_RULE, WriteStatus.NOT_SENT),
        (403, JSON, b'{"errors":["no"]}', AnswerKind.PERMISSION, WriteStatus.REFUSED),
        (404, JSON, b'{"Message":"No HTTP resource was found"}', AnswerKind.NOT_FOUND, WriteStatus.REFUSED),
        (405, JSON, b'{"Message":"does not support http method"}', AnswerKind.NOT_FOUND, WriteStatus.REFUSED),
        (429, HTML, PAGE, AnswerKind.RATE_LIMITED, WriteStatus.NOT_SENT),
        (429, JSON, b'{"errors":["Itgenatr005"]}', AnswerKind.THREAD_LIMIT, WriteStatus.NOT_SENT),
        (
            500,
            JSON,
            b'{"errors":["The Autotask API thread threshold of 3 threads has been exceeded"]}',
            AnswerKind.THREAD_LIMIT,
            WriteStatus.NOT_SENT,
        ),
        (
            500,
            JSON,
            b'{"errors":["The logged in Resource does not have the adequate permissions to do so"]}',
            AnswerKind.PERMISSION,
            WriteStatus.REFUSED,
        ),
    ],
)
def test_the_body_and_not_the_status_says_what_happened(
    status: int, headers: dict[str, str], body: bytes, kind: AnswerKind, write: WriteStatus
) -> None:
    answer = classify(status, headers, body)
    assert answer.kind is kind
    assert result_of(answer, "ContractServiceAdjustments").status is write


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Attempt to insert duplicate data into contract_service_period", RefusalKind.DUPLICATE_DATE),
        ("Attempt to insert duplicate data into contract_service_bundle_period", RefusalKind.DUPLICATE_DATE),
        (
            (
                "ContractServiceAdjustment effectiveDate must be between the start date and end date of the Contract "
                "referenced by contractID."
            ),
            RefusalKind.OUTSIDE_CONTRACT,
        ),
        ("Unit count cannot become Negative", RefusalKind.NEGATIVE_UNITS),
        (
            (
                "Unable to make changes as it would result in the deletion/modification of an already approved "
                "and posted contract period"
            ),
            RefusalKind.POSTED_PERIOD,
        ),
        ("Value does not reference an existing entity for contractServiceID . ", RefusalKind.OTHER),
        ("Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key", RefusalKind.OTHER),
    ],
)
def test_a_refusal_is_understood_by_its_words(text: str, kind: RefusalKind) -> None:
    assert refusal_of(text) is kind


def test_a_firewall_in_front_of_the_vendor_is_told_from_a_missing_permission() -> None:
    assert failure_of(classify(403, HTML, PAGE), "Contracts").category is FailureCategory.NETWORK_RULE
    assert failure_of(classify(403, JSON, b"{}"), "Contracts").category is FailureCategory.PERMISSION


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("", None)]
)
def test_a_wait_is_read_where_it_is_given_in_seconds(header: str, seconds: float | None) -> None:
    assert classify(429, {"retry-after": header}, b"").retry_after == seconds


def test_long_words_of_the_vendor_are_shortened() -> None:
    answer = classify(500, JSON, b'{"errors":["%s"]}' % (b"x" * 5000))
    assert len(answer.text) == 240
