"""The settings' own navigation, and a page of theirs."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from trueup.app.errors import UseCaseError
from trueup.core.reason import Reason
from trueup.store.errors import StoreError
from trueup.web.asking import Here
from trueup.web.faults import status_of
from trueup.web.pages.page import page

TABS: Final = ("choices", "rails", "notices", "people", "tokens", "networks")
"""The pages of the settings in their order; each is the last part of its address."""

Refusal = UseCaseError | StoreError
"""What a form may meet: both say a reason."""


def settings_page(
    request: Request,
    here: Here,
    tab: str,
    error: Refusal | None = None,
    /,
    template: str | None = None,
    **shown: object,
) -> HTMLResponse:
    """A page of the settings below its tab; with an error its status, and its reason as `wrong`."""
    status, wrong = 200, None
    if error is not None:
        status, wrong = status_for(error), error.reason
    parts = {"tabs": TABS, "tab": tab, "wrong": wrong, **shown}
    return page(request, here, template or f"settings/{tab}.html", room="settings", status=status, **parts)


def status_for(error: Refusal) -> int:
    """The status of the page that says the error."""
    if isinstance(error, UseCaseError):
        return status_of(error.reason, error.exit_code).value
    return status_of(error.reason).value


def is_about(reason: Reason | None, *families: str) -> bool:
    """Whether the reason belongs to one of these families of codes."""
    return reason is not None and reason.code.startswith(families)
