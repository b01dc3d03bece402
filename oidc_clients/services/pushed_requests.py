"""Pushed authorization requests (RFC 9126): kept for a short time, bound to their client, used once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone

from .. import conf
from ..models import Client, PushedRequest
from ..protocol.errors import InvalidRequest, OAuthError
from ..protocol.parameters import Parameters
from .authorization_requests import PUSHED_PARAMETERS, arrived_request
from .authorize import fault_of, redirect_uri_is_registered
from .digests import digest_of, new_secret

URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True, slots=True)
class PushedAnswer:
    """What the client sends on to the authorization endpoint. ``expires_in`` is in seconds."""

    request_uri: str = field(repr=False)
    expires_in: int


def is_pushed_uri(request_uri: str | None) -> bool:
    """Whether this can be the address of a pushed request, as opposed to one of a request object somewhere else."""
    return request_uri is not None and request_uri.startswith(URI_PREFIX)


def push_request(*, client: Client, parameters: Parameters) -> PushedAnswer:
    """Keep a request that was found valid, as at the authorization endpoint (RFC 9126 §2.1). Raises OAuthError."""
    if "request_uri" in parameters.values:
        raise InvalidRequest("A pushed request can't contain a request_uri.")
    if parameters.get("client_id") not in (None, client.client_id):
        raise InvalidRequest("The client_id is another than the authenticated client's.")
    values = {**parameters.values, "client_id": client.client_id}
    request = arrived_request(replace(parameters, values=values), is_pushed=True)
    if not redirect_uri_is_registered(client=client, redirect_uri=request.get("redirect_uri")):
        raise InvalidRequest("The redirect_uri is missing, or it is not registered for this client.")
    if (fault := fault_of(request=request, client=client)) is not None:
        raise RequestRefused(fault.code, fault.description)
    request_uri, lifetime = URI_PREFIX + new_secret(), conf.pushed_request_lifetime()
    PushedRequest.objects.create(
        client=client,
        uri_digest=digest_of(request_uri),
        parameters={name: value for name, value in values.items() if name in PUSHED_PARAMETERS},
        expires_at=timezone.now() + lifetime,
    )
    return PushedAnswer(request_uri, int(lifetime.total_seconds()))


def take_request(*, client: Client, request_uri: str) -> Parameters | None:
    """The parameters that the client pushed, once; None for an unknown, used, expired or another client's request.

    Whoever comes first has it: one conditional update decides, and what belongs to another client stays untouched.
    """
    now = timezone.now()
    mine = PushedRequest.objects.filter(client=client, uri_digest=digest_of(request_uri))
    if not mine.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    return Parameters(dict(mine.values_list("parameters", flat=True).get()), frozenset(), frozenset())


class RequestRefused(OAuthError):
    """A refusal of the authorization endpoint, told at once (RFC 9126 §2.3)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
