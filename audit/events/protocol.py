"""What clients ask and are refused."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "token_refused",
        _t("Token refused"),
        _t("A request for tokens by %(client)s was refused: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "code_replayed",
        _t("Code used twice"),
        _t("%(client)s used a code for a second time; its tokens are revoked."),
        _t("%(client)s was signed out because it used a code twice."),
        is_refusal=True,
    ),
    Kind(
        "refresh_reused",
        _t("Refresh token used twice"),
        _t("A refresh token of %(client)s was used again; all that came of it is revoked."),
        _t("%(client)s was signed out because it used an old token."),
        is_refusal=True,
    ),
    Kind("token_revoked", _t("Token given back"), _t("%(client)s gave a token of %(subject)s back.")),
    Kind("logout_delivered", _t("Client told of a sign-out"), _t("%(client)s was told that %(subject)s signed out.")),
    Kind(
        "logout_failed",
        _t("Client not told of a sign-out"),
        _t("%(client)s could not be told that %(subject)s signed out: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "logout_retried",
        _t("Client to be told again"),
        _t("%(actor)s has %(client)s told again that %(subject)s signed out."),
    ),
    Kind("signing_key_created", _t("Signing key made"), _t("The signing key %(kid)s was made.")),
    Kind("signing_key_activated", _t("Signing key in use"), _t("The signing key %(kid)s signs from now on.")),
    Kind("signing_key_retired", _t("Signing key retired"), _t("The signing key %(kid)s no longer signs.")),
    Kind("signing_key_dropped", _t("Signing key withdrawn"), _t("The signing key %(kid)s is no longer published.")),
)
