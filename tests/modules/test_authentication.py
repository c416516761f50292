"""The ways to prove who we are, as the vendor sees them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.modules.vendor import ALL, ORGS, SEATS, Vendor, collected_from, file_with, values

from trueup.modules.authentication import SIGNERS, Outgoing


def test_basic_header_and_query_proofs_reach_the_vendor_and_stand_in_no_result() -> None:
    kinds = {
        "{kind: basic, user: '{key}', password: '{token}', headers: {clientId: x}}": ("authorization", None),
        "{kind: header, headers: {Authorization: 'ApiToken {token}'}}": ("authorization", "ApiToken t0k3n"),
        "{kind: query, parameters: {access_token: '{token}'}}": ("query", "t0k3n"),
    }
    for kind, (where, expected) in kinds.items():
        with Vendor(lambda request: ORGS if request.url.path == "/orgs" else SEATS) as vendor:
            text = "secret: {key: {label: K}, token: {label: T}}\nauth: " + kind + "\n" + file_with("select: '.'")
            collection = collected_from(vendor, text, secret={"key": "k", "token": "t0k3n"})
            _, _, query, headers, _ = vendor.log[0]
        assert values(collection) == ALL
        basic = "Basic " + base64.b64encode(b"k:t0k3n").decode()
        assert (query["access_token"] if where == "query" else headers["authorization"]) == (expected or basic)
        assert "t0k3n" not in repr(collection)


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_client_credentials_in_the_body_give_a_bearer_token(encoding: str) -> None:
    def script(request: Request) -> object:
        if request.url.path == "/token":
            return {"result": {"token": "abc"}, "expires_in": 3600}
        if request.headers.get("authorization") != "Bearer abc" or request.headers.get("x-partner") != "p-1":
            return Response("no", 401)
        return {"id": "p-1"} if request.url.path == "/whoami" else ORGS if request.url.path == "/orgs" else SEATS

    text = f"""
secret: {{client: {{label: C}}, word: {{label: W}}}}
settings: {{partner: {{label: P, default: p-1}}}}
auth:
  kind: oauth2
  token_url: "{{base_url}}/token"
  grant: client_credentials
  encoding: {encoding}
  client_id: "{{client}}"
  client_secret: "{{word}}"
  extra: {{scope: token}}
  token_path: result.token
  headers: {{X-Partner: "{{partner}}"}}
bootstrap: {{url: /whoami, variables: {{partner_id: id}}}}
""" + file_with("select: '.', query: {of: '{partner_id}'}")
    with Vendor(script) as vendor:
        collection = collected_from(vendor, text, secret={"client": "c", "word": "w"})
        method, path, _, _, body = vendor.log[0]
        assert vendor.asked("/seats") == [{"of": "p-1"}]
    assert values(collection) == ALL
    sent = json.loads(body) if encoding == "json" else {k: v[0] for k, v in parse_qs(body.decode()).items()}
    assert (method, path) == ("POST", "/token")
    assert sent == {"grant_type": "client_credentials", "client_id": "c", "client_secret": "w", "scope": "token"}


def test_a_long_lived_token_is_exchanged_for_a_short_one() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/auth":
            good = request.headers["authorization"] == "Bearer jwt"
            return {"tokens": {"access": {"token": "short"}}} if good else Response("no", 401)
        if request.headers.get("authorization") != "Bearer short":
            return Response("no", 401)
        return ORGS if request.url.path == "/orgs" else SEATS

    auth = "{kind: exchange, token_url: '{base_url}/auth', bearer: '{jwt}', token_path: tokens.access.token}"
    with Vendor(script) as vendor:
        text = "secret: {jwt: {label: J}}\nauth: " + auth + "\n" + file_with("select: '.'")
        assert values(collected_from(vendor, text, secret={"jwt": "jwt"})) == ALL


def test_a_vendor_with_a_signature_of_its_own_needs_one_function() -> None:
    def sign(request: Outgoing, given: Mapping[str, str]) -> None:
        request.headers["Signature"] = given["secret"][::-1] + request.url.rsplit("/", 1)[1]

    SIGNERS["backwards"] = sign
    try:
        with Vendor(lambda request: ORGS if request.url.path == "/orgs" else SEATS) as vendor:
            auth = "auth: {kind: signed, signer: backwards, values: {secret: '{word}'}}\n"
            text = "secret: {word: {label: W}}\n" + auth + file_with("select: '.'")
            assert values(collected_from(vendor, text, secret={"word": "abc"})) == ALL
            assert [headers["signature"] for _, _, _, headers, _ in vendor.log] == ["cbaorgs", "cbaseats"]
    finally:
        del SIGNERS["backwards"]
