"""Rules and allocation groups as the API gives and takes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AliasPath, Field

from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import (
    Basis,
    DriftPolicy,
    FlagMeaning,
    FutureSteps,
    Mode,
    Override,
    Rounding,
    RuleLevel,
    ScopeKind,
    Timing,
    Window,
)
from trueup.web.api.shapes import Answer, Asked, Day, Days, Exact, ExactIn, Name, Told, Units, Words


class OverrideAnswer(Answer):
    """Units that a person fixed."""

    units: int
    reason: str
    since: date | None
    until: date | None


class MirrorAnswer(Answer):
    """The line or service whose units are copied."""

    line: str = Field(validation_alias="line_id", description="Empty where a service is copied.")
    service: str = Field(validation_alias="service_id")


class PolicyAnswer(Answer):
    """How a day's quantity becomes units."""

    basis: Basis
    window: Window
    day: int | None
    included: Exact
    multiplier: Exact
    rounding: Rounding
    round_to_multiple: int | None
    pack_size: int | None
    minimum: int | None
    minimum_from: date | None
    minimum_until: date | None
    maximum: int | None
    maximum_from: date | None
    maximum_until: date | None
    only_if_used: bool
    offset: int


class TimingAnswer(Answer):
    """When units change."""

    increase: Timing
    decrease: Timing
    increase_settle_days: int
    decrease_settle_days: int
    cutoff_days: int
    future_steps: FutureSteps


class ScopeAnswer(Answer):
    """Whose usage is billed: the holder's, its sub-organizations' too, or named customers'."""

    kind: ScopeKind
    customers: list[str]
    organizations: list[tuple[str, str]] = Field(description="Pairs of connection and organization; empty for all.")
    items: str | None = Field(description="An expression that items must fulfil.")


class RuleAnswer(Answer):
    """How a line's units follow usage."""

    rule: str = Field(validation_alias="id")
    version: int
    level: RuleLevel
    service: str = Field(validation_alias="service_id")
    target: str
    quantity: str
    policy: PolicyAnswer
    timing: TimingAnswer
    scope: ScopeAnswer
    flag_meaning: FlagMeaning
    override: OverrideAnswer | None
    exclude: bool
    mode: Mode | None
    drift: DriftPolicy | None
    cutover: date | None
    mirror: MirrorAnswer | None
    exclusive: str
    reason: str


class RuleShownAnswer(Answer):
    """A rule in force with the name of its place, and so many lines that it governs."""

    rule: RuleAnswer
    target_name: str
    lines: int
    saved_by: str
    saved_at: datetime
    warnings: list[Told]


class RuleListedAnswer(RuleShownAnswer):
    """The same with the name of its service."""

    service_name: str


class PreviewDayAnswer(Answer):
    """One usage day of a line: the units that the rule wants, and those that the PSA has."""

    day: date
    wanted: int | None
    billed: int


class PreviewLineAnswer(Answer):
    """One line under a rule that is tried."""

    line: str = Field(validation_alias=AliasPath("outcome", "line_id"))
    customer_name: str = Field(validation_alias=AliasPath("outcome", "customer_name"))
    contract_name: str = Field(validation_alias=AliasPath("outcome", "contract_name"))
    status: OutcomeStatus = Field(validation_alias=AliasPath("outcome", "status"))
    reasons: list[Told] = Field(validation_alias=AliasPath("outcome", "reasons"))
    wanted: int | None = Field(description="Units on the newest day; null where it cannot be said.")
    billed: int
    amount_per_month: Exact | None = Field(validation_alias="monthly")
    days: list[PreviewDayAnswer]


class RulePreviewAnswer(Answer):
    """What a rule would make of the last month's readings; nothing is saved."""

    rule: RuleAnswer
    before: RuleAnswer | None
    first: date
    as_of: date
    lines: list[PreviewLineAnswer] = Field(description="The largest change first.")
    twice: list[Told] = Field(description="Items that its quantity counts twice.")


class RuleVersionAnswer(Answer):
    """One version of a rule."""

    rule: RuleAnswer
    saved_by: str
    saved_at: datetime
    ended_by: str | None
    ended_at: datetime | None


class RuleSavedAnswer(Answer):
    """A rule as saved. `changed` is false where it was so already."""

    rule: RuleAnswer
    changed: bool
    warnings: list[Told]


class OverrideAsked(Asked):
    """Fixed units until a day."""

    units: Units
    reason: Words = ""
    since: Day | None = None
    until: Day | None = None


class StepsAsked(Asked):
    """Steps and timing of a rule; what is left out stays as it is or is inherited."""

    preset: Name | None = Field(default=None, description="`prorate-daily`, `month-end` or `up-now-down-next`.")
    increase: Timing | None = None
    decrease: Timing | None = None
    increase_settle_days: Days | None = None
    decrease_settle_days: Days | None = None
    included: ExactIn | None = None
    multiplier: ExactIn | None = None
    rounding: Rounding | None = None
    round_to_multiple: Units | None = None
    pack_size: Units | None = None
    minimum: Units | None = None
    maximum: Units | None = None
    only_if_used: bool | None = None
    clear: list[Name] = Field(default=[], max_length=50, description="Parts that are taken away again.")

    def given(self) -> dict[str, Any]:
        """The parts that a draft takes as they are."""
        said = {name: getattr(self, name) for name in type(self).model_fields if name not in ("clear", "override")}
        return {**said, "clear": frozenset(part.replace("-", "_") for part in self.clear)}

    def draft(self) -> RuleDraft:
        """The same as a use case takes it."""
        return RuleDraft(**self.given())


def _override(asked: OverrideAsked | None) -> Override | None:
    return None if asked is None else Override(asked.units, asked.reason, asked.until, asked.since)


class QuantityAsked(StepsAsked):
    """What a rule or a group counts, and how."""

    quantity: Words | None = Field(default=None, description="An expression over metrics.")
    basis: Basis | None = None
    window: Window | None = None
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    mode: Mode | None = None
    cutover: Day | None = None
    override: OverrideAsked | None = None
    counts_twice: bool = Field(default=False, description="Say that counting an item twice is meant.")


class RuleAsked(QuantityAsked):
    """A rule of a service, or of one customer, contract or line; what is left out stays as it is or is inherited."""

    level: RuleLevel = RuleLevel.SERVICE
    service: Name | None = Field(default=None, description="Id or name; not needed for a line.")
    target: Name | None = Field(default=None, description="Customer, contract or line of the level.")
    cutoff_days: Days | None = None
    future_steps: FutureSteps | None = None
    minimum_from: Day | None = None
    minimum_until: Day | None = None
    maximum_from: Day | None = None
    maximum_until: Day | None = None
    offset: Units | None = None
    with_children: bool | None = None
    of_customers: list[Name] | None = Field(default=None, max_length=1000)
    organizations: list[Name] | None = Field(default=None, max_length=1000, description="Written CONNECTION:KEY.")
    items: Words | None = None
    flag_meaning: FlagMeaning | None = None
    drift: DriftPolicy | None = None
    exclude: bool | None = None
    mirror: Name | None = None
    exclusive: Name | None = None
    reason: Words | None = None

    def draft(self) -> RuleDraft:
        """The same as a use case takes it."""
        parts = self.given()
        for name in ("of_customers", "organizations"):
            parts[name] = None if parts[name] is None else tuple(parts[name])
        return RuleDraft(**parts, override=_override(self.override))


class GroupLineAnswer(Answer):
    """One line of a group, in the order in which they take."""

    line: str = Field(validation_alias="line_id")
    contract: str = Field(validation_alias="contract_id")
    service: str = Field(validation_alias="service_id")
    cap: int | None
    policy: PolicyAnswer
    timing: TimingAnswer | None


class GroupAnswer(Answer):
    """One quantity for several lines."""

    group: str = Field(validation_alias="name")
    customer: str = Field(validation_alias="customer_id")
    quantity: str
    lines: list[GroupLineAnswer]
    policy: PolicyAnswer
    timing: TimingAnswer
    scope: ScopeAnswer
    override: OverrideAnswer | None
    mode: Mode | None
    cutover: date | None
    version: int


class GroupListedAnswer(Answer):
    """A group with names."""

    group: GroupAnswer
    customer_name: str
    line_names: list[str]
    saved_by: str
    saved_at: datetime


class GroupSavedAnswer(Answer):
    """A group as saved."""

    group: GroupAnswer
    changed: bool
    warnings: list[Told]


class GroupLineAsked(Asked):
    """A line of a group. The last one has no cap: it takes the rest."""

    line: Name
    cap: Units | None = None


class GroupAsked(QuantityAsked):
    """A group; what is left out stays as it is."""

    lines: list[GroupLineAsked] = Field(default=[], max_length=200)
    with_children: bool | None = None

    def draft(self) -> RuleDraft:
        """Its quantity, steps and timing as a use case takes them."""
        parts = self.given()
        del parts["lines"]
        return RuleDraft(**parts, override=_override(self.override))


class ServiceNamed(Answer):
    """A service of the PSA."""

    service: str = Field(validation_alias="id")
    name: str


class MissingLineAnswer(Answer):
    """A customer that uses, on whose contracts no line bills it."""

    customer: str = Field(validation_alias="customer_id")
    customer_name: str
    quantity: Exact
    contracts: list[str]


class RuleSuggestionAnswer(Answer):
    """A billing type in use: the service that it should have, what bills it, what is missing."""

    module: str
    module_label: str
    billing_type: str = Field(validation_alias=AliasPath("type", "key"))
    label: str = Field(validation_alias=AliasPath("type", "label"))
    proposed_name: str
    services: list[ServiceNamed]
    similar: list[ServiceNamed]
    governed_by: list[ServiceNamed]
    quantity: str
    total: Exact
    customers: int
    unmapped: Exact
    service_missing: bool
    missing_lines: list[MissingLineAnswer]
    warnings: list[Told]
