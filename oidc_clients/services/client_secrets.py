"""A client's secrets. It can have several, so that one can be replaced without an outage."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from ..exceptions import ClientSecretRefused
from ..models import Client, ClientSecret
from ..signals import ClientSecretAdded, ClientSecretRemoved, client_secret_added, client_secret_removed
from .digests import digest_of, new_secret

MAX_PER_CLIENT: Final = 20
PREFIX_LENGTH: Final = 4

# Printable ASCII, the characters that RFC 6749 (appendix A.2) allows in a secret.
SUPPLIED: Final = re.compile(r"[\x20-\x7e]{16,512}")


def add_client_secret(
    *, client: Client, actor: Any, supplied: str | None = None, expires_at: datetime | None = None
) -> tuple[ClientSecret, str]:
    """Add a secret. Return the stored row and the secret itself, which can't be shown again.

    Without ``supplied``, the secret has 256 random bits. Sends ``client_secret_added``.

    :raises ClientSecretRefused: the client is public or signs with its own key, the supplied secret is too short or has
        other
        characters, the expiry has passed, or the client already has ``MAX_PER_CLIENT`` secrets.
    """
    if supplied is not None and not SUPPLIED.fullmatch(supplied):
        raise ClientSecretRefused("A secret has 16 to 512 characters: letters, digits and punctuation.")
    if expires_at is not None and expires_at <= timezone.now():
        raise ClientSecretRefused("Choose a time in the future for the secret to expire.")
    value = new_secret() if supplied is None else supplied
    with transaction.atomic():
        # The lock makes the count reliable: two simultaneous requests can't both add the twentieth secret.
        locked = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        if locked.is_public:
            raise ClientSecretRefused("A public client has no secrets.")
        if locked.authentication_method == Client.AuthenticationMethod.PRIVATE_KEY:
            raise ClientSecretRefused("This client signs with its own key, so no secret of it is accepted.")
        if locked.secrets.count() >= MAX_PER_CLIENT:
            raise ClientSecretRefused(f"A client has at most {MAX_PER_CLIENT} secrets. Remove one first.")
        secret = ClientSecret.objects.create(
            client=locked, digest=digest_of(value), prefix=value[:PREFIX_LENGTH], expires_at=expires_at
        )
        client_secret_added.send(
            sender=ClientSecret,
            event=ClientSecretAdded(
                client=locked.client_id,
                client_name=locked.name,
                secret=str(secret.pk),
                prefix=secret.prefix,
                actor=None if actor is None else str(actor.pk),
            ),
        )
    return secret, value


def remove_client_secret(*, secret: ClientSecret, actor: Any) -> bool:
    """Remove the secret, which is rejected from now on. Return whether it existed. Sends ``client_secret_removed``."""
    with transaction.atomic():
        removed, _ = ClientSecret.objects.filter(pk=secret.pk).delete()
        if removed:
            client_secret_removed.send(
                sender=ClientSecret,
                event=ClientSecretRemoved(
                    client=secret.client.client_id,
                    client_name=secret.client.name,
                    secret=str(secret.pk),
                    prefix=secret.prefix,
                    actor=None if actor is None else str(actor.pk),
                ),
            )
    return bool(removed)
