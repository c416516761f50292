"""What a connection to Autotask is configured with: where, as whom, and how gently."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from trueup.psa.port import PostedPeriod, SameDay

VENDOR_ZONE_LOOKUP = "https://webservices.autotask.net/atservicesrest/v1.0/zoneInformation"
"""Where zones are looked up (Autotask REST, page on finding one's zone); it needs no credentials."""

LARGEST_PAGE = 500
"""Most rows of one page (Autotask REST, page on query calls)."""


@dataclass(frozen=True, slots=True)
class AutotaskCredentials:
    """The API user. None of the three may appear in a repr, a log or an error; they leave only as request headers.

    Raises ValueError, without the value, for a credential that is empty or holds control characters.
    """

    user_name: str = field(repr=False)
    secret: str = field(repr=False)
    integration_code: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what could not be sent as a header: an error of the HTTP library would quote it."""
        for item in fields(self):
            value = getattr(self, item.name)
            if not value or any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
                raise ValueError(f"autotask: the credential {item.name} is empty or holds control characters")

    def hidden(self, text: str) -> str:
        """The text with every credential replaced, for words that came from outside."""
        for value in sorted((self.user_name, self.secret, self.integration_code), key=len, reverse=True):
            text = text.replace(value, "***")
        return text


@dataclass(frozen=True, slots=True)
class AutotaskSettings:
    """How one connection behaves; every default follows the vendor's documented limits.

    `threads`: calls at once for one integration code and endpoint, documented as 3; 2 leaves one to others.
    `safety_margin`: calls of the hourly limit that are never used, because other integrations share it.
    `own_calls_per_hour`: at most this many of our own. `*_seconds` are waits and time-outs; an adjustment may run for
    five minutes at the vendor's side, so its time-out is generous, and yet shorter than that: what lasts longer is
    settled by reading back. `posted_period` and `same_day` say how this
    tenant's Autotask is known to behave; the vendor does not document either. `currencies` names Autotask's numbers of
    currencies by their codes, written `2=CHF, 3=USD`; the MSP's own needs none.
    """

    zone_lookup_url: str = VENDOR_ZONE_LOOKUP
    threads: int = 3
    page_size: int = LARGEST_PAGE
    longest_list: int = 480
    safety_margin: int = 500
    own_calls_per_hour: int = 9000
    connect_seconds: float = 15.0
    read_seconds: float = 120.0
    write_seconds: float = 240.0
    adjustment_gap_seconds: float = 0.4
    attempts: int = 4
    retry_seconds: float = 1.0
    thread_wait_seconds: float = 1.0
    rate_wait_seconds: float = 60.0
    longest_wait_seconds: float = 120.0
    clock_tolerance_seconds: int = 120
    posted_period: PostedPeriod = PostedPeriod.UNPROVEN
    same_day: SameDay = SameDay.NEVER
    currencies: Mapping[int, str] = field(default_factory=dict)

    @property
    def zone_address(self) -> str:
        """The full address of the zone lookup, also where only a host was configured."""
        base = self.zone_lookup_url.rstrip("/")
        return base if base.lower().endswith("zoneinformation") else f"{base}/atservicesrest/v1.0/zoneInformation"

    @classmethod
    def of(cls, values: Mapping[str, str]) -> AutotaskSettings:
        """Settings from a connection's stored values; raises ValueError naming a key that does not exist."""
        kinds: Mapping[str, Callable[[str], Any]] = {
            "zone_lookup_url": str,
            "threads": int,
            "safety_margin": int,
            "own_calls_per_hour": int,
            "read_seconds": float,
            "write_seconds": float,
            "adjustment_gap_seconds": float,
            "posted_period": PostedPeriod,
            "same_day": SameDay,
            "currencies": _currencies,
        }
        unknown = sorted(set(values) - set(kinds))
        if unknown:
            raise ValueError(f"autotask: unknown settings {', '.join(unknown)}")
        return cls(**{name: kinds[name](value) for name, value in values.items()})


def _currencies(text: str) -> Mapping[int, str]:
    """Codes by number. Raises ValueError where it is not written like `2=CHF, 3=USD`."""
    found: dict[int, str] = {}
    for entry in text.split(","):
        number, _, code = (part.strip() for part in entry.partition("="))
        if not (number.isascii() and number.isdigit() and re.fullmatch("[A-Z]{3}", code)):
            raise ValueError("autotask: currencies are written like 2=CHF, 3=USD")
        found[int(number)] = code
    return found
