"""Receivers as they behave on a network: encrypted mail, chat tools, those that hang, drip, fail or point elsewhere.

Whatever one of them does, the others are told, nothing is lost, and a round ends in time.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.responses import RedirectResponse, Response, StreamingResponse
from tests.app.office import Office, run
from tests.app.test_notices import Mailbox, blocked, hooked, mailed
from tests.modules.vendor import Vendor

from trueup.app.notices import receivers
from trueup.app.notices.telling import send_test, tell
from trueup.store.notices import GIVEN_UP, SENT, WAITING, Message

pytestmark = [
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),  # a tool of Apprise's
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning"),  # TLS is around it
]
NIGHTLY = timedelta(days=1)
PASSWORD = "a password of the mailbox"


def message_to(office: Office, name: str) -> Message:
    number = office.ws.store.receivers.named(name).id
    (found,) = [one for one in office.ws.store.notices.messages() if one.receiver == number]
    return found


def told(message: Message) -> tuple[str, str | None, object]:
    failure = message.failure
    return (message.state, failure and failure.code, failure and (failure.get("status") or failure.get("kind")))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


# --- encrypted mail


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, for 127.0.0.1: its file, and the context of a server that has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("authority")
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context


class _Implicit(Controller):
    """A server that speaks TLS from the first byte; it tries itself with a context for callers, which it lacks."""

    def _trigger_server(self) -> None:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.hostname, self.port), 5) as plain, anybody.wrap_socket(plain) as call:
            call.recv(1024)


@contextmanager
def mail_server(box: Mailbox, tls: str, context: ssl.SSLContext) -> Iterator[str]:
    """A server that takes mail only from who has logged in under TLS; gives its port."""

    def knows(_server: object, _session: object, _envelope: object, _how: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given.password == PASSWORD.encode())

    port = free_port()
    more: dict[str, object] = {"authenticator": knows, "auth_required": True, "ready_timeout": 60}
    if tls == "tls":
        more["auth_require_tls"] = False  # the server does not see that its socket is encrypted
        server = _Implicit(box, hostname="127.0.0.1", port=port, ssl_context=context, **more)
    else:
        server = Controller(box, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, **more)
    server.start()
    yield str(port)
    server.stop()


def add_mail(office: Office, port: str, tls: str) -> None:
    settings = {"to": "ops@example.org", "from": "trueup@example.org", "host": "127.0.0.1", "port": port, "tls": tls}
    secret = {"password": PASSWORD}
    said = receivers.ReceiverChoices("post", {**settings, "user": "trueup"})
    run(receivers.add_receiver(office.ws, "email", said, secret))


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_out_encrypted_to_a_server_whose_certificate_is_trusted(
    own: Office, authority: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    certificate, context = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    box = Mailbox()
    with mail_server(box, tls, context) as port:
        add_mail(own, port, tls)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
    assert told(message_to(own, "post")) == (SENT, None, None)
    (mail,) = box.mails
    assert (mail["To"], mail["Auto-Submitted"]) == ("ops@example.org", "auto-generated")
    assert "blocked" in str(mail["Subject"])


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_server_that_nobody_vouches_for_gets_neither_the_password_nor_a_mail(
    own: Office, authority: tuple[Path, ssl.SSLContext], tls: str
) -> None:
    box = Mailbox()
    with mail_server(box, tls, authority[1]) as port:
        add_mail(own, port, tls)
        failure = run(send_test(own.ws, own.ws.store.receivers.named("post").id))
    assert failure is not None
    assert (failure.code, failure.get("kind")) == ("notify.failed", "SSLCertVerificationError")
    assert box.mails == []


def test_a_server_that_offers_no_encryption_gets_nothing_in_the_clear(own: Office) -> None:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        add_mail(own, str(server.port), "starttls")
        failure = run(send_test(own.ws, own.ws.store.receivers.named("post").id))
    finally:
        server.stop()
    assert failure is not None
    assert failure.get("kind") == "SMTPNotSupportedError"
    assert box.mails == []


# --- chat tools


def chatting(office: Office, url: str) -> None:
    address = url.replace("http://", "json://") + "/rooms/ops?verify=no"
    run(receivers.add_receiver(office.ws, "chat", receivers.ReceiverChoices("chat", {}), {"address": address}))


def test_a_chat_tool_gets_title_and_cure_once(own: Office) -> None:
    with Vendor(lambda _: {}) as tool:
        chatting(own, tool.url)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
        run(tell(own.ws))
        ((method, path, _, _, body),) = tool.log
    assert (method, path) == ("POST", "/rooms/ops")
    assert b"rmm is blocked by a network rule" in body
    assert told(message_to(own, "chat")) == (SENT, None, None)


def test_a_chat_tool_that_fails_is_told_later_and_its_address_is_written_nowhere(own: Office) -> None:
    answers = [Response(status_code=500), Response(status_code=200)]
    with Vendor(lambda _: answers.pop(0)) as tool:
        chatting(own, tool.url)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
        assert told(message_to(own, "chat")) == (WAITING, "notify.failed", "NotTakenError")
        own.clock.put(own.clock.now() + timedelta(minutes=6))
        run(tell(own.ws))
        assert told(message_to(own, "chat")) == (SENT, None, None)
    assert "rooms/ops" not in str(own.ws.store.notices.messages())


# --- those that misbehave


@contextmanager
def listening(drip: bytes = b"") -> Iterator[int]:
    """A port that takes calls and never finishes: silent, or a byte from time to time."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)

    def serve() -> None:
        taken: list[socket.socket] = []
        while not over.is_set():
            with suppress(TimeoutError):
                taken.append(server.accept()[0])
            for one in taken if drip else ():
                with suppress(OSError):  # the caller is gone
                    one.sendall(drip)
        for one in (*taken, server):
            one.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    over.set()
    thread.join()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    yield box, str(server.port)
    server.stop()


@pytest.mark.parametrize("drip", [b"", b"x"], ids=["silent", "a byte at a time"])
def test_receivers_that_never_finish_delay_a_round_by_its_patience_and_the_others_are_told(
    own: Office, mailbox: tuple[Mailbox, str], drip: bytes
) -> None:
    box, port = mailbox
    mailed(own, port)
    blocked(own, NIGHTLY)
    with listening(drip) as hook, listening(drip) as tool, listening() as post:
        hooked(own, f"http://127.0.0.1:{hook}/")
        chatting(own, f"http://127.0.0.1:{tool}")
        plain = {"to": "a@b.c", "from": "d@e.f", "host": "127.0.0.1", "port": str(post), "tls": "none"}
        run(receivers.add_receiver(own.ws, "email", receivers.ReceiverChoices("slow post", plain), {}))
        began = time.monotonic()
        run(tell(own.ws, patience=5))
        assert time.monotonic() - began < 30
    assert len(box.mails) == 1
    waiting = {name: told(message_to(own, name))[0] for name in ("hook", "chat", "slow post")}
    assert waiting == dict.fromkeys(waiting, WAITING)


def test_an_answer_that_never_ends_is_not_read(own: Office) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1024
            await asyncio.sleep(0.05)

    with Vendor(lambda _: StreamingResponse(endless())) as hook:
        hooked(own, hook.url)
        blocked(own, NIGHTLY)
        run(tell(own.ws, patience=5))
        assert told(message_to(own, "hook")) == (SENT, None, None)


def test_a_redirect_is_not_followed(own: Office) -> None:
    with Vendor(lambda _: {}) as elsewhere, Vendor(lambda _: RedirectResponse(elsewhere.url, 307)) as hook:
        hooked(own, hook.url)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
        assert told(message_to(own, "hook")) == (WAITING, "notify.refused", 307)
        assert (len(hook.log), elsewhere.log) == (1, [])


def test_a_receiver_that_is_gone_is_tried_less_and_less_often_and_given_up_after_a_day_and_a_half(own: Office) -> None:
    rests = [5, 10, 20, 40, 80, 160, 320, 480, 480, 480]
    assert 24 * 60 < sum(rests) <= 36 * 60
    with Vendor(lambda _: Response(status_code=410)) as hook:
        hooked(own, hook.url)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
        for tries, minutes in enumerate(rests, 1):
            assert (len(hook.log), told(message_to(own, "hook"))[0]) == (tries, WAITING)
            own.clock.put(own.clock.now() + timedelta(minutes=minutes - 1))
            run(tell(own.ws))
            assert len(hook.log) == tries
            own.clock.put(own.clock.now() + timedelta(minutes=1))
            run(tell(own.ws))
        assert (len(hook.log), told(message_to(own, "hook"))[0]) == (11, GIVEN_UP)
