"""The rule editor and the other forms of the room of services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from trueup.app.counting.names import quantity_names
from trueup.app.counting.reading_expressions import read_quantity
from trueup.app.errors import Exit, UseCaseError
from trueup.app.rulebook.previewing import RulePreview, preview
from trueup.app.rulebook.rail_settings import RailPlace, rails_listing, set_rails
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.rulebook.rules import RuleRefusedError, remove, set_rule, suggest
from trueup.app.rulebook.standing import RuleStanding, standing_rule
from trueup.app.simulations.simulating import simulate
from trueup.core.expression import ExpressionError
from trueup.core.rails.thresholds import LINE_PARTS
from trueup.core.reason import Reason
from trueup.core.rule import RuleLevel
from trueup.messages.rule_sentence import sentence_of
from trueup.psa.port import PsaReadError
from trueup.store.errors import StoreError
from trueup.web.asking import AdministratorHere, BillingHere, Here
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.faults import Fault, fault_of
from trueup.web.pages.overview.next_step import coming
from trueup.web.pages.page import page
from trueup.web.pages.rail_fields import as_meant, as_shown
from trueup.web.pages.services.routes import service_page, suggestions_page
from trueup.web.pages.services.rule_form import CHOICES, FIELDS, Said, field_of, said, shown

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/services")

Given = Annotated[str, Form(max_length=4000)]


def _place(given: Mapping[str, object]) -> RuleDraft:
    level = str(given.get("level") or "service")
    known = {one.value for one in RuleLevel}
    return RuleDraft(
        service=str(given.get("service") or "") or None,
        level=RuleLevel(level if level in known else "service"),
        target=str(given.get("target") or "") or None,
    )


def _typed(given: Mapping[str, object]) -> dict[str, str]:
    return {name: str(given.get(name) or "")[:4000] for name in FIELDS}


async def _editor(
    request: Request,
    here: Here,
    place: RuleDraft,
    standing: RuleStanding,
    typed: Mapping[str, str],
    *,
    status: int = 200,
    version: int | None = None,
    wrong: Mapping[str, tuple[Reason, ...]] | None = None,
    above: tuple[Reason, ...] = (),
    fault: Fault | None = None,
    fault_at: str = "quantity",
    preview: RulePreview | None = None,
    stale: bool = False,
) -> HTMLResponse:
    return page(
        request,
        here,
        "services/rule.html",
        room="services",
        status=status,
        place=place,
        standing=standing,
        typed=typed,
        version=standing.version if version is None else version,
        wrong=wrong or {},
        above=above,
        fault=fault,
        fault_at=fault_at,
        preview=preview,
        stale=stale,
        choices=CHOICES,
        names=await quantity_names(here.ws),
        sentence=lambda rule: sentence_of(rule, here.said),
    )


def _beside(reasons: tuple[Reason, ...]) -> tuple[dict[str, tuple[Reason, ...]], tuple[Reason, ...]]:
    """Faults next to their fields, and those that stand above the form."""
    fields: dict[str, tuple[Reason, ...]] = {}
    above: list[Reason] = []
    for reason in reasons:
        name = field_of(reason)
        if name is None:
            above.append(reason)
        else:
            fields[name] = (*fields.get(name, ()), reason)
    return fields, tuple(above)


def _fault_field(error: ExpressionError, typed: Mapping[str, str]) -> str:
    return "items" if typed.get("items", "").strip() == error.text.strip() else "quantity"


async def _refused(
    request: Request,
    here: Here,
    place: RuleDraft,
    standing: RuleStanding,
    typed: Mapping[str, str],
    version: int,
    error: Exception,
) -> HTMLResponse:
    if isinstance(error, ExpressionError):
        at = _fault_field(error, typed)
        return await _editor(
            request, here, place, standing, typed, status=422, version=version, fault=fault_of(error), fault_at=at
        )
    if isinstance(error, UseCaseError) and error.reason.code == "rules.changed_meanwhile":
        return await _editor(
            request, here, place, standing, typed, status=412, version=version, above=(error.reason,), stale=True
        )
    if isinstance(error, StoreError):
        alone = (error.reason,)
        return await _editor(request, here, place, standing, typed, status=422, version=version, above=alone)
    if isinstance(error, PsaReadError):
        reason = error.failure.reason
        return await _editor(request, here, place, standing, typed, status=502, version=version, above=(reason,))
    if isinstance(error, RuleRefusedError):
        fields, above = _beside(error.faults)
    elif isinstance(error, UseCaseError):
        fields, above = _beside((error.reason,))
    else:
        raise error
    return await _editor(request, here, place, standing, typed, status=422, version=version, wrong=fields, above=above)


async def _begun(here: Here, given: Mapping[str, object]) -> tuple[RuleDraft, RuleStanding]:
    place = _place(given)
    return place, await standing_rule(here.ws, place)


def _unread(found: Said) -> dict[str, tuple[Reason, ...]]:
    return {name: (reason,) for name, reason in found.wrong.items()}


def _version(given: Mapping[str, object], standing: RuleStanding) -> int:
    text = str(given.get("version") or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else standing.version


@router.get("/rule")
@shows("getRule", "previewRule", "listMetrics")
async def edit(request: Request, here: BillingHere) -> HTMLResponse:
    """The rule at a place as a form; with `preview` what the form says, tried on last month's readings."""
    given = dict(request.query_params)
    place, standing = await _begun(here, given)
    if "preview" not in given:
        typed = shown(standing.rule)
        if given.get("quantity"):
            typed["quantity"] = given["quantity"][:4000]
        return await _editor(request, here, place, standing, typed)
    typed, version = _typed(given), _version(given, standing)
    found = said(typed, place, standing.rule)
    if found.wrong:
        return await _editor(request, here, place, standing, typed, status=422, version=version, wrong=_unread(found))
    try:
        tried = await preview(here.ws, found.draft)
    except (ExpressionError, UseCaseError, StoreError, PsaReadError) as error:
        return await _refused(request, here, place, standing, typed, version, error)
    return await _editor(request, here, place, standing, typed, version=version, preview=tried)


@router.post("/rule")
@does("setRule")
async def save(request: Request, here: BillingHere) -> Response:
    """Save the rule that the form says, over the version that the form was made of."""
    form: FormData = await request.form()
    given: dict[str, object] = dict(form)
    place, standing = await _begun(here, given)
    typed, version = _typed(given), _version(given, standing)
    found = said(typed, place, standing.rule)
    if found.wrong:
        return await _editor(request, here, place, standing, typed, status=422, version=version, wrong=_unread(found))
    try:
        saved = await set_rule(here.ws, found.draft, version)
    except (ExpressionError, UseCaseError, StoreError, PsaReadError) as error:
        return await _refused(request, here, place, standing, typed, version, error)
    return _to_service(here, saved.rule.service_id, "rule" if saved.changed else "same")


@router.post("/simulate")
@does("simulateRules")
async def simulate_it(request: Request, here: BillingHere) -> Response:
    """Play the rule that the form says over the last whole months, and show what came out."""
    given: dict[str, object] = dict(await request.form())
    place, standing = await _begun(here, given)
    typed, version = _typed(given), _version(given, standing)
    found = said(typed, place, standing.rule)
    if found.wrong:
        return await _editor(request, here, place, standing, typed, status=422, version=version, wrong=_unread(found))
    try:
        made = await simulate(here.ws, [found.draft])
    except (ExpressionError, UseCaseError, StoreError, PsaReadError) as error:
        return await _refused(request, here, place, standing, typed, version, error)
    return RedirectResponse(with_query(f"/t/{here.tenant}/services/simulation", id=made.id), 303)


def _to_service(here: Here, service_id: str, saved: str) -> RedirectResponse:
    return RedirectResponse(with_query(f"/t/{here.tenant}/services/one", id=service_id, saved=saved), 303)


@router.get("/check")
@shows("tryExpression")
async def check(
    request: Request, here: BillingHere, quantity: Annotated[str, Query(max_length=4000)] = ""
) -> HTMLResponse:
    """Whether a quantity can be read, while it is typed."""
    fault: Fault | None = None
    found = None
    if quantity.strip():
        try:
            found = await read_quantity(here.ws, quantity)
        except ExpressionError as error:
            fault = fault_of(error)
    return page(request, here, "services/checked.html", room="services", fault=fault, found=found)


@router.post("/remove")
@does("removeRule")
async def remove_one(
    request: Request, here: BillingHere, rule: Given, service: Given, version: Annotated[int, Form(ge=1)]
) -> Response:
    """Take a rule out of force."""
    try:
        await remove(here.ws, rule, version)
    except (StoreError, UseCaseError) as error:
        status = status_of(error.reason, error.exit_code if isinstance(error, UseCaseError) else Exit.FAILED)
        return await service_page(request, here, service, status=status, wrong=error.reason, wrong_at="rule")
    return _to_service(here, service, "removed")


@router.post("/exclude")
@does("setRule")
async def exclude(
    request: Request,
    here: BillingHere,
    level: Annotated[RuleLevel, Form()],
    target: Given,
    service: Given,
    reason: Given = "",
) -> Response:
    """Keep hands off the lines at a place, with a reason."""
    if not reason.strip():
        wrong = Reason.of("rules.reason_needed")
        return await service_page(request, here, service, status=422, wrong=wrong, wrong_at=f"exclude-{target}")
    draft = RuleDraft(service=service, level=level, target=target, exclude=True, reason=reason.strip())
    try:
        await set_rule(here.ws, draft)
    except UseCaseError as error:
        status = status_of(error.reason, error.exit_code)
        return await service_page(
            request, here, service, status=status, wrong=error.reason, wrong_at=f"exclude-{target}"
        )
    return _to_service(here, service, "rule")


@router.post("/rails")
@does("setRails", "clearRails")
async def rails(
    request: Request, here: AdministratorHere, service: Given, version: Annotated[int | None, Form(ge=0)] = None
) -> Response:
    """Set the thresholds of a service's lines; an emptied number is inherited again."""
    form = await request.form()
    typed = {name: str(form.get(name) or "").strip()[:40] for name in LINE_PARTS}
    place = RailPlace(service=service)
    (now,) = await rails_listing(here.ws, place)
    own = {one.name for one in now.numbers if one.origin == "service"}
    before = {one.name: one.value for one in now.numbers}
    gone = [name for name in sorted(own) if not typed[name]]
    meant = {name: as_meant(name, text, here.said) for name, text in typed.items() if text}
    stood = {name: as_meant(name, as_shown(name, value, here.said), here.said) for name, value in before.items()}
    new = {name: text for name, text in meant.items() if name in own or text != stood[name]}
    try:
        if new or gone:
            await set_rails(here.ws, place, new, gone, version)
    except UseCaseError as error:
        at = str(error.reason.get("part") or "rails")
        if version is not None:
            typed["version"] = str(version)
        status = status_of(error.reason, error.exit_code)
        return await service_page(request, here, service, status=status, wrong=error.reason, wrong_at=at, typed=typed)
    return _to_service(here, service, "rails")


@router.post("/suggestions")
@does("setRule")
async def accept(
    request: Request, here: BillingHere, metric: Annotated[list[str] | None, Form()] = None
) -> HTMLResponse:
    """Save the suggested rules that were ticked; one that is refused does not hold the others."""
    wanted = set(metric or ())
    done = 0
    refused: list[Reason] = []
    for one in await suggest(here.ws):
        if one.draft is None or one.type.key not in wanted:
            continue
        try:
            await set_rule(here.ws, one.draft, 0)
            done += 1
        except (UseCaseError, StoreError) as error:
            refused.append(error.reason)
    return await suggestions_page(request, here, done=done, next=await coming(here), refused=tuple(refused))
