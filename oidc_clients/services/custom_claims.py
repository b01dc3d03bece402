"""Custom claims of members and groups (OpenID Connect Core §5.1.2)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from ..exceptions import CustomClaimRefused
from ..models import CustomClaim
from ..protocol.custom_claims import merged, name_refusal, value_refusal
from ..signals import CustomClaimChanged, CustomClaimRemoved, custom_claim_changed, custom_claim_removed


def held_by(user: Any) -> QuerySet[CustomClaim]:
    """Return the custom claims of the member and of their groups."""
    return CustomClaim.objects.filter(Q(user=user) | Q(group__user=user))


def custom_claims_of(user: Any) -> dict[str, Any]:
    """Return the member's custom claims, in one statement."""
    return merged(held_by(user).order_by().values_list(Coalesce("group__name", Value("")), "name", "value"))


def save_custom_claim(
    *, claim: CustomClaim | None, user: Any, group: Group | None, name: str, value: str, actor: str | None
) -> CustomClaim:
    """Add or change a custom claim of a member or a group.

    :raises CustomClaimRefused: it can't be saved; ``field`` names the field at fault.
    """
    if (user is None) == (group is None):
        raise CustomClaimRefused("Choose a member or a group, not both.", field="user")
    if (refusal := name_refusal(name)) is not None:
        raise CustomClaimRefused(refusal, field="name")
    if (refusal := value_refusal(value)) is not None:
        raise CustomClaimRefused(refusal, field="value")
    with transaction.atomic():
        before = None if claim is None else CustomClaim.objects.select_for_update().filter(pk=claim.pk).first()
        if claim is not None and before is None:
            raise CustomClaimRefused("This claim was removed meanwhile.")
        row = CustomClaim(user=user, group=group, name=name, value=value)
        if before is not None:
            row.pk = before.pk
        try:
            with transaction.atomic():
                row.save(force_insert=before is None, force_update=before is not None)
        except IntegrityError as error:
            raise CustomClaimRefused("There is a claim of this name already.", field="name") from error
        custom_claim_changed.send(
            sender=CustomClaim,
            event=CustomClaimChanged(
                user=None if user is None else str(user.pk),
                group=None if group is None else group.name,
                name=name,
                before=None if before is None else before.value,
                after=value,
                actor=actor,
            ),
        )
    return row


def remove_custom_claim(*, claim: CustomClaim, actor: str | None) -> None:
    """Remove a custom claim. Do nothing if it is already gone."""
    with transaction.atomic():
        deleted, _rows = CustomClaim.objects.filter(pk=claim.pk).delete()
        if deleted:
            custom_claim_removed.send(
                sender=CustomClaim,
                event=CustomClaimRemoved(
                    user=None if claim.user_id is None else str(claim.user_id),
                    group=None if claim.group is None else claim.group.name,
                    name=claim.name,
                    before=claim.value,
                    actor=actor,
                ),
            )
