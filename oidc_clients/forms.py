"""The operators' forms. They judge shape; whether a client may be registered so is decided by the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime, FilteredSelectMultiple
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .adapters import get_selectable_groups
from .exceptions import ClientRefused, ClientSecretRefused, InvalidRedirectUri, LogoRefused, OidcClientsError
from .models import MAX_CALLBACK_URLS, Client, ClientLogo
from .protocol.redirect_uri import is_plain_http, validate_redirect_uri
from .services.client_secrets import SUPPLIED
from .services.clients import CLIENT_ID, ClientSettings, checked_settings
from .services.logos import MAX_BYTES, rewrite_logo

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Client]
else:
    _ModelForm = forms.ModelForm


class UrlLinesField(forms.Field):
    """URLs, one per line in the form, a list for everyone else. Each refused line is named by its number."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 80, "spellcheck": "false", "autocapitalize": "none"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        # Only the line breaks of a textarea split: other white space stays in its line and is refused there.
        lines = str(value or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [line.strip(" \t") for line in lines]

    def validate(self, value: list[str]) -> None:
        super().validate([line for line in value if line])

    def clean(self, value: Any) -> list[str]:
        lines: list[str] = super().clean(value)
        urls = [line for line in lines if line]
        if len(urls) > MAX_CALLBACK_URLS:
            raise forms.ValidationError(_("At most %(most)d lines."), params={"most": MAX_CALLBACK_URLS})
        refusals = [refusal for number, line in enumerate(lines, 1) if line and (refusal := _refusal(number, line))]
        if refusals:
            raise forms.ValidationError(refusals)
        return list(dict.fromkeys(urls))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [line for line in self.to_python(data) if line] != list(initial or [])


def _refusal(number: int, line: str) -> forms.ValidationError | None:
    try:
        validate_redirect_uri(line)
    except InvalidRedirectUri as error:
        return forms.ValidationError(
            _("Line %(number)d: %(reason)s"), params={"number": number, "reason": error.message}, code=error.code
        )
    return None


_FIELDS = {ClientSecretRefused: "chosen_secret", LogoRefused: "logo"}


class ClientForm(_ModelForm):
    """Everything that an operator decides about a client."""

    redirect_uris = UrlLinesField(
        label=gettext_lazy("Callback URLs"),
        help_text=gettext_lazy(
            "One per line, exactly as the client sends it; its guide names it. Plain http is allowed, but whoever shares "
            "the network can read the sign-in on its way: use https where you can."
        ),
    )
    post_logout_redirect_uris = UrlLinesField(
        label=gettext_lazy("Logout callback URLs"),
        required=False,
        help_text=gettext_lazy("One per line: where the client may send people after they signed out."),
    )
    is_public = forms.BooleanField(
        label=gettext_lazy("Public client"),
        required=False,
        help_text=gettext_lazy(
            "For an app that can't keep a secret, on a phone or in a browser. It needs PKCE always."
        ),
    )
    allowed_groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Allowed groups"),
        queryset=Group.objects.none(),
        required=False,
        widget=FilteredSelectMultiple(gettext_lazy("groups"), is_stacked=False),
        help_text=gettext_lazy("While the client is restricted, only members of these groups get in."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 2 MB and 4 megapixels."),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    #: What a service refused when this form was posted a moment ago; it is said at its field.
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
        )
        labels = {
            "name": gettext_lazy("Name"),
            "description": gettext_lazy("Description"),
            "launch_url": gettext_lazy("Launch URL"),
            "pkce_required": gettext_lazy("Require PKCE"),
            "requires_fresh_passkey": gettext_lazy("Requires fresh passkey"),
            "skip_authorization": gettext_lazy("Skip consent"),
            "issues_refresh_tokens": gettext_lazy("Refresh tokens"),
            "is_restricted": gettext_lazy("Restricted"),
        }
        help_texts = {
            "description": gettext_lazy("Shown to members beside the name."),
            "launch_url": gettext_lazy("Where members open the app."),
            "pkce_required": gettext_lazy("Refuse sign-ins without PKCE. Switch it on when the client supports it."),
            "requires_fresh_passkey": gettext_lazy("Every sign-in at this client asks for the passkey again."),
            "skip_authorization": gettext_lazy(
                "Members are not asked whether the client may see their name and address."
            ),
            "issues_refresh_tokens": gettext_lazy(
                "Let the client stay signed in while the member is away, if it asks."
            ),
            "is_restricted": gettext_lazy("Only members of the allowed groups get in."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = get_selectable_groups()()
        groups = self.fields.get("allowed_groups")
        if isinstance(groups, forms.ModelMultipleChoiceField):
            groups.queryset = choices
        if self.instance.pk:
            self.initial["is_public"] = self.instance.is_public
            # A group that can't be selected any more must not vanish unseen when something else is saved.
            self._kept = list(self.instance.allowed_groups.exclude(pk__in=choices.values("pk")))
        else:
            self._kept = []
        self._upload: bytes | None = None

    def clean_logo(self) -> UploadedFile[bytes] | None:
        upload = cast("UploadedFile[bytes] | None", self.cleaned_data.get("logo"))
        if upload:
            upload.seek(0)
            # One byte more than allowed is enough to know, however large the file is.
            self._upload = upload.read(MAX_BYTES + 1)
            try:
                rewrite_logo(upload=self._upload)
            except LogoRefused as error:
                raise forms.ValidationError(error.message, code=error.code) from error
        return upload

    def clean(self) -> dict[str, Any]:
        # The fields above only say which line or letter is wrong; the rules themselves are the services'.
        if not self.errors:
            try:
                checked_settings(self.to_settings())
            except ClientRefused as error:
                self._add_refusal(error)
        if self.refusal is not None:
            self._add_refusal(self.refusal)
        return self.cleaned_data

    def _add_refusal(self, error: OidcClientsError) -> None:
        named = _FIELDS.get(type(error), getattr(error, "field", None))
        field = "chosen_id" if named == "client_id" else named
        # A field with an error already keeps that one: it is more precise.
        if field not in self.errors:
            self.add_error(field if field in self.fields else None, error.message)

    def _post_clean(self) -> None:
        """Left to the services, which write the client: the instance stays as it is in the database."""

    @property
    def http_urls(self) -> list[str]:
        """The client's callback URLs that would carry a sign-in unencrypted."""
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
        """The cleaned form as the services take it."""
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
        )


class NewClientForm(ClientForm):
    """A client's form with what is decided once: its id, and the secret that it brings along."""

    chosen_id = forms.RegexField(
        regex=CLIENT_ID,
        label=gettext_lazy("Client ID"),
        required=False,
        strip=False,
        max_length=128,
        help_text=gettext_lazy(
            "Leave it empty for a new one. Fill it in to move a client here that has an ID already."
        ),
        error_messages={
            "invalid": gettext_lazy("Use 2 to 128 letters, digits, dots, hyphens and underscores."),
        },
    )
    chosen_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        strip=False,
        max_length=512,
        # render_value stays off: a page that shows the form again never holds the secret.
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "data-1p-ignore": "", "data-lpignore": "true"}),
        help_text=gettext_lazy("Leave it empty for a new one, which is stronger than any that people think of."),
    )

    def clean_chosen_id(self) -> str:
        chosen = str(self.cleaned_data["chosen_id"])
        if chosen and Client.objects.filter(client_id=chosen).exists():
            raise forms.ValidationError(_("Another client has this client ID."))
        return chosen

    def clean_chosen_secret(self) -> str:
        return _supplied_secret(self.cleaned_data["chosen_secret"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("is_public") and self.cleaned_data.get("chosen_secret"):
            self.add_error("chosen_secret", _("A public client has no secret."))
        return self.cleaned_data


class NewSecretForm(forms.Form):
    """One more secret for a client."""

    supplied = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        strip=False,
        max_length=512,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "data-1p-ignore": "", "data-lpignore": "true"}),
        help_text=gettext_lazy("Leave it empty for a new one."),
    )
    expires_at = forms.SplitDateTimeField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=gettext_lazy("Leave it empty to keep the secret until you remove it."),
    )

    def clean_supplied(self) -> str:
        return _supplied_secret(self.cleaned_data["supplied"])


def _supplied_secret(value: str) -> str:
    if value and not SUPPLIED.fullmatch(value):
        raise forms.ValidationError(_("Use at least 16 letters, digits and punctuation characters."))
    return value
