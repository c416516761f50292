"""Answers other than success, as exceptions: the application's, the web framework's, and refused sign-ins."""

from __future__ import annotations


class RefusedError(Exception):
    """An application error: `{"errors": [...]}`, with status 500 unless said otherwise."""

    def __init__(self, *texts: str, status: int = 500) -> None:
        super().__init__(*texts)
        self.texts = texts
        self.status = status


class RoutingError(Exception):
    """An error of the web framework: `{"Message": "..."}`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class UnauthorisedError(Exception):
    """A refused sign-in: 401, with or without a body."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class TooManyError(Exception):
    """Too many calls or threads."""

    def __init__(self, text: str, status: int = 429) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def missing_reference(field: str) -> RefusedError:
    """An id that nothing has."""
    return RefusedError(f"Value does not reference an existing entity for {field} . ")


def required(field: str) -> RefusedError:
    """A required field that was left out or is null."""
    return RefusedError(f"{field} is a required field.")
