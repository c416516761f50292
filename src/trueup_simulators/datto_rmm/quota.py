"""The account's request quota: a sliding window, a delay near the limit, 429 above it, then a blocked address.

The numbers (600 in 60 s for all users of the account together, delay above 90 %) are the vendor's API page; where it
is silent (what counts, when 429 becomes a block) see docs/decisions/0051.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from trueup_simulators.datto_rmm.switches import Switches


class Verdict(Enum):
    """What the quota says about one request."""

    PASS = auto()
    DELAYED = auto()
    TOO_MANY = auto()
    BLOCKED = auto()


class Quota:
    """Counts accepted requests of the account, refused requests of an address, and blocked addresses."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self._accepted: deque[int] = deque()
        self._refused: dict[str, int] = {}
        self._blocked_until: dict[str, int] = {}

    def reset(self) -> None:
        """Forget every request and block."""
        self._accepted.clear()
        self._refused.clear()
        self._blocked_until.clear()

    def count(self, now_ms: int) -> int:
        """Return the account's requests inside the window, those of other integrations included."""
        horizon = now_ms - self.switches.rate_window_seconds * 1000
        while self._accepted and self._accepted[0] <= horizon:
            self._accepted.popleft()
        return len(self._accepted) + self.switches.shared_load

    def blocked_seconds(self, address: str, now_ms: int) -> int:
        """Return for how many more seconds the address is blocked; 0 when it is not."""
        until = self._blocked_until.get(address, 0)
        if until > now_ms:
            return max(1, (until - now_ms + 999) // 1000)
        self._blocked_until.pop(address, None)
        return 0

    def take(self, address: str, now_ms: int) -> Verdict:
        """Count one authenticated request and say what becomes of it."""
        used = self.count(now_ms)
        if not self.switches.rate_limits:
            self._accepted.append(now_ms)
            return Verdict.PASS
        if used >= self.switches.rate_limit:
            refused = self._refused.get(address, 0) + 1
            self._refused[address] = refused
            if refused <= self.switches.block_after:
                return Verdict.TOO_MANY
            self._refused.pop(address)
            self._blocked_until[address] = now_ms + self.switches.block_seconds * 1000
            return Verdict.BLOCKED
        self._refused.pop(address, None)
        self._accepted.append(now_ms)
        if (used + 1) * 100 > self.switches.rate_limit * self.switches.throttle_percent:
            return Verdict.DELAYED
        return Verdict.PASS

    def seconds_until_free(self, now_ms: int) -> int:
        """Return after how many seconds the oldest counted request leaves the window."""
        if not self._accepted:
            return self.switches.rate_window_seconds
        leaves = self._accepted[0] + self.switches.rate_window_seconds * 1000
        return max(1, (leaves - now_ms + 999) // 1000)
