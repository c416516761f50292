"""Organizations, customers and decisions as the API gives and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.mapping.organizations_view import OrganizationStateKind
from trueup.core.usage import Coverage
from trueup.web.api.shapes import Answer, Asked, Day, Exact, Name, Told, Words


class FigureAnswer(Answer):
    """What an organization uses of one billing type on the newest day."""

    metric: str
    label: str
    unit: str
    value: Exact
    coverage: Coverage


class SuggestionAnswer(Answer):
    """Who an organization may be."""

    customer: str = Field(validation_alias=AliasPath("customer", "id"))
    customer_name: str = Field(validation_alias=AliasPath("customer", "name"))
    score: int
    sole: bool = Field(description="The only one with this score.")
    reason: Told


class DecisionAnswer(Answer):
    """What was decided on an organization. Without a customer it is ignored."""

    customer: str | None = Field(validation_alias="customer_id")
    customer_name: str | None
    item_filter: str | None
    reason: str | None
    decided_by: str
    decided_at: datetime


class WorthAnswer(Answer):
    """An amount a month."""

    amount: Exact
    currency: str | None


class OrganizationAnswer(Answer):
    """An organization of a module with what was decided on it. `version` is its ETag."""

    connection: str
    module: str
    key: str = Field(validation_alias=AliasPath("organization", "key"))
    name: str = Field(validation_alias=AliasPath("organization", "name"))
    psa_hint: str | None = Field(validation_alias=AliasPath("organization", "psa_hint"))
    state: OrganizationStateKind
    decisions: list[DecisionAnswer]
    version: str
    day: date | None
    gone: bool
    total: Exact
    usage: list[FigureAnswer]
    worth: WorthAnswer | None = Field(description="What its usage would bring in a month, where nobody decided on it.")
    suggestions: list[SuggestionAnswer]
    warnings: list[Told]


class PastDecisionAnswer(Answer):
    """A decision of before. `never`: it was taken back as if it had not been made."""

    decision: DecisionAnswer
    valid_from: date | None
    valid_to: date | None
    never: bool


class OrganizationDetailAnswer(Answer):
    """One organization with all decisions ever made on it."""

    organization: OrganizationAnswer = Field(validation_alias="row")
    history: list[PastDecisionAnswer]
    undoable: bool


class MappedAnswer(Answer):
    """An organization that is the customer's."""

    connection: str
    key: str
    name: str
    item_filter: str | None
    gone: bool


def _flat(found: object) -> object:
    return [one for part in found.values() for one in part] if isinstance(found, Mapping) else found


class CustomerAnswer(Answer):
    """A customer of the PSA with its organizations."""

    customer: str = Field(validation_alias=AliasPath("customer", "id"))
    name: str = Field(validation_alias=AliasPath("customer", "name"))
    active: bool = Field(validation_alias=AliasPath("customer", "active"))
    billable: bool = Field(validation_alias=AliasPath("customer", "billable"))
    parent: str | None
    organizations: Annotated[list[MappedAnswer], BeforeValidator(_flat)]
    onboarding: date | None = Field(description="The day until which its rises are held by no rail.")


class OrganizationAsked(Asked):
    """Which organization."""

    connection: Name
    organization: Name = Field(description="Key of the organization in its module.")


class MapAsked(OrganizationAsked):
    """An organization is a customer."""

    customer: Name
    items: Words | None = Field(default=None, description="An expression: only these items are the customer's.")


class UnmapAsked(OrganizationAsked):
    """A decision ends."""

    customer: Name | None = Field(default=None, description="Only this customer's part; null for all.")


class IgnoreAsked(OrganizationAsked):
    """An organization is left out."""

    reason: Words


class UndoAsked(OrganizationAsked):
    """A decision is taken back as if it had not been made."""

    version: Name | None = Field(default=None, description="The version that the decision led to.")


class UndoManyAsked(Asked):
    """Several decisions."""

    organizations: list[UndoAsked] = Field(max_length=5000)


class PlaceAnswer(Answer):
    """One organization."""

    connection: str
    organization: str = Field(validation_alias="key")


class UndoneAnswer(Answer):
    """What was taken back, and what could not be."""

    done: list[PlaceAnswer]
    refused: list[Told]


class AcceptAsked(Asked):
    """Accept suggestions in bulk."""

    above: Annotated[int, Field(ge=0, le=100, description="From this score on.")]


class AcceptedAnswer(Answer):
    """A suggestion that was accepted."""

    connection: str
    organization: str = Field(validation_alias=AliasPath("organization", "key"))
    customer: str = Field(validation_alias=AliasPath("customer", "id"))
    version: str


class AcceptedList(Answer):
    """What was accepted."""

    accepted: list[AcceptedAnswer]


class DecidedAnswer(Answer):
    """What a decision leaves to look at."""

    warnings: list[Told]


class OnboardingAsked(Asked):
    """Until when; null ends it."""

    until: Day | None


class OnboardingAnswer(Answer):
    """A customer that is being taken on; `until` is null where it ended."""

    customer: str
    until: date | None
