"""Who may sign in, what a wrong sign-in gets, and which rows a restricted user sees.

Autotask REST, security and authentication page; statuses as observed by several clients. The body of a 401 and the
status of a locked user are switches.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from trueup_simulators.autotask.errors import RefusedError, UnauthorisedError
from trueup_simulators.autotask.switches import Switches

LOCKED_TEXT = "The user account has been locked. Please see your Autotask Administrator for details."


@dataclass(slots=True)
class User:
    """An API user."""

    user_name: str
    secret: str = field(repr=False)
    companies: frozenset[int] | None = None
    """Companies whose rows the user sees; null: all."""
    hidden_entities: frozenset[str] = frozenset()
    """Entities (paths, lower case) of which the user sees no row at all."""
    can_edit_contracts: bool = True
    can_edit_catalogue: bool = True
    """Services and bundles of the catalogue."""
    locked: bool = False
    failures: int = 0


class Accounts:
    """Users and integration codes."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.integration_codes: set[str] = set()

    def add(self, user: User) -> None:
        """Know a user; names are not case-sensitive."""
        self.users[user.user_name.lower()] = user

    def find(self, user_name: str) -> User | None:
        """The user with this name."""
        return self.users.get(user_name.strip().lower())

    def sign_in(self, headers: Mapping[str, str], switches: Switches) -> tuple[User, str]:
        """The user and integration code of a call. Raises `UnauthorisedError` or `RefusedError`."""
        code, name, secret = (headers.get(key, "") for key in ("apiintegrationcode", "username", "secret"))
        if not (code and name and secret):
            raise UnauthorisedError("A required authentication header is missing.")
        user = self.find(name)
        if user is None:
            raise RefusedError("The specified user does not exist.")
        if user.locked:
            raise _locked(switches)
        if not hmac.compare_digest(user.secret.encode(), secret.encode()):
            user.failures += 1
            user.locked = user.failures >= switches.lockout_after
            raise UnauthorisedError("The username or password is incorrect.")
        user.failures = 0
        if code not in self.integration_codes:
            raise RefusedError("IntegrationCode is invalid.")
        return user, code


def _locked(switches: Switches) -> Exception:
    return RefusedError(LOCKED_TEXT) if switches.locked_status == "500" else UnauthorisedError(LOCKED_TEXT)


def lock(user: User, switches: Switches) -> Exception:
    """Lock a user now; the error that this and every later call gets."""
    user.locked = True
    return _locked(switches)
