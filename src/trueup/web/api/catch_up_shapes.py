"""Catch-up entries as the API gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AliasPath, Field

from trueup.web.api.shapes import Answer, Asked, Exact, Told, Words


class OwedSpanAnswer(Answer):
    """Days with the units that were billed and those that usage called for."""

    first: date
    last: date
    billed: int
    called_for: int
    price: Exact | None


class CatchUpAnswer(Answer):
    """What closed days of one line should have billed. Never sent to a PSA."""

    entry: str = Field(validation_alias="id")
    line: str = Field(validation_alias=AliasPath("of", "line_id"))
    customer_name: str = Field(validation_alias=AliasPath("of", "customer_name"))
    contract_name: str = Field(validation_alias=AliasPath("of", "contract_name"))
    service_name: str = Field(validation_alias=AliasPath("of", "service_name"))
    currency: str | None = Field(validation_alias=AliasPath("of", "currency"), description="Null: the tenant's.")
    period_start: date = Field(validation_alias=AliasPath("owed", "period_start"))
    period_end: date = Field(validation_alias=AliasPath("owed", "period_end"))
    state: str
    revision: int
    amount: Exact | None
    unit_days: int = Field(validation_alias=AliasPath("owed", "unit_days"))
    days: list[OwedSpanAnswer] = Field(validation_alias=AliasPath("owed", "spans"))
    causes: list[Told] = Field(validation_alias=AliasPath("owed", "causes"))
    made_at: datetime
    state_at: datetime
    superseded_by: str | None
    settled_by: str | None = Field(validation_alias="person")
    reason: str | None


class SettleAsked(Asked):
    """A person settles an entry."""

    settled_as: Literal["billed", "waived"]
    reason: Words
