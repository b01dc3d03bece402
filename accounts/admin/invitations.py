"""The operators' pages for sign-up links: made here, shown once, counted and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from .. import conf
from ..exceptions import AccountsError
from ..models import Invitation, InvitationUse, User
from ..services import invitations, policy
from ..services.claims import selectable_groups
from ..services.group_names import told_apart as group_told_apart
from ..services.qr_codes import QrCode
from .group_names import GroupsField, no_groups_yet
from .people import actor_of, told_apart
from .refusals import ServiceRefusalsMixin

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Invitation]
    _ModelAdmin = admin.ModelAdmin[Invitation]
else:
    _ModelForm = forms.ModelForm
    _ModelAdmin = admin.ModelAdmin

_CREATED = "hearthkey_created_invitation"
_MAKERS = "hearthkey_makers"
_LIFETIME_NAMES = {
    timedelta(hours=1): gettext_lazy("1 hour"),
    timedelta(hours=12): gettext_lazy("12 hours"),
    timedelta(days=1): gettext_lazy("1 day"),
    timedelta(days=7): gettext_lazy("7 days"),
    timedelta(days=30): gettext_lazy("30 days"),
}


def _hours(lifetime: timedelta) -> int:
    return int(lifetime / timedelta(hours=1))


class InvitationForm(_ModelForm):
    """What a new link is to be; the service decides."""

    lifetime = forms.TypedChoiceField(
        label=gettext_lazy("Expires after"),
        choices=[(_hours(lifetime), _LIFETIME_NAMES[lifetime]) for lifetime in invitations.LIFETIMES],
        coerce=int,
        initial=_hours(invitations.DEFAULT_LIFETIME),
    )
    max_uses = forms.IntegerField(
        label=gettext_lazy("Maximum number of accounts"),
        min_value=1,
        max_value=invitations.MOST_USES,
        initial=1,
        help_text=gettext_lazy("How many people can create an account with this link."),
    )
    groups = GroupsField(
        queryset=Group.objects.none(),
        required=False,
        label=gettext_lazy("Groups"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "People who sign up with this link join these groups, or the default groups if you choose none."
        ),
    )

    class Meta:
        model = Invitation
        fields = ("note", "max_uses", "groups", "works_while_off")
        labels = {"works_while_off": gettext_lazy("Works while sign-up is disabled")}
        help_texts = {
            "note": gettext_lazy("For administrators only, such as who the link is for. Visitors never see it."),
            "works_while_off": gettext_lazy("Otherwise the link only works once sign-up is enabled."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["groups"]
        field.queryset = selectable_groups()
        if not field.queryset.exists():
            field.help_text = no_groups_yet()

    def validate_constraints(self) -> None:
        """Left to the service, which names the field."""


class _Links(ChangeList):
    """The list, which asks once for the makers of all its links."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        makers = invitations.makers_of(self.result_list)
        for invitation in self.result_list:
            setattr(invitation, _MAKERS, makers)


class InvitationAdmin(ServiceRefusalsMixin, _ModelAdmin):
    """Sign-up links. They are made and revoked, never changed, and their end is looked after by the sweep."""

    form = InvitationForm
    change_form_template = "hearthkey/accounts/admin/invitation_change.html"
    list_display = ("title", "state", "used", "expires_at", "maker", "created_at")
    list_display_links = ("title",)
    search_fields = ("note",)
    ordering = ("-created_at",)
    actions = ("revoke_invitations",)
    readonly_fields = (
        "state",
        "used",
        "expires_at",
        "group_names",
        "while_off",
        "maker",
        "created_at",
        "revoked_at",
        "made_accounts",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.may_invite(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Who makes links sees what became of them; there is no secret in it."""
        return self.has_add_permission(request) or super().has_view_permission(request, obj)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return policy.may_invite(request.user) or policy.may_revoke_invitation(request.user)

    def get_fieldsets(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("lifetime", "max_uses", "groups", "note", "works_while_off")})]
        about = ["state", "used", "expires_at", "group_names", "note", "while_off", "maker", "created_at"]
        if obj.revoked_at is not None:
            about.append("revoked_at")
        return [
            (None, {"fields": about}),
            (_("Signed up with this link"), {"fields": ("made_accounts",)}),
        ]

    @admin.display(description=gettext_lazy("Note"), ordering="note")
    def title(self, invitation: Invitation) -> str:
        return invitation.note or _("(no note)")

    @admin.display(description=gettext_lazy("State"))
    def state(self, invitation: Invitation) -> str:
        state = invitation.state_at(timezone.now())
        if state is Invitation.State.LIVE and conf.sign_up() == "off" and not invitation.works_while_off:
            return _("waiting: sign-up is disabled")
        return str(state.label)

    @admin.display(description=gettext_lazy("Accounts created"), ordering="uses")
    def used(self, invitation: Invitation) -> str:
        return _("%(uses)d of %(most)d") % {"uses": invitation.uses, "most": invitation.max_uses}

    @admin.display(description=gettext_lazy("Created by"))
    def maker(self, invitation: Invitation) -> str:
        if not invitation.created_by:
            return _("the command line")
        makers = getattr(invitation, _MAKERS, None)
        if makers is None:
            makers = invitations.makers_of([invitation])
        maker = makers.get(invitation.created_by)
        if maker is None:
            return _("a deleted member")
        name = told_apart(maker.member)
        return (
            name if maker.may_invite else _("%(name)s, who no longer has permission to create links") % {"name": name}
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Links

    @admin.display(description=gettext_lazy("Groups"))
    def group_names(self, invitation: Invitation) -> str:
        groups = invitation.groups.select_related("details").order_by("name")
        return ", ".join(group_told_apart(group) for group in groups) or _("the default groups")

    @admin.display(description=gettext_lazy("While sign-up is disabled"))
    def while_off(self, invitation: Invitation) -> str:
        return _("active") if invitation.works_while_off else _("waiting")

    @admin.display(description=gettext_lazy("Accounts"))
    def made_accounts(self, invitation: Invitation) -> str:
        uses = invitation.made_accounts.select_related("user").order_by("used_at")
        rows = [(_name_of(use), use.used_at) for use in uses]
        if not rows:
            return _("No one yet")
        shown = ((name, date_format(timezone.localtime(at), "DATETIME_FORMAT")) for name, at in rows)
        return format_html_join("\n", "<p>{} – {}</p>", shown)

    @sensitive_variables("created")
    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        values = form.cleaned_data
        created = invitations.create_invitation(
            lifetime=timedelta(hours=values["lifetime"]),
            max_uses=values["max_uses"],
            groups=values["groups"],
            note=values["note"],
            works_while_off=values["works_while_off"],
            actor=actor_of(request),
        )
        obj.pk = created.invitation.pk
        obj.refresh_from_db()
        # The request ends with this answer, and with it the only copy of the token.
        setattr(request, _CREATED, created)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service wrote the groups already."""

    @sensitive_variables("created")
    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None) -> HttpResponse:
        """Show the link once, in the answer to the POST itself."""
        created: invitations.NewInvitation = getattr(request, _CREATED)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Your new sign-up link"),
            "opts": self.opts,
            "created": created,
            "invitation": created.invitation,
            "picture": QrCode(created.link),
            "waits": conf.sign_up() == "off" and not created.invitation.works_while_off,
            "change_url": _change_url(created.invitation),
        }
        response = render(request, "hearthkey/accounts/admin/invitation_shown_once.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The one answer that shows the link: no button leads past it.
        only_one = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **only_one})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        invitation = self.get_object(request, object_id)
        extra = {
            "hearthkey_may_revoke": invitation is not None
            and invitation.state_at(timezone.now()) is Invitation.State.LIVE
            and invitations.may_revoke(invitation=invitation, actor=actor_of(request)),
            "title": _("Sign-up link"),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<path:object_id>/revoke/", view, name="hearthkey_invitation_revoke"), *super().get_urls()]

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invitation = self.get_object(request, object_id)
        if request.method != "POST" or invitation is None or not self.has_revoke_permission(request):
            self.tell(request, None)
            raise PermissionDenied
        self.revoke_invitations(request, Invitation.objects.filter(pk=invitation.pk))
        return HttpResponseRedirect(_change_url(invitation))

    @admin.action(description=gettext_lazy("Revoke the selected sign-up links"), permissions=("revoke",))
    def revoke_invitations(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        revoked = 0
        for invitation in queryset:
            try:
                revoked += invitations.revoke_invitation(invitation=invitation, actor=actor_of(request))
            except AccountsError as error:
                self.tell(request, None, error)
                messages.error(request, f"{self.title(invitation)}: {error.message}")
        if revoked:
            text = ngettext("%(count)d sign-up link revoked.", "%(count)d sign-up links revoked.", revoked)
            messages.success(request, text % {"count": revoked})


def _name_of(use: InvitationUse) -> str:
    return told_apart(use.user) if isinstance(use.user, User) else _("a deleted account")


def _change_url(invitation: Invitation) -> str:
    return reverse("admin:hearthkey_accounts_invitation_change", args=[invitation.pk])
