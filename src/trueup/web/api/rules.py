"""Rules, allocation groups, and what is missing: how contract lines follow usage."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from trueup.app.rulebook import groups as group_use
from trueup.app.rulebook import rules as use
from trueup.app.rulebook.previewing import preview
from trueup.web.api.conditional import IfMatch, expected_number, with_etag
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, listing_name, page_after
from trueup.web.api.routing import api_router
from trueup.web.api.rule_shapes import (
    GroupAsked,
    GroupListedAnswer,
    GroupSavedAnswer,
    RuleAnswer,
    RuleAsked,
    RuleListedAnswer,
    RulePreviewAnswer,
    RuleSavedAnswer,
    RuleSuggestionAnswer,
    RuleVersionAnswer,
    StepsAsked,
)
from trueup.web.api.shapes import Name, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("rules")

RuleId = Annotated[Name, Path(description="Id of a rule.")]
GroupName = Annotated[Name, Path(description="Name of an allocation group.")]


@router.get("/rules", operation_id="listRules")
async def list_rules(here: ViewerHere, cursor: Cursor = None, limit: Limit = DEFAULT) -> PageAnswer[RuleListedAnswer]:
    """Rules in force, by id."""
    listed = await use.listing(here.ws)
    rows, following = page_after(listed, lambda one: (one.rule.id,), cursor, limit, listing_name("listRules"))
    return PageAnswer(items=[told(RuleListedAnswer, one, here.said) for one in rows], next=following)


@router.post("/rules", operation_id="setRule")
async def set_rule(
    response: Response, here: BillingHere, asked: RuleAsked, if_match: IfMatch = None
) -> RuleSavedAnswer:
    """Save the rule of a place (a service, or one customer, contract or line), or change it: version + 1."""
    saved = await use.set_rule(here.ws, asked.draft(), expected_number(if_match))
    with_etag(response, saved.rule.version)
    return told(RuleSavedAnswer, saved, here.said)


@router.post("/rules/preview", operation_id="previewRule")
async def preview_rule(here: BillingHere, asked: RuleAsked) -> RulePreviewAnswer:
    """Try a rule on the last month's readings, for every line that it would govern; nothing is saved."""
    found = await preview(here.ws, asked.draft())
    return told(RulePreviewAnswer, found, here.said, found.currency)


@router.get("/rules/suggestions", operation_id="suggestRules")
async def suggest_rules(here: ViewerHere) -> list[RuleSuggestionAnswer]:
    """For each billing type in use: the service that it should have, what bills it, what is missing."""
    return [told(RuleSuggestionAnswer, one, here.said) for one in await use.suggest(here.ws)]


@router.get("/rules/{rule}", operation_id="getRule")
async def get_rule(response: Response, here: ViewerHere, rule: RuleId) -> RuleAnswer:
    """One rule in force; its ETag is its version."""
    found = await here.ws.step(here.ws.store.rules.get, rule)
    with_etag(response, found.version)
    return told(RuleAnswer, found, here.said)


@router.get("/rules/{rule}/history", operation_id="listRuleVersions")
async def list_rule_versions(here: ViewerHere, rule: RuleId) -> list[RuleVersionAnswer]:
    """Every version of a rule, oldest first, with who saved it and who ended it."""
    found = await here.ws.step(here.ws.store.rules.history, rule)
    return [told(RuleVersionAnswer, one, here.said) for one in found]


@router.delete("/rules/{rule}", operation_id="removeRule", status_code=204)
async def remove_rule(here: BillingHere, rule: RuleId, if_match: IfMatch = None) -> None:
    """Take a rule out of force; its versions are kept."""
    await use.remove(here.ws, rule, expected_number(if_match))


@router.get("/groups", operation_id="listGroups")
async def list_groups(here: ViewerHere) -> list[GroupListedAnswer]:
    """Allocation groups: one quantity for several lines."""
    return [told(GroupListedAnswer, one, here.said) for one in await group_use.listing(here.ws)]


@router.get("/groups/{group}", operation_id="getGroup")
async def get_group(response: Response, here: ViewerHere, group: GroupName) -> GroupListedAnswer:
    """One group; its ETag is its version."""
    found = await group_use.listed(here.ws, group)
    with_etag(response, found.group.version)
    return told(GroupListedAnswer, found, here.said)


@router.put("/groups/{group}", operation_id="setGroup")
async def set_group(
    response: Response, here: BillingHere, group: GroupName, asked: GroupAsked, if_match: IfMatch = None
) -> GroupSavedAnswer:
    """Save a group, or change it; the last line takes the rest and has no cap."""
    lines = tuple((one.line, one.cap) for one in asked.lines)
    saved = await group_use.set_group(here.ws, group, lines, asked.draft(), expected_number(if_match))
    with_etag(response, saved.group.version)
    return told(GroupSavedAnswer, saved, here.said)


@router.put("/groups/{group}/lines/{line}", operation_id="setGroupLine")
async def set_group_line(
    response: Response,
    here: BillingHere,
    group: GroupName,
    line: Annotated[Name, Path()],
    asked: StepsAsked,
    if_match: IfMatch = None,
) -> GroupSavedAnswer:
    """Give one line of a group steps or timing of its own; the ETag is the group's."""
    saved = await group_use.set_line(here.ws, group, line, asked.draft(), expected_number(if_match))
    with_etag(response, saved.group.version)
    return told(GroupSavedAnswer, saved, here.said)


@router.delete("/groups/{group}", operation_id="removeGroup", status_code=204)
async def remove_group(here: BillingHere, group: GroupName, if_match: IfMatch = None) -> None:
    """Take a group apart; its lines follow their own rules again."""
    await group_use.remove(here.ws, group, expected_number(if_match))
