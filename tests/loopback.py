"""Calls to servers that a test started itself, in clear text on a loopback port."""

from __future__ import annotations

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""`verify` of every client that only calls loopback: it trusts nobody. Without it each client reads all certificates
of the system first, which takes longer (60 ms) than what most tests ask."""
