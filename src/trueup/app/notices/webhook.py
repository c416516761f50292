"""Messages by webhook: a POST of JSON whose signature proves who sent it and when.

`Trueup-Signature` is `v1=` and the hexadecimal HMAC-SHA256, under the receiver's secret, of the text of
`Trueup-Timestamp` (seconds since 1970), a dot, and the body. A receiver refuses old timestamps and knows a repeated
message by `Trueup-Delivery`. (docs/guides/schedule-and-notices.md)
"""

from __future__ import annotations

import hashlib
import hmac

import httpx2
import msgspec

from trueup.app.notices.writing import Written
from trueup.retrying import tries
from trueup.store.notices import Message
from trueup.trust import Reach, client_within

TIMEOUT = 10.0
ATTEMPTS = 3


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the header `Trueup-Signature` holds."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def body_of(tenant: str, delivery: str, event: str, written: Written, message: Message | None) -> bytes:
    """The JSON body: stable codes and the words of a message."""
    told: dict[str, object] = {"id": delivery, "tenant": tenant, "event": event}
    told |= {"title": written.title, "text": written.text}
    if message is not None:
        notice = message.notice
        told |= {
            "notice": notice.id,
            "kind": notice.kind,
            "subject": notice.subject,
            "code": notice.reason.code,
            "params": {name: None if value is None else str(value) for name, value in notice.reason.params},
            "opened_at": notice.opened_at.isoformat(),
            "closed_at": notice.closed_at.isoformat() if notice.closed_at is not None else None,
        }
    return msgspec.json.encode(told)


def _again(error: Exception) -> bool:
    status = error.response.status_code if isinstance(error, httpx2.HTTPStatusError) else None
    return isinstance(error, httpx2.TransportError) or (status is not None and (status >= 500 or status == 429))


async def send(
    url: str, secret: str, delivery: str, timestamp: str, body: bytes, pause: float = 0.5, reach: Reach | None = None
) -> None:
    """Send one message, three times at most; redirects are not followed. Raises httpx2.HTTPError,
    NotReachedError."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Trueup",
        "Trueup-Delivery": delivery,
        "Trueup-Timestamp": timestamp,
        "Trueup-Signature": signature(secret, timestamp, body),
    }
    async with client_within(reach, timeout=TIMEOUT) as client:
        attempts = tries(on=_again, attempts=ATTEMPTS, wait_initial=pause, wait_jitter=pause)
        async for attempt in attempts:
            with attempt:
                async with client.stream("POST", url, content=body, headers=headers) as answer:  # its body is not read
                    if not answer.is_success:
                        raise httpx2.HTTPStatusError("refused", request=answer.request, response=answer)
