"""What a page does and shows, named as the REST API names it, so that a page can do nothing that a program cannot.

Every route of a page says which operations of the API do or show the same; a test compares the names with the OpenAPI,
and the roles with each other. The few that belong to a browser alone say why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_MARK: Final = "__trueup_doing__"


@dataclass(frozen=True, slots=True)
class Doing:
    """What a route of a page does: `operations` of the API by their operationId, or why it belongs to a browser."""

    operations: tuple[str, ...] = ()
    browser_only: str | None = None


def _marked(doing: Doing) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, doing)
        return endpoint

    return mark


def does(*operations: str) -> Callable[[Endpoint], Endpoint]:
    """The route does what these operations of the API do: `@router.post(...)` above, `@does("approvePlan")` below."""
    return _marked(Doing(operations))


def shows(*operations: str) -> Callable[[Endpoint], Endpoint]:
    """The page shows what these operations of the API give: `@router.get(...)` above, `@shows("getPlan")` below."""
    return _marked(Doing(operations))


def only_in_browsers(because: str) -> Callable[[Endpoint], Endpoint]:
    """The route has no counterpart in the API, because what it shows or changes exists in a browser only, such as a
    session."""
    return _marked(Doing(browser_only=because))


def doing_of(endpoint: Callable[..., Any]) -> Doing | None:
    """What an endpoint said of itself; None where it said nothing."""
    found = getattr(endpoint, _MARK, None)
    return found if isinstance(found, Doing) else None
