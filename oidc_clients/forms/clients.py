"""Forms to change and to add a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import conf
from ..adapters import get_selectable_groups
from ..exceptions import ClientRefused, ClientSecretRefused, LogoRefused, OidcClientsError
from ..models import Client, ClientLogo
from ..protocol.client_rules import refusals_of
from ..protocol.redirect_uri import is_plain_http
from ..services.clients import CLIENT_ID, ClientSettings, checked_settings
from ..services.logos import MAX_BYTES, rewrite_logo
from .fields import GroupsField, KeySetField, LifetimeField, UrlLinesField, in_words
from .secrets import supplied_secret

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Client]
else:
    _ModelForm = forms.ModelForm


_FIELDS = {ClientSecretRefused: "chosen_secret", LogoRefused: "logo"}


class ClientForm(_ModelForm):
    """Form with all settings of a client."""

    redirect_uris = UrlLinesField(
        label=gettext_lazy("Callback URLs"),
        help_text=gettext_lazy(
            "One per line, exactly as the client sends it (see the client's guide). Plain http is "
            "allowed, but anyone on the same network can intercept the sign-in, so use https where "
            "possible."
        ),
    )
    post_logout_redirect_uris = UrlLinesField(
        label=gettext_lazy("Logout callback URLs"),
        required=False,
        help_text=gettext_lazy("One per line. Where the client may send people after they sign out."),
    )
    is_public = forms.BooleanField(
        label=gettext_lazy("Public client"),
        required=False,
        help_text=gettext_lazy(
            "For an app that can't keep a secret, such as a mobile or browser app. Always requires PKCE."
        ),
    )
    allowed_groups = GroupsField(
        label=gettext_lazy("Allowed groups"),
        queryset=Group.objects.none(),
        required=False,
        widget=FilteredSelectMultiple(gettext_lazy("groups"), is_stacked=False),
        help_text=gettext_lazy("While the client is restricted, only members of these groups can sign in."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 2 MB and 4 megapixels."),
    )
    jwks = KeySetField(
        label=gettext_lazy("Public keys"),
        required=False,
        help_text=gettext_lazy(
            "A JWK set (JSON), for a client that signs with its own key. Never paste a private key."
        ),
    )
    access_token_lifetime = LifetimeField(label=gettext_lazy("Access token lifetime"), usual="hours")
    refresh_token_lifetime = LifetimeField(label=gettext_lazy("Refresh token lifetime"), usual="days")
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove logo"), required=False)

    #: Error that a service raised when this form was submitted; shown at its field.
    refusal: OidcClientsError | None = None

    class Meta:
        model = Client
        fields = (
            "name",
            "description",
            "launch_url",
            "redirect_uris",
            "post_logout_redirect_uris",
            "pkce_required",
            "requires_fresh_passkey",
            "skip_authorization",
            "issues_refresh_tokens",
            "is_restricted",
            "allowed_groups",
            "allows_device_grant",
            "backchannel_logout_uri",
            "is_on_own_network",
            "authentication_method",
            "jwks",
            "jwks_uri",
            "requires_par",
            "access_token_format",
            "access_token_lifetime",
            "refresh_token_lifetime",
        )
        labels = {
            "name": gettext_lazy("Name"),
            "description": gettext_lazy("Description"),
            "launch_url": gettext_lazy("Launch URL"),
            "pkce_required": gettext_lazy("Require PKCE"),
            "requires_fresh_passkey": gettext_lazy("Require fresh passkey"),
            "skip_authorization": gettext_lazy("Skip consent"),
            "issues_refresh_tokens": gettext_lazy("Refresh tokens"),
            "is_restricted": gettext_lazy("Restricted"),
            "allows_device_grant": gettext_lazy("Sign-in on devices"),
            "backchannel_logout_uri": gettext_lazy("Back-channel logout URL"),
            "is_on_own_network": gettext_lazy("On my network"),
            "authentication_method": gettext_lazy("Client authentication"),
            "jwks_uri": gettext_lazy("Public keys URL"),
            "requires_par": gettext_lazy("Require pushed requests"),
            "access_token_format": gettext_lazy("Access token"),
        }
        help_texts = {
            "description": gettext_lazy("Shown to members next to the name."),
            "launch_url": gettext_lazy("The URL that opens the app."),
            "pkce_required": gettext_lazy("Reject sign-ins without PKCE. Enable this if the client supports it."),
            "requires_fresh_passkey": gettext_lazy("Ask for a passkey at every sign-in to this client."),
            "skip_authorization": gettext_lazy("Don't ask members before sharing their details with this client."),
            "issues_refresh_tokens": gettext_lazy(
                "Let the client keep members signed in while they're away, if it requests that."
            ),
            "is_restricted": gettext_lazy("Only members of the allowed groups can sign in."),
            "allows_device_grant": gettext_lazy(
                "Members can sign in on a TV or in a terminal by entering a code on another device."
            ),
            "backchannel_logout_uri": gettext_lazy("Notified when a member signs out."),
            "is_on_own_network": gettext_lazy(
                "Allow this client's back-channel logout and public key URLs to point to private "
                "addresses, and the logout URL to use plain http. Otherwise only public https URLs "
                "are called."
            ),
            "authentication_method": gettext_lazy("How the client authenticates."),
            "jwks_uri": gettext_lazy(
                "The https URL where the client publishes its keys, as an alternative to pasting them."
            ),
            "requires_par": gettext_lazy("Reject sign-ins that the client didn't push beforehand (PAR)."),
            "access_token_format": gettext_lazy(
                "APIs can verify a signed token themselves, but it can't be revoked before it expires."
            ),
        }
        widgets = {
            "backchannel_logout_uri": forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false"}),
            "jwks_uri": forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = get_selectable_groups()()
        groups = self.fields.get("allowed_groups")
        if isinstance(groups, forms.ModelMultipleChoiceField):
            groups.queryset = choices
        if self.instance.pk:
            self.initial["is_public"] = self.instance.is_public
            # Keep groups that can't be selected any more, so that saving something else doesn't silently remove them.
            self._kept = list(self.instance.allowed_groups.exclude(pk__in=choices.values("pk")))
        else:
            self._kept = []
        self._upload: bytes | None = None
        self._say_defaults()

    def _say_defaults(self) -> None:
        """Set the choices and help texts that depend on settings."""
        method, access, refresh = (
            self.fields.get(name)
            for name in ("authentication_method", "access_token_lifetime", "refresh_token_lifetime")
        )
        if isinstance(method, forms.ChoiceField):
            method.choices = [("", _("Any of these")), *Client.AuthenticationMethod.choices]
        if access is not None:
            access.help_text = _("Empty: %(default)s, or %(signed)s when it is signed.") % {
                "default": in_words(conf.access_token_lifetime()),
                "signed": in_words(conf.jwt_access_token_lifetime()),
            }
        if refresh is not None:
            refresh.help_text = _("How long an unused token stays valid. Empty: %(default)s.") % {
                "default": in_words(conf.refresh_token_idle())
            }

    def clean_logo(self) -> UploadedFile[bytes] | None:
        upload = cast("UploadedFile[bytes] | None", self.cleaned_data.get("logo"))
        if upload:
            upload.seek(0)
            # Reading one byte more than allowed is enough to reject any larger file.
            self._upload = upload.read(MAX_BYTES + 1)
            try:
                rewrite_logo(upload=self._upload)
            except LogoRefused as error:
                raise forms.ValidationError(error.message, code=error.code) from error
        return upload

    def clean(self) -> dict[str, Any]:
        # The fields only validate single lines and characters. The rules are in the services.
        if not self.errors:
            settings = self.to_settings()
            for refusal in refusals_of(settings):
                self._add_refusal(refusal)
            try:
                checked_settings(settings)
            except ClientRefused as error:
                self._add_refusal(error)
        if self.refusal is not None:
            self._add_refusal(self.refusal)
        return self.cleaned_data

    def _add_refusal(self, error: OidcClientsError) -> None:
        named = _FIELDS.get(type(error), getattr(error, "field", None))
        field = "chosen_id" if named == "client_id" else named
        # An error that the field already has is more precise.
        if field not in self.errors:
            self.add_error(field if field in self.fields else None, error.message)

    def _post_clean(self) -> None:
        """Do nothing: the services write the client, and the instance stays as it is in the database."""

    @property
    def http_urls(self) -> list[str]:
        """Return the client's callback URLs that would carry a sign-in unencrypted."""
        return [url for url in self.instance.redirect_uris or () if is_plain_http(url)]

    @property
    def logo_bytes(self) -> bytes | None:
        return self._upload

    @property
    def removes_logo(self) -> bool:
        return bool(self.cleaned_data.get("remove_logo")) and self._upload is None

    @property
    def current_logo(self) -> ClientLogo | None:
        return ClientLogo.objects.filter(client=self.instance).defer("data").first() if self.instance.pk else None

    def to_settings(self) -> ClientSettings:
        """Return the cleaned data in the form that the services take."""
        data = self.cleaned_data
        return ClientSettings(
            name=data["name"],
            description=data["description"],
            launch_url=data["launch_url"],
            redirect_uris=data["redirect_uris"],
            post_logout_redirect_uris=data["post_logout_redirect_uris"],
            is_public=data["is_public"],
            pkce_required=data["pkce_required"],
            requires_fresh_passkey=data["requires_fresh_passkey"],
            skip_authorization=data["skip_authorization"],
            issues_refresh_tokens=data["issues_refresh_tokens"],
            is_restricted=data["is_restricted"],
            allowed_groups=[*data["allowed_groups"], *self._kept],
            allows_device_grant=data["allows_device_grant"],
            requires_par=data["requires_par"],
            authentication_method=data["authentication_method"],
            jwks=data["jwks"],
            jwks_uri=data["jwks_uri"],
            backchannel_logout_uri=data["backchannel_logout_uri"],
            is_on_own_network=data["is_on_own_network"],
            access_token_format=data["access_token_format"],
            access_token_lifetime=data["access_token_lifetime"],
            refresh_token_lifetime=data["refresh_token_lifetime"],
        )


class NewClientForm(ClientForm):
    """Form for a new client, with its ID and an existing secret, which can only be set once."""

    chosen_id = forms.RegexField(
        regex=CLIENT_ID,
        label=gettext_lazy("Client ID"),
        required=False,
        strip=False,
        max_length=128,
        help_text=gettext_lazy("Leave empty to generate one. Enter the existing ID to migrate a client."),
        error_messages={
            "invalid": gettext_lazy("Use 2 to 128 letters, digits, dots, hyphens and underscores."),
        },
    )
    chosen_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        strip=False,
        max_length=512,
        # Without render_value, a page that shows the form again never contains the secret.
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "data-1p-ignore": "", "data-lpignore": "true"}),
        help_text=gettext_lazy("Leave empty to generate a strong secret."),
    )

    def clean_chosen_id(self) -> str:
        chosen = str(self.cleaned_data["chosen_id"])
        if chosen and Client.objects.filter(client_id=chosen).exists():
            raise forms.ValidationError(_("Another client has this client ID."))
        return chosen

    def clean_chosen_secret(self) -> str:
        return supplied_secret(self.cleaned_data["chosen_secret"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("is_public") and self.cleaned_data.get("chosen_secret"):
            self.add_error("chosen_secret", _("A public client can't have a secret."))
        if self.cleaned_data.get("authentication_method") == Client.AuthenticationMethod.PRIVATE_KEY and (
            self.cleaned_data.get("chosen_secret")
        ):
            self.add_error("chosen_secret", _("A client that signs with its own key can't have a secret."))
        return self.cleaned_data
