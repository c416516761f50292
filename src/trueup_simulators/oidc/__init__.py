"""An OpenID Connect provider behind a real HTTP server: code flow with PKCE, and faults of what it says.

Written from OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636 and RFC 7517. Whoever comes to `/authorize`
is signed in as the user of the moment (`/_simulator/user`); `/_simulator/fault` names one fault for the next token.
"""

from __future__ import annotations

from trueup_simulators.oidc.app import FAULTS, State, create_app
from trueup_simulators.serving import RunningSimulator, free_socket, start_in_thread

__all__ = ["FAULTS", "State", "create_app", "start"]


def start(redirect_uri: str, *, port: int = 0, host: str = "127.0.0.1") -> RunningSimulator:
    """Serve a provider that sends browsers back to `redirect_uri` only. `credentials` has `client_id` and
    `client_secret`; the issuer is `url`."""
    bound = free_socket(host, port)
    address, number = bound.getsockname()[:2]
    state = State(f"http://{address}:{number}", redirect_uri)
    return start_in_thread(create_app(state), bound, {"client_id": state.client_id, "client_secret": state.secret})
