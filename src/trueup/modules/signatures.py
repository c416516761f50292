"""Signatures of vendors that sign each request: the only Python that a module may need (see `Signer`).

Datto Networking (CloudTrax): `Signature` is the hex HMAC-SHA256 of the `Authorization` header, the path and the body.
Duo: Basic of the integration key and the hex HMAC-SHA1 over date, method, host, path and sorted parameters, by lines
(Duo's Auth and Admin API reference, "Authentication").
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from trueup.modules.authentication import Outgoing


def _path_of(url: str) -> str:
    return urlsplit(url).path or "/"


def hmac_cloudtrax(request: Outgoing, values: Mapping[str, str]) -> None:
    """Sign for CloudTrax; `values` are `key` and `secret`. A nonce is new with each request, retries included."""
    authorization = f"key={values['key']},timestamp={int(time.time())},nonce={secrets.token_hex(16)}"
    text = authorization + _path_of(request.url) + (request.body or b"").decode()
    request.headers["Authorization"] = authorization
    request.headers["Signature"] = hmac.new(values["secret"].encode(), text.encode(), "sha256").hexdigest()
    request.headers["OpenMesh-API-Version"] = "1"


def hmac_duo(request: Outgoing, values: Mapping[str, str]) -> None:
    """Sign for Duo; `values` are `integration_key` and `secret_key`. Parameters of a POST are in its address too, since
    a reading call has no other body."""
    date = formatdate(usegmt=True)
    parameters = "&".join(
        f"{quote(name, safe='~')}={quote(request.query[name], safe='~')}" for name in sorted(request.query)
    )
    host = urlsplit(request.url).netloc.lower()
    text = "\n".join((date, request.method, host, _path_of(request.url), parameters))
    signature = hmac.new(values["secret_key"].encode(), text.encode(), "sha1").hexdigest()
    pair = f"{values['integration_key']}:{signature}".encode()
    request.headers["Date"] = date
    request.headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
