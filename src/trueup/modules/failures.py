"""What can go wrong with a source: one table from code to category and cure, and the error that carries it inside.

Failures are values at the edge (`Collection.failure`); inside this package one exception carries them up, so that
every step between may stay simple. Codes and parameters are explained in `docs/codes.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from trueup.core.reason import Param, Reason
from trueup.core.usage import Failure, FailureCategory

_C = FailureCategory
CATEGORIES: dict[str, FailureCategory] = {
    "module.credentials_refused": _C.CREDENTIALS,
    "module.token_refused": _C.CREDENTIALS,
    "module.secret_missing": _C.CREDENTIALS,
    "module.permission_missing": _C.PERMISSION,
    "module.network_rule": _C.NETWORK_RULE,
    "module.rate_limited": _C.RATE_LIMITED,
    "module.address_blocked": _C.RATE_LIMITED,
    "module.resting": _C.RATE_LIMITED,
    "module.unreachable": _C.UNREACHABLE,
    "module.address_refused": _C.UNREACHABLE,
    "module.timed_out": _C.UNREACHABLE,
    "module.server_error": _C.UNREACHABLE,
    "module.not_found": _C.UNREACHABLE,
    "module.redirected": _C.UNREACHABLE,
    "module.html_page": _C.UNREACHABLE,
    "module.setting_wrong": _C.UNREACHABLE,
    "module.delivered": _C.UNREACHABLE,
    "module.connection_dropped": _C.TRUNCATED,
    "module.cut_short": _C.TRUNCATED,
    "module.page_short": _C.TRUNCATED,
    "module.list_short": _C.TRUNCATED,
    "module.total_jumped": _C.TRUNCATED,
    "module.cursor_missing": _C.TRUNCATED,
    "module.page_loop": _C.TRUNCATED,
    "module.next_page_elsewhere": _C.TRUNCATED,
    "module.too_many_pages": _C.TRUNCATED,
    "module.not_json": _C.SCHEMA_CHANGED,
    "module.list_missing": _C.SCHEMA_CHANGED,
    "module.error_in_body": _C.SCHEMA_CHANGED,
    "module.request_refused": _C.SCHEMA_CHANGED,
    "module.condition_failed": _C.SCHEMA_CHANGED,
    "module.answer_too_large": _C.IMPLAUSIBLE,
    "module.exclusion_missing": _C.IMPLAUSIBLE,
    "module.empty": _C.IMPLAUSIBLE,
}
"""Every failure code of this package with the category that design section 8 gives it."""

CURES: dict[str, str] = {
    "module.credentials_refused": "cure.module.renew_credentials",
    "module.token_refused": "cure.module.renew_credentials",
    "module.secret_missing": "cure.module.give_secret",
    "module.permission_missing": "cure.module.grant_rights",
    "module.network_rule": "cure.module.allow_address",
    "module.rate_limited": "cure.module.wait_or_share_quota",
    "module.address_blocked": "cure.module.wait_for_block",
    "module.resting": "cure.module.wait_for_block",
    "module.unreachable": "cure.module.check_network",
    "module.address_refused": "cure.module.allow_reach",
    "module.timed_out": "cure.module.check_network",
    "module.server_error": "cure.module.vendor_trouble",
    "module.not_found": "cure.module.check_platform",
    "module.redirected": "cure.module.check_platform",
    "module.html_page": "cure.module.check_proxy",
    "module.setting_wrong": "cure.module.correct_setting",
    "module.delivered": "cure.module.deliver",
    "module.connection_dropped": "cure.module.collect_again",
    "module.cut_short": "cure.module.collect_again",
    "module.page_short": "cure.module.collect_again",
    "module.list_short": "cure.module.collect_again",
    "module.total_jumped": "cure.module.collect_again",
    "module.exclusion_missing": "cure.module.restore_filter",
    "module.empty": "cure.module.check_rights_and_platform",
    "module.exclusion_not_set_up": "cure.module.create_filter",
    "module.rights_look_restricted": "cure.module.grant_rights",
    "module.nothing_delivered": "cure.module.check_rights_and_platform",
    "module.clock_differs": "cure.module.set_clock",
}
"""What to do about each; a code that is not here is a change on the vendor's side (`cure.module.report`)."""

_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![\w:]|\.\d)"
)


class SourceError(Exception):
    """A failure on its way up. `retry` says that the same reading call may be repeated; `wait` for how many seconds
    before (None: back off as usual); `rest` for how many seconds nobody should call the module."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.retry = False
        self.wait: int | None = None
        self.rest = 0

    @property
    def failure(self) -> Failure:
        """The failure as a value."""
        return Failure(CATEGORIES[self.reason.code], self.reason)

    def retrying(self, wait: int | None = None) -> SourceError:
        """The same, to be tried again."""
        self.retry, self.wait = True, wait
        return self

    def resting(self, seconds: int) -> SourceError:
        """The same, with a time in which nobody should call."""
        self.rest = seconds
        return self

    def placed(self, where: Mapping[str, Param]) -> SourceError:
        """The same with parameters that say where, except those that it has already."""
        self.reason = Reason.of(self.reason.code, **{**where, **self.reason.as_dict()})
        return self


def source_error(code: str, **params: Param) -> SourceError:
    """Build the error for a code of `CATEGORIES`; parameters that are None are left out."""
    return SourceError(Reason.of(code, **{name: value for name, value in params.items() if value is not None}))


def cure_of(reason: Reason) -> Reason:
    """What a person does about it, with the same parameters."""
    return Reason(CURES.get(reason.code, "cure.module.report"), reason.params)


def address_in(text: str) -> str | None:
    """The first IP address that a refusal mentions: ours, as the module saw it."""
    found = _ADDRESS.search(text)
    return found.group(0) if found else None
