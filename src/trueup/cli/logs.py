"""What processes that run on write to standard error: a line of JSON an event where `TRUEUP_LOG=json`, else plain text.

Events carry codes and names of tenants, never what a vendor sent. Whatever looks like a secret is masked all the same,
and addresses that were called are left out, because some of them are secrets themselves.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

VARIABLE: Final = "TRUEUP_LOG"
MASKED: Final = "***"

_SECRET = re.compile(
    r"(?i)((?:authorization|api[-_ ]?key|secret|password|passwd|token|cookie)[\"']?\s*[=:]\s*[\"']?)"
    r"(?:(?:bearer|basic)\s+)?[^\s\"',;&}]+"
)
_WITH_PASSWORD = re.compile(r"(\w+://[^\s:/@]+:)[^\s@/]+@")
_TELL_ADDRESSES = ("httpx2", "httpcore2")


def begin(environment: Mapping[str, str]) -> None:
    """Set up the log of this process."""
    handler = logging.StreamHandler(sys.stderr)
    if environment.get(VARIABLE) == "json":
        handler.setFormatter(as_json())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO if environment.get(VARIABLE) == "json" else logging.WARNING)
    for name in _TELL_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def as_json() -> logging.Formatter:
    """The formatter: moment, level, logger, event, and what the event carries."""
    moment = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
    return ProcessorFormatter(
        foreign_pre_chain=[add_log_level, add_logger_name, ExtraAdder(), moment],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _error_by_name,
            _masked,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _error_by_name(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    """Of an exception its kind alone: its text and its stack may hold what was sent."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[0] is not None:
        event["error"] = error[0].__name__
    return event


def _masked(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    return {name: without_secrets(value) if isinstance(value, str) else value for name, value in event.items()}


def without_secrets(text: str) -> str:
    """The text with whatever looks like a secret masked."""
    return _WITH_PASSWORD.sub(rf"\1{MASKED}@", _SECRET.sub(rf"\1{MASKED}", text))
