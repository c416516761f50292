"""Behaviour that public facts leave open, or that a test wants otherwise; each default is the likeliest."""

from __future__ import annotations

import typing

from msgspec import Struct


class Switches(Struct, omit_defaults=True):
    """Changeable while running through `POST /_simulator/switches` (docs/decisions/0050 to 0053)."""

    next_url_drops_filter_id: bool = True
    """`nextPageUrl` keeps only `page` and `max`, as seen live: page 2 of a filter is then all devices."""
    end_of_list: typing.Literal["null", "empty_string"] = "null"
    first_page: int = 0
    page_max: int = 250
    public_url: str | None = None
    """Origin written into page URLs, where the client's own `Host` is not what a proxy would show."""

    rate_limits: bool = True
    rate_limit: int = 600
    rate_window_seconds: int = 60
    throttle_percent: int = 90
    throttle_delay_ms: int = 1000
    shared_load: int = 0
    """Requests that other integrations of the same account have in the window all the time."""
    retry_after: bool = True
    """Whether 429 and the block's 403 carry `Retry-After`; clients honour it, no page promises it."""
    block_after: int = 10
    """Refused requests after which the address is blocked."""
    block_seconds: int = 300

    token_seconds: int = 360_000
    refresh_token: bool = False
    bad_credentials_status: typing.Literal[400, 401] = 400
    allowed_networks: list[str] = []
    """Networks that may log in; empty allows every address."""
    network_rule_on_calls: bool = False
    status_needs_token: bool = False

    restricted_sites_are: typing.Literal[403, 404] = 403
    account_totals_follow_rights: bool = False
    v2_udf: bool = False
    """Whether v2 devices still carry `udf`, which an older build declared and build 235 does not."""
    undocumented_values: bool = True
    """Whether a few enum fields hold values outside their enum, as live data does."""
    error_messages: bool = False
    """Whether error bodies carry `message`, which may appear but is not declared; a block always does."""
    volatile_fields: bool = True
    """`lastSeen`, `online` and `lastLoggedInUser` change with every call."""
    time_format: typing.Literal["epoch_ms", "iso"] = "epoch_ms"
    latency_ms: int = 0
