"""What is wrong with a whole file: carried up inside this package, a value (`Collection.failure`) at its edge."""

from __future__ import annotations

from trueup.core.reason import Param, Reason
from trueup.core.usage import Failure, FailureCategory


class FileRefusedError(Exception):
    """The file as a whole cannot be used; nothing may be concluded from it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.code)
        self.failure = failure


def implausible(code: str, **params: Param) -> FileRefusedError:
    """It can be read, and what it says cannot be believed."""
    return FileRefusedError(Failure(FailureCategory.IMPLAUSIBLE, Reason.of(code, **params)))


def unreadable(code: str, **params: Param) -> FileRefusedError:
    """Its form is not the one that the profile describes."""
    return FileRefusedError(Failure(FailureCategory.SCHEMA_CHANGED, Reason.of(code, **params)))


def cut_short(code: str, **params: Param) -> FileRefusedError:
    """Its end is missing."""
    return FileRefusedError(Failure(FailureCategory.TRUNCATED, Reason.of(code, **params)))
