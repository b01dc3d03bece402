"""Clients, and what members allow them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind("client_created", _t("Client created"), _t("The client %(client)s was created.")),
    Kind("client_changed", _t("Client changed"), _t("The client %(client)s was changed: %(fields)s.")),
    Kind("client_deleted", _t("Client deleted"), _t("The client %(client)s was deleted.")),
    Kind("client_secret_added", _t("Client secret added"), _t("%(client)s has a new secret (%(prefix)s…).")),
    Kind("client_secret_removed", _t("Client secret removed"), _t("A secret of %(client)s was removed (%(prefix)s…).")),
    Kind(
        "client_authorized",
        _t("First sign-in at a client"),
        _t("%(subject)s signed in at %(client)s for the first time."),
        _t("You signed in at %(client)s for the first time."),
        when={"is_new": True},
    ),
    Kind(
        "client_authorized",
        _t("Sign-in at a client"),
        _t("%(subject)s signed in at %(client)s."),
        _t("You signed in at %(client)s."),
    ),
    Kind(
        "custom_claim_changed",
        _t("Custom claim set"),
        _t("The custom claim %(name)s was set."),
        _t("What apps are told about you as %(name)s was set."),
    ),
    Kind(
        "custom_claim_removed",
        _t("Custom claim removed"),
        _t("The custom claim %(name)s was removed."),
        _t("What apps are told about you as %(name)s was removed."),
    ),
    Kind(
        "consent_given",
        _t("Consent given"),
        _t("%(subject)s agreed to what %(client)s may see: %(scopes)s."),
        _t("You agreed to what %(client)s may see."),
    ),
    Kind(
        "consent_revoked",
        _t("Consent revoked"),
        _t("The consent of %(subject)s for %(client)s was revoked."),
        _t("Your consent for %(client)s was revoked."),
    ),
    Kind(
        "access_denied",
        _t("Sign-in cancelled"),
        _t("%(subject)s cancelled signing in at %(client)s."),
        _t("You cancelled signing in at %(client)s."),
        when={"by_member": True},
        is_refusal=True,
    ),
    Kind(
        "access_denied",
        _t("Not allowed at a client"),
        _t("%(subject)s may not sign in at %(client)s."),
        _t("You were not let in at %(client)s."),
        when={"by_member": False},
        is_refusal=True,
    ),
    Kind(
        "access_denied",
        _t("Sign-in at a client refused"),
        _t("%(subject)s was not signed in at %(client)s."),
        _t("You were not signed in at %(client)s."),
        is_refusal=True,
    ),
    Kind(
        "access_revoked",
        _t("Access ended"),
        _t("The access of %(subject)s at %(client)s was ended: %(reason)s."),
        _t("Your access at %(client)s was ended."),
    ),
    Kind(
        "device_approved",
        _t("Device approved"),
        _t("%(subject)s let a device sign in at %(client)s."),
        _t("You let a device sign in at %(client)s."),
    ),
    Kind(
        "device_refused",
        _t("Device refused"),
        _t("%(subject)s did not let a device sign in at %(client)s."),
        _t("You did not let a device sign in at %(client)s."),
        is_refusal=True,
    ),
    Kind(
        "device_ended",
        _t("Device signed out"),
        _t("%(subject)s signed a device out at %(client)s (%(device_agent)s)."),
        _t("You signed a device out at %(client)s (%(device_agent)s)."),
    ),
)
