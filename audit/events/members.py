"""Members, groups and their names."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "setup_completed",
        _t("Service set up"),
        _t("%(subject)s set this service up."),
        _t("You set this service up."),
    ),
    Kind(
        "setup_refused",
        _t("Setup rejected"),
        _t("Someone opened the setup page without the right link: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "operator_refused",
        _t("Administrator rejected"),
        _t("%(actor)s tried what they may not (%(action)s): %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "member_created",
        _t("Signed up"),
        _t("%(subject)s made their own account: sign-up is open."),
        _t("You made your account."),
        when={"sign_up": "open"},
    ),
    Kind(
        "member_created",
        _t("Signed up by link"),
        _t("%(subject)s made their own account with a sign-up link (%(invitation)s)."),
        _t("You made your account with a sign-up link."),
        when={"sign_up": "link"},
    ),
    Kind(
        "member_created",
        _t("Account created"),
        _t("The account of %(subject)s was created."),
        _t("Your account was created."),
    ),
    Kind(
        "member_changed",
        _t("Account changed"),
        _t("The account of %(subject)s was changed: %(fields)s."),
        _t("Your account was changed: %(fields)s."),
    ),
    Kind(
        "member_disabled",
        _t("Account disabled"),
        _t("The account of %(subject)s was disabled."),
        _t("Your account was disabled."),
    ),
    Kind(
        "member_enabled",
        _t("Account enabled"),
        _t("The account of %(subject)s was enabled."),
        _t("Your account was enabled."),
    ),
    Kind("member_deleted", _t("Account deleted"), _t("The account of %(subject)s was deleted.")),
    Kind("group_created", _t("Group created"), _t("The group “%(name)s” was created.")),
    Kind("group_changed", _t("Group changed"), _t("The group “%(name)s” was changed: %(fields)s.")),
    Kind("group_deleted", _t("Group deleted"), _t("The group “%(name)s” was deleted.")),
    Kind(
        "membership_changed",
        _t("Group joined"),
        _t("%(subject)s joined %(joined)s."),
        _t("You joined %(joined)s."),
        when={"left": []},
    ),
    Kind(
        "membership_changed",
        _t("Group left"),
        _t("%(subject)s left %(left)s."),
        _t("You left %(left)s."),
        when={"joined": []},
    ),
    Kind(
        "membership_changed",
        _t("Membership changed"),
        _t("%(subject)s joined: %(joined)s; left: %(left)s."),
        _t("Your groups changed; joined: %(joined)s; left: %(left)s."),
    ),
    Kind(
        "identifier_released",
        _t("Reserved name released"),
        _t("“%(identifier)s” may be taken by anybody again."),
    ),
    Kind(
        "invitation_created",
        _t("Sign-up link made"),
        _t("%(actor)s made a sign-up link (%(invitation)s, “%(note)s”) for %(max_uses)s accounts; groups: %(groups)s."),
    ),
    Kind(
        "invitation_revoked",
        _t("Sign-up link revoked"),
        _t("%(actor)s revoked a sign-up link (%(invitation)s, “%(note)s”); accounts made with it: %(uses)s."),
    ),
    Kind(
        "sign_up_refused",
        _t("Sign-up refused"),
        _t("Somebody could not make an account: %(reason)s."),
        is_refusal=True,
    ),
)
