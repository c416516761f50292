"""How each vendor wants to know who asks, written from its documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from email.utils import formatdate
from urllib.parse import parse_qsl, quote

import httpx2
from tests.simulators.modules.rig import Rig

BASIC = {
    "datto_bcdr": ("public_key", "secret_key"),
    "datto_saas_protection": ("public_key", "secret_key"),
    "datto_endpoint_backup": ("public_key", "secret_key"),
    "huntress": ("api_key", "api_secret"),
    "vsa10": ("token_id", "token_secret"),
    "spanning_m365": ("admin_email", "token"),
    "spanning_google": ("admin_email", "token"),
    "dark_web_id": ("user_name", "password"),
    "auvik": ("user", "api_key"),
}
HEADERS = {
    "rocketcyber": {"Authorization": "Bearer {token}"},
    "sentinelone": {"Authorization": "ApiToken {token}"},
    "partner_center": {"Authorization": "Bearer {token}"},
    "it_glue": {"x-api-key": "{api_key}"},
    "saas_alerts": {"api_key": "{api_key}"},
    "proofpoint_essentials": {"X-User": "{user}", "X-Password": "{password}"},
}
CLIENT = {"grant_type": "client_credentials"}
LOGINS = {
    "sophos_partner": ("/api/v2/oauth2/token", {**CLIENT, "scope": "token"}, "body"),
    "microsoft_365": (
        "/{tenant_id}/oauth2/v2.0/token",
        {**CLIENT, "scope": "https://graph.microsoft.com/.default"},
        "body",
    ),
    "pax8": ("/v1/token", {**CLIENT, "audience": "https://api.pax8.com"}, "body"),
    "ninjaone": ("/ws/oauth/token", {**CLIENT, "scope": "monitoring"}, "body"),
    "unitrends": ("/connect/token", CLIENT, "body"),
    "acronis": ("/api/2/idp/token", CLIENT, "basic"),
    "webroot": ("/auth/token", {"grant_type": "password", "scope": "*"}, "password"),
}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def login(rig: Rig) -> httpx2.Response:
    path, form, way = LOGINS[rig.kind]
    client = {name: rig.given[name] for name in ("client_id", "client_secret")}
    headers = {}
    if way == "body":
        form = {**form, **client}
    else:
        headers["Authorization"] = _basic(*client.values())
    if way == "password":
        form = {**form, "username": rig.given["user_name"], "password": rig.given["password"]}
    return rig.plain.post(path.format(**rig.given), data=form, headers=headers)


def _token(rig: Rig) -> str:
    known = getattr(rig, "token", None)
    if known is None:
        if rig.kind == "ncentral":
            answer = rig.plain.post("/api/auth/authenticate", headers={"Authorization": f"Bearer {rig.given['jwt']}"})
            known = answer.raise_for_status().json()["tokens"]["access"]["token"]
        else:
            known = login(rig).raise_for_status().json()["access_token"]
        rig.token = known  # type: ignore[attr-defined]
    return known


def authorized(rig: Rig, request: httpx2.Request) -> httpx2.Request:
    """The request with the proof that the vendor asks for."""
    given, headers = rig.given, request.headers
    if rig.kind in BASIC:
        user, password = BASIC[rig.kind]
        headers["Authorization"] = _basic(given[user], given[password])
    elif rig.kind in HEADERS:
        for name, template in HEADERS[rig.kind].items():
            headers[name] = template.format(**given)
    elif rig.kind in {"datto_edr", "datto_av"}:
        request.url = request.url.copy_merge_params({"access_token": given["token"]})
    elif rig.kind == "gravityzone":
        headers["Authorization"] = _basic(given["api_key"], "")
    elif rig.kind == "datto_networking":
        _cloudtrax(request, given["key"], given["secret"])
    elif rig.kind == "duo_msp":
        _duo(request, given["integration_key"], given["secret_key"])
    else:
        headers["Authorization"] = f"Bearer {_token(rig)}"
        if rig.kind == "sophos_partner" and request.url.path.startswith("/partner/"):
            headers["X-Partner-ID"] = rig.sim.vendor.guid("partner")
    return request


def _cloudtrax(request: httpx2.Request, key: str, secret: str) -> None:
    authorization = f"key={key},timestamp={int(time.time())},nonce={secrets.token_hex(16)}"
    signed = authorization + request.url.raw_path.decode() + request.content.decode()
    request.headers["Authorization"] = authorization
    request.headers["Signature"] = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    request.headers["OpenMesh-API-Version"] = "1"


def _duo(request: httpx2.Request, key: str, secret: str) -> None:
    date = formatdate()
    parameters = sorted(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    written = "&".join(f"{quote(name, '~')}={quote(value, '~')}" for name, value in parameters)
    written = "" if request.method == "POST" else written
    signed = "\n".join([date, request.method, request.headers["host"].lower(), request.url.path, written])
    request.headers["Date"] = date
    request.headers["Authorization"] = _basic(key, hmac.new(secret.encode(), signed.encode(), "sha1").hexdigest())
