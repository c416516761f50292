"""Passwords: which ones are taken, and how they are kept.

argon2id with the second recommended option of RFC 9106 section 4 (3 passes, 64 MiB, 4 lanes). At least 12 characters of
any kind and no rules of composition (NIST SP 800-63B section 5.1.1.2); the commonest ones are refused, by the first
10,000 of the list that Django 5.2 ships (BSD-3-Clause; made by Royce Williams from published breaches).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

import anyio.to_thread
from anyio.lowlevel import RunVar
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from trueup.app.errors import Exit, UseCaseError
from trueup.core.reason import Param, Reason

SHORTEST: Final = 12
LONGEST: Final = 1000
AT_ONCE: Final = 2
"""How many hashes are worked out at once: each takes 64 MiB, and callers who are not signed in can ask for them."""

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16)
_OURS = ("trueup", "autotask")
_OWN_REST = 8
"""So many characters must remain when somebody's own name is taken out."""


def _refused(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def check_password(password: str, own: Iterable[str]) -> None:
    """Refuse a password that would be guessed. `own` are the person's names and addresses.

    Raises UseCaseError `password.short`, `password.long`, `password.common`, `password.own`, all with exit code 2.
    """
    if len(password) < SHORTEST:
        raise _refused("password.short", count=len(password), minimum=SHORTEST)
    if len(password) > LONGEST:
        raise _refused("password.long", maximum=LONGEST)
    plain = unicodedata.normalize("NFKC", password).casefold()
    if _is_common(plain):
        raise _refused("password.common")
    if any(word in plain and len(plain.replace(word, "")) < _OWN_REST for word in _words(own)):
        raise _refused("password.own")


def _words(own: Iterable[str]) -> set[str]:
    found = set(_OURS)
    for text in own:
        for part in "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split():
            if len(part) >= 3:
                found.add(part)
    return found


def _is_common(plain: str) -> bool:
    """A common one, also with digits or signs around it, repeated, or simply counted up or down."""
    core = plain.strip("0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")
    known = _commonest()
    if plain in known or (core in known and len(core) >= 4):
        return True
    size = next((n for n in range(1, len(plain)) if plain[n:] == plain[:-n]), len(plain))
    if size <= 4 or plain[:size] in known:
        return True
    steps = {(ord(b) - ord(a)) % 10 if (a + b).isdigit() else ord(b) - ord(a) for a, b in pairwise(plain)}
    return steps in ({1}, {-1}, {9})


@cache
def _commonest() -> frozenset[str]:
    text = files("trueup.app.people").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split("\n")) - {""}


@cache
def _decoy() -> str:
    """A hash that fits nothing, for those who do not exist: their answer takes as long as everybody's."""
    return _HASHER.hash("nobody has this password")


def _fits(hashed: str | None, password: str) -> bool:
    decoy = _decoy()
    try:
        _HASHER.verify(hashed or decoy, password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


_at_work: RunVar[anyio.CapacityLimiter] = RunVar("password hashes at work")


def _limiter() -> anyio.CapacityLimiter:
    found = _at_work.get(None)
    if found is None:
        found = anyio.CapacityLimiter(AT_ONCE)
        _at_work.set(found)
    return found


async def hashed_password(password: str) -> str:
    """The hash to keep, with its parameters and a salt of its own."""
    return await anyio.to_thread.run_sync(_HASHER.hash, password, limiter=_limiter())


async def password_fits(hashed: str | None, password: str) -> bool:
    """Whether it is the password behind the hash. Without a hash the answer is no, after the same time."""
    return await anyio.to_thread.run_sync(_fits, hashed, password, limiter=_limiter())


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with other parameters than today's, and should be made again."""
    return _HASHER.check_needs_rehash(hashed)
