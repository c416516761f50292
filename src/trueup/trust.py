"""Whom to trust on the network: one TLS context for the whole process, because building one is slow (40 ms)."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that the HTTP library trusts by default, those that the environment names included."""
    return httpx2.create_ssl_context()
