"""What a page's form does, named as the REST API names it, so that a page can do nothing that a program cannot.

Every route of a page that changes something says which operations of the API do the same; a test compares the names
with the OpenAPI, and the roles with each other. The few that belong to a browser alone say why.
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


def does(*operations: str) -> Callable[[Endpoint], Endpoint]:
    """The route does what these operations of the API do: `@router.post(...)` above, `@does("approvePlan")` below."""

    def marked(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, Doing(operations))
        return endpoint

    return marked


def only_in_browsers(because: str) -> Callable[[Endpoint], Endpoint]:
    """The route has no counterpart in the API, because what it changes exists in a browser only, such as a session."""

    def marked(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, Doing(browser_only=because))
        return endpoint

    return marked


def doing_of(endpoint: Callable[..., Any]) -> Doing | None:
    """What an endpoint said of itself; None where it said nothing."""
    found = getattr(endpoint, _MARK, None)
    return found if isinstance(found, Doing) else None
