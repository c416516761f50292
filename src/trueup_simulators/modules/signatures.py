"""Signed requests: what CloudTrax and Duo compute over a request to know who sent it."""

from __future__ import annotations

import hashlib
import hmac
import time
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote

from trueup_simulators.modules.calls import Call

_SKEW_SECONDS = 900


class CloudTraxSignature:
    """`Signature` = hex HMAC-SHA256(secret, Authorization + path + body); a nonce counts once."""

    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, secret
        self._nonces: set[str] = set()

    def holds(self, call: Call) -> bool:
        """Whether the request was signed with the key, recently, and for the first time."""
        authorization = call.header("authorization")
        named = dict(part.partition("=")[::2] for part in authorization.replace(" ", "").split(","))
        nonce, timestamp = named.get("nonce", ""), named.get("timestamp", "")
        if call.header("openmesh-api-version") != "1" or named.get("key") != self._key or not nonce:
            return False
        if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > _SKEW_SECONDS:
            return False
        path = f"{call.path}?{call.raw_query}" if call.raw_query else call.path
        signed = authorization + path + call.body.decode("utf-8", "replace")
        wanted = hmac.new(self._secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, call.header("signature").lower()) or nonce in self._nonces:
            return False
        self._nonces.add(nonce)
        return True


def duo_signature_holds(call: Call, integration_key: str, secret_key: str) -> bool:
    """Whether HTTP Basic carries integration key and hex HMAC over date, method, host, path and sorted parameters.

    SHA-1 and SHA-512 are both taken, told apart by their length.
    """
    found = call.basic()
    date = call.header("date")
    if found is None or found[0] != integration_key or not date:
        return False
    try:
        if abs(time.time() - parsedate_to_datetime(date).timestamp()) > _SKEW_SECONDS:
            return False
    except (TypeError, ValueError):
        return False
    sent = call.body.decode("utf-8", "replace") if call.method == "POST" else call.raw_query
    parameters = sorted(parse_qsl(sent, keep_blank_values=True))
    written = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in parameters)
    host = call.origin.partition("://")[2].lower()
    signed = "\n".join((date, call.method, host, call.path, written))
    digest = hashlib.sha512 if len(found[1]) == 128 else hashlib.sha1
    wanted = hmac.new(secret_key.encode(), signed.encode(), digest).hexdigest()
    return hmac.compare_digest(wanted, found[1].lower())
