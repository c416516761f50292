"""What a use case says when it cannot go on: a reason with its cure in the message catalogue, and an exit code."""

from __future__ import annotations

from enum import IntEnum

from trueup.core.reason import Param, Reason


class Exit(IntEnum):
    """Exit codes of the command line; a contract (see docs/codes.md)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    REFUSED = 4


class UseCaseError(Exception):
    """A use case that stopped before it changed anything, or with everything it did written down."""

    def __init__(self, reason: Reason, exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.exit_code = exit_code


def failed(code: str, **params: Param) -> UseCaseError:
    """Something could not be done."""
    return UseCaseError(Reason.of(code, **params))


def refused(code: str, **params: Param) -> UseCaseError:
    """The request no longer fits what is there (an expired plan, a line that moved)."""
    return UseCaseError(Reason.of(code, **params), Exit.REFUSED)
