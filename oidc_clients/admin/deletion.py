"""What goes when clients are deleted, in words instead of rows."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import (
    AccessToken,
    Client,
    ClientSecret,
    ClientSession,
    Consent,
    DeviceGrant,
    Grant,
    Interaction,
    LogoutDelivery,
    PushedRequest,
    RefreshToken,
)


def what_goes(clients: Sequence[Client]) -> list[str]:
    """Sentences about what these clients have, with numbers; a sentence about nothing is left out."""
    keys = [client.pk for client in clients]
    secrets = ClientSecret.objects.filter(client__in=keys).count()
    consents = Consent.objects.filter(client__in=keys).count()
    holders = _members_with_tokens(keys)
    sessions = ClientSession.objects.filter(client__in=keys, ended_at=None, signed_out_at=None).count()
    untold = LogoutDelivery.objects.filter(client__in=keys, delivered_at=None).count()
    pending = _sign_ins_in_progress(keys)
    sentences = (
        (1, _("Its name, URLs, logo and access rules.")),
        (
            secrets,
            ngettext(
                "%(total)d secret.",
                "%(total)d secrets.",
                secrets,
            ),
        ),
        (
            consents,
            ngettext(
                "The consent of %(total)d member.",
                "The consent of %(total)d members.",
                consents,
            ),
        ),
        (
            holders,
            ngettext(
                "The tokens of %(total)d member who is signed in.",
                "The tokens of %(total)d members who are signed in.",
                holders,
            ),
        ),
        (
            sessions,
            ngettext(
                "%(total)d session. The app isn't notified and may keep that member signed in for a while.",
                "%(total)d sessions. The app isn't notified and may keep those members signed in for a while.",
                sessions,
            ),
        ),
        (
            untold,
            ngettext(
                "%(total)d pending sign-out notification, which won't be sent.",
                "%(total)d pending sign-out notifications, which won't be sent.",
                untold,
            ),
        ),
        (
            pending,
            ngettext(
                "%(total)d sign-in in progress, which will fail.",
                "%(total)d sign-ins in progress, which will fail.",
                pending,
            ),
        ),
    )
    return [sentence % {"total": total} for total, sentence in sentences if total]


def _members_with_tokens(keys: Sequence[int]) -> int:
    now = timezone.now()
    access = AccessToken.objects.filter(application__in=keys, revoked=None, expires__gt=now)
    refresh = RefreshToken.objects.filter(application__in=keys, revoked=None, expires_at__gt=now)
    total: int = access.values("user").union(refresh.values("user")).count()
    return total


def _sign_ins_in_progress(keys: Sequence[int]) -> int:
    """Whoever is on their way there: in a browser, on a device, or announced by the client."""
    now = timezone.now()
    waiting = (
        Interaction.objects.filter(client__in=keys, completed_at=None, expires_at__gt=now),
        Grant.objects.filter(application__in=keys, used_at=None, revoked_at=None, expires__gt=now),
        DeviceGrant.objects.filter(client__in=keys, redeemed_at=None, expires__gt=now).exclude(
            status__in=(DeviceGrant.DENIED, DeviceGrant.EXPIRED)
        ),
        PushedRequest.objects.filter(client__in=keys, used_at=None, expires_at__gt=now),
    )
    return sum(rows.count() for rows in waiting)
