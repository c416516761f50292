"""The application as a whole: which rooms answer under which addresses.

`/t/{tenant}/...` are pages, `/api/v1/...` is the REST API, `/static/...` what pages load.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from trueup.web.api.features import ROUTERS
from trueup.web.api.openapi import PATH, describe
from trueup.web.asking import Door
from trueup.web.background import Background
from trueup.web.door import FrontDoor
from trueup.web.headers import SecurityHeaders
from trueup.web.monitoring import routes as monitoring_routes
from trueup.web.pages.account import routes as account_routes
from trueup.web.pages.activity import routes as activity_routes
from trueup.web.pages.customers import deciding as customer_decisions
from trueup.web.pages.customers import routes as customer_routes
from trueup.web.pages.metrics import routes as metric_routes
from trueup.web.pages.modules import routes as module_routes
from trueup.web.pages.money import checks as money_checks
from trueup.web.pages.money import margins as money_margins
from trueup.web.pages.money import reports as money_reports
from trueup.web.pages.money import twice as money_twice
from trueup.web.pages.money import unbilled as money_unbilled
from trueup.web.pages.overview import routes as overview_routes
from trueup.web.pages.plan import acting as plan_acting
from trueup.web.pages.plan import routes as plan_routes
from trueup.web.pages.plan import why as plan_why
from trueup.web.pages.search import routes as search_routes
from trueup.web.pages.services import editing as rule_editing
from trueup.web.pages.services import routes as service_routes
from trueup.web.pages.services import simulation as simulation_page
from trueup.web.pages.settings import choices as settings_choices
from trueup.web.pages.settings import networks as settings_networks
from trueup.web.pages.settings import notices as settings_notices
from trueup.web.pages.settings import people as settings_people
from trueup.web.pages.settings import rails as settings_rails
from trueup.web.pages.settings import tokens as settings_tokens
from trueup.web.pages.sign_in import passkeys as sign_in_passkeys
from trueup.web.pages.sign_in import provider as sign_in_provider
from trueup.web.pages.sign_in import routes as sign_in_routes
from trueup.web.pages.tenants import routes as tenant_routes
from trueup.web.problems import add_problems
from trueup.web.push import routes as push_routes
from trueup.web.site import Site
from trueup.web.static_files import add_static_files
from trueup.web.too_large import TooLarge

Alongside = Callable[[], AbstractAsyncContextManager[None]]
"""What runs as long as the application does, such as the embedded worker."""

PEOPLE_ROOMS: Final = (
    sign_in_routes,
    sign_in_passkeys,
    sign_in_provider,
    account_routes,
    settings_choices,
    settings_rails,
    settings_notices,
    settings_people,
    settings_tokens,
    settings_networks,
)

OFTEN_ASKED: Final = (plan_routes, plan_why, plan_acting, overview_routes)
"""Compared first with the address of a call: there are some 250 routes, and comparing with one takes microseconds."""

BILLING_ROOMS: Final = (
    customer_routes,
    customer_decisions,
    service_routes,
    rule_editing,
    simulation_page,
    metric_routes,
    money_unbilled,
    money_twice,
    money_checks,
    money_margins,
    money_reports,
    search_routes,
)

LARGEST_CALL: Final = 2 * 1024 * 1024
"""Bytes of a call's body, unless its route says otherwise (files, pushed usage)."""


class _Application(FastAPI):
    """Whatever answers, the framework and the answer to a fault of ours included, answers with our headers."""

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(TooLarge(super().build_middleware_stack()))


def create_app(site: Site, door: Door | None = None, alongside: tuple[Alongside, ...] = ()) -> FastAPI:
    """The web application over one store. `door` decides who gets in: who is signed in, unless another is given."""

    background = Background()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for one in alongside:
                await stack.enter_async_context(one())
            stack.push_async_callback(background.stop)
            yield

    app = _Application(
        title="Trueup",
        version=_version(),
        openapi_url=PATH,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        max_body_size=LARGEST_CALL,
    )
    app.state.site = site
    app.state.background = background
    app.state.door = door or FrontDoor()
    add_problems(app)
    add_static_files(app)
    for room in OFTEN_ASKED:
        app.include_router(room.router)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(push_routes.router)
    app.include_router(monitoring_routes.router)
    for room in (
        *PEOPLE_ROOMS,
        *BILLING_ROOMS,
        module_routes,
        activity_routes,
        tenant_routes,
    ):
        app.include_router(room.router)
    describe(app)
    return app


def _version() -> str:
    try:
        return version("trueup")
    except PackageNotFoundError:
        return "0"
