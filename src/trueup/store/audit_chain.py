"""The chain through the audit trail: each entry's link is a hash over its own content and the link before it.

Who changes, takes out or puts in an entry breaks every link behind it (docs/decisions/0189-audit-chain.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime

BEGINNING = ""
"""What stands before the first link."""


def content_digest(tenant: str, number: int, at: datetime, actor: str, action: str, detail: str) -> str:
    """SHA-256 of an entry's content; `detail` is its text as it is kept."""
    parts = [tenant, number, at.astimezone(UTC).isoformat(timespec="microseconds"), actor, action, detail]
    return _hash(json.dumps(parts, separators=(",", ":"), ensure_ascii=False))


def link_after(before: str, content: str) -> str:
    """The link of an entry with this content behind the entry with that link."""
    return _hash(f"{before}:{content}")


def sum_of(rewritten: Iterable[tuple[int, str]]) -> str:
    """One hash over entries that were made nameless: number and new content of each, by number."""
    return _hash(",".join(f"{number}:{content}" for number, content in sorted(rewritten)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
