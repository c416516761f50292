"""One key, one effect: a write that is sent again with its key gives the stored answer and does nothing.

A key belongs to who sent it and to one call (method, address and body). Only answers of calls that succeeded are kept;
one that was refused changed nothing, so its key is free again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from trueup.app.errors import failed, refused
from trueup.app.workspace import Workspace
from trueup.store.answers import StoredAnswer

KEPT: Final = timedelta(hours=24)
"""So long a key gives its stored answer."""

LONGEST: Final = timedelta(minutes=15)
"""So long a call may be at work; after that its process has died, and the key may be used again."""

LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class KeyedCall:
    """A call with its key; `digest` stands for method, address and body."""

    key: str
    digest: str


def checked_key(key: str) -> str:
    """A key as it may be sent: 1 to 255 visible ASCII characters. Raises UseCaseError `web.key_unusable`."""
    if not 0 < len(key) <= LONGEST_KEY or not all("!" <= letter <= "~" for letter in key):
        raise failed("web.key_unusable", longest=LONGEST_KEY)
    return key


def claim(ws: Workspace, call: KeyedCall) -> StoredAnswer | None:
    """Take the key for this call, or give the answer that the same call had before.

    Raises UseCaseError `web.key_of_another_call`, or with exit code 4 `web.key_at_work` while the first call is not
    answered yet.
    """
    now, answers = ws.now(), ws.store.answers
    with ws.store.writing():
        answers.forget(before=now - KEPT)
        found = answers.get(ws.actor, call.key)
        if found is None:
            answers.claim(ws.actor, call.key, call.digest, now=now)
            return None
        if found.digest != call.digest:
            raise failed("web.key_of_another_call", key=call.key)
        if found.status is not None:
            return found
        if found.claimed_at > now - LONGEST:
            raise refused("web.key_at_work", key=call.key)
        answers.free(ws.actor, call.key)
        answers.claim(ws.actor, call.key, call.digest, now=now)
        return None
