"""Plays a case through the whole system, night by night, as README.md describes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.ledger.case import Case, Released
from tests.ledger.stage import DAY, RMM, Json, Stage, night_of, staged

from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import collect
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import apply
from trueup.app.writes.verifying import verify
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings, Thresholds

WAITS = (OutcomeStatus.HELD, OutcomeStatus.UNMAPPED, OutcomeStatus.DRIFT)
ALWAYS_RELEASED = ("plan_share",)
"""Rails that a ledger of one or two lines can say nothing about."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "to_zero": ("held.to_zero",),
    "fall_more_than_half": ("held.fall_more_than_half",),
    "more_than_30_percent": ("held.large_move",),
    "line_amount": ("held.line_amount",),
    "customer_amount": ("held.customer_amount",),
    "module_total_rose": ("held.module_total",),
    "posted_period_unproven": ("held.posted_unproven",),
    "period_assumed": ("held.period_assumed",),
    "stale": ("held.stale",),
    "too_few_days": ("held.too_few_days",),
    "unmapped": ("unmapped.module",),
    "customer_left": ("held.customer_left",),
    "contract_ended": ("held.contract_ended", "held.contract_ends"),
    "needs_choice": ("held.needs_choice",),
    "future_step": ("held.future_steps",),
    "ambiguous": ("held.ambiguous",),
    "drift": ("drift.edited",),
    "group": ("held.group",),
    "mirror": ("held.mirror",),
    "exclusive": ("held.exclusive",),
}
"""The ledger's words for what is held -> the product's codes."""


@dataclass
class Story:
    """What happened: the PSA before and after, what still waits, the money previewed, and what went wrong."""

    before: Json = field(default_factory=dict)
    after: Json = field(default_factory=dict)
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changed_amount: Decimal = Decimal(0)
    troubles: list[str] = field(default_factory=list)


class _Player:
    """One case being played."""

    def __init__(self, case: Case, stage: Stage, ws: Workspace) -> None:
        self.case = case
        self.stage = stage
        self.ws = ws
        self.story = Story(before=stage.psa.dump())
        self._held_so_far: dict[str, set[str]] = defaultdict(set)

    async def play(self) -> Story:
        for rule in self.case.rules():
            self.ws.store.rules.save(rule, "tests", now=self.ws.now())
        for group in self.case.groups():
            self.ws.store.groups.save(group, "tests", now=self.ws.now())
        usage = self.case.usage()
        for day in self.case.days:
            self.stage.clock.put(night_of(day))
            self.stage.psa.put_clock(day + DAY)
            await self._collect(day, day in usage)
            if day in self.case.nights:
                await self._night(day)
        self.stage.psa.post_through(self.case.post_through)
        self.story.after = self.stage.psa.dump()
        return self.story

    async def _collect(self, day: date, reachable: bool) -> None:
        if reachable:
            self.stage.rmm.show(self.case.usage()[day])
        else:
            self.stage.rmm.fail()
        (result,) = await collect(self.ws)
        if not reachable:
            assert result.failure is not None, f"{day}: a source that only failed was collected"
            self.stage.rmm.heal()
        self._map()

    def _map(self) -> None:
        """Map every site to its customer as soon as it was seen."""
        decided = {mapping.organization_key for mapping in self.ws.store.customers.mappings()}
        for found in self.ws.store.usage.organizations(RMM):
            key, customer = found.organization.key, self.case.customer_of(found.organization.name)
            if key not in decided and customer is not None:
                self.ws.store.customers.map(RMM, key, customer, "tests", now=self.ws.now())

    async def _night(self, night: date) -> None:
        for edit in self.case.edits:
            if edit.night == night:
                self.stage.psa.edit(edit.line, edit.day, edit.change)
        plan = await make_plan(self.ws, night)
        for outcome in plan.outcomes:
            if outcome.status in WAITS:
                self._held_so_far[outcome.line_id] |= {reason.code for reason in outcome.reasons}
        gone_ahead = await self._approve(plan, night)
        self.story.held = {
            outcome.line_id: tuple(reason.code for reason in outcome.reasons)
            for outcome in plan.outcomes
            if outcome.status in WAITS and outcome.line_id not in gone_ahead
        }
        if gone_ahead:
            await self._apply(plan, night)

    async def _approve(self, plan: Plan, night: date) -> frozenset[str]:
        """Approve what README.md says that the approver approves; the lines that may go."""
        chosen = {outcome.line_id: outcome for outcome in plan.outcomes if _goes_without_a_word(outcome)}
        words = ["the ledger's approver"] if chosen else []
        for released in self.case.released:
            if released.night == night:
                chosen[released.line] = self._released(plan, released)
                words.append(f"released: {released.reason}")
        if chosen:
            releases = {rail for outcome in chosen.values() for rail in outcome.releasable}
            await approve(self.ws, plan.id, set(chosen), releases, ", ".join(words), plan.checksum)
        return frozenset(chosen)

    def _released(self, plan: Plan, released: Released) -> Outcome:
        outcome = next(outcome for outcome in plan.outcomes if outcome.line_id == released.line)
        held = self._held_so_far[released.line]
        assert held & set(WORDS[released.reason]), f"{released.night}: {released.reason} never held it, only {held}"
        assert outcome.adjustments, (
            f"{released.night}: a person released line {released.line}, but nothing is to be sent"
        )
        return outcome

    async def _apply(self, plan: Plan, night: date) -> None:
        applied = await apply(self.ws, plan.id)
        for line in applied.lines:
            if line.state != "done":
                self.story.troubles.append(f"{night}: line {line.line_id} was {line.state}: {line.reason}")
                continue
            self.story.changed_amount += sum((change.amount or Decimal(0) for change in line.changes), Decimal(0))
        proof = await verify(self.ws, applied.run_id)
        self.story.troubles += [f"{night}: reading back found {line}" for line in proof.lines if not line.right]


def _goes_without_a_word(outcome: Outcome) -> bool:
    if outcome.status is OutcomeStatus.CHANGE:
        return True
    return outcome.status is OutcomeStatus.HELD and outcome.releasable == ALWAYS_RELEASED


def play(case: Case, folder: Path) -> Story:
    """Play a case from the first usage day to the last posting."""
    told = case.told()
    settings = TenantSettings(
        mode=Mode.MANUAL,
        currency="EUR",
        posted_period=told["posted_period"],
        same_day=told["same_day"],
        thresholds=Thresholds(line_amount=case.line_amount()),
    )
    with staged(folder, case.first_day, case.psa_content(), settings) as stage, stage.open() as ws:
        return asyncio.run(_Player(case, stage, ws).play())
