"""Messages to chat tools through Apprise, which is imported only where somebody uses it; it blocks, so in a thread."""

from __future__ import annotations

from trueup.app.notices.writing import Written


class NotTakenError(OSError):
    """The chat tool did not take the message."""


def usable(address: str) -> bool:
    """Whether Apprise knows a tool behind the address (`slack://...`, `msteams://...`)."""
    from apprise import Apprise  # noqa: PLC0415 - heavy, and used by few

    return bool(Apprise().add(address))


def send(address: str, written: Written) -> None:
    """Send one message. Raises NotTakenError."""
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415

    tool = Apprise(asset=AppriseAsset(async_mode=False))  # in this thread, which says where it may lead
    if not tool.add(address) or not tool.notify(title=written.title, body=written.text):
        raise NotTakenError
