from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..adapters import ask_panels_about
from ..exceptions import AccountsError, IdentifierTaken, InvalidValue
from ..forms.profile import language_choices
from ..models import ReservedIdentifier, User
from ..services import identifiers, members, policy
from ..services.claims import selectable_groups
from ..services.groups import set_groups
from ..services.member_search import with_words
from ..services.pictures import has_own_picture
from .codes import CodesMixin
from .group_filter import GroupFilter
from .group_names import GroupsField, no_groups_yet
from .people import actor_of, to_member
from .permissions import NamedPermissionsMixin, offer_held
from .pictures import picture_urls
from .refusals import ServiceRefusalsMixin
from .seen import FIELD, SeenField, SeenMixin
from .sessions import SessionsMixin

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[User]
    _ModelAdmin = admin.ModelAdmin[User]
else:
    _ModelForm = forms.ModelForm
    _ModelAdmin = admin.ModelAdmin


_FIELDS = ("username", "email", "email_verified", "first_name", "last_name", "display_name", "locale")
_RANKS = ("is_staff", "is_superuser")


class MemberForm(SeenMixin, _ModelForm):
    """A member's fields; whether they may be saved is the services' decision, asked field by field."""

    groups = GroupsField(
        queryset=Group.objects.none(),
        required=False,
        label=gettext_lazy("Groups"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Groups give access to clients, and clients see their technical names."),
    )

    locale = forms.ChoiceField(label=gettext_lazy("Language"), required=False)

    seen = SeenField(required=False)

    class Meta:
        model = User
        fields = (*_FIELDS, *_RANKS, "user_permissions")
        labels = {
            "email_verified": gettext_lazy("Verified (apps will trust this address)"),
            "is_superuser": gettext_lazy("Superuser"),
            "user_permissions": gettext_lazy("Permissions"),
        }
        help_texts = {
            "is_superuser": gettext_lazy("Has every permission and can make others superusers."),
            "user_permissions": gettext_lazy(
                "What this administrator can do. Use a role to give the same permissions to several people."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queryset = Group.objects.order_by("name") if self.may_grant else selectable_groups()
        queryset = queryset.select_related("details")
        self.fields["groups"].queryset = queryset
        if not queryset.exists():
            self.fields["groups"].help_text = no_groups_yet()
        if "locale" in self.fields:
            self.fields["locale"].choices = language_choices(self.instance.locale)
        if not self.instance._state.adding:
            self.fields["groups"].initial = list(self.instance.groups.values_list("pk", flat=True))
            offer_held(self.fields.get("user_permissions"), self.instance.user_permissions.all())
        self.remember()

    #: Set by :meth:`MemberAdmin.get_form` for the operator at work.
    may_grant = False

    def clean_username(self) -> str:
        return self._checked(identifiers.clean_username, "username", ReservedIdentifier.Kind.USERNAME)

    def clean_email(self) -> str:
        return self._checked(identifiers.clean_email, "email", ReservedIdentifier.Kind.EMAIL)

    def _checked(self, clean: Callable[[str], str], name: str, kind: str) -> str:
        owner = None if self.instance._state.adding else self.instance.pk
        try:
            value = clean(self.cleaned_data.get(name) or "")
            identifiers.check_free(kind=kind, value=value, owner_id=owner)
        except (InvalidValue, IdentifierTaken) as error:
            raise forms.ValidationError(str(error.message)) from error
        return value

    def validate_unique(self) -> None:
        """Left to the reservations, which ignore letter case and name the field."""

    def validate_constraints(self) -> None:
        """Likewise."""


class MemberAdmin(CodesMixin, SessionsMixin, ServiceRefusalsMixin, NamedPermissionsMixin, _ModelAdmin):
    """Members. Everything that changes goes through the services."""

    form = MemberForm
    change_form_template = "hearthkey/accounts/admin/member_change.html"
    list_display = ("username", "display_name", "email", "email_verified", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", ("groups", GroupFilter))
    search_fields = ("username", "email", "first_name", "last_name", "display_name")
    ordering = ("username",)
    # Counting everyone costs as much as searching everyone.
    show_full_result_count = False
    actions = ("enable_members", "disable_members")
    filter_horizontal = ("user_permissions",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the list's own filters: any other column could be guessed letter by letter."""
        filters = {"is_active", "is_staff", "groups"}
        return lookup.partition("__")[0] in filters and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        return super().get_search_results(request, with_words(queryset, search_term), search_term)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        sections: list[Any] = [
            (None, {"fields": ("username", "email", "email_verified")}),
            (gettext_lazy("Names"), {"fields": ("first_name", "last_name", "display_name", "locale")}),
            (gettext_lazy("Groups"), {"fields": ("groups",)}),
        ]
        if policy.may_grant(request.user):
            sections.append((gettext_lazy("Administration"), {"fields": (*_RANKS, "user_permissions")}))
        if obj is not None and self.has_change_permission(request, obj):
            sections.append((None, {"fields": (FIELD,)}))
        return sections

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type("BoundMemberForm", (form,), {"may_grant": policy.may_grant(request.user)})

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        # Deleting many at once would skip the rules for each; every member has a page with its own button.
        actions.pop("delete_selected", None)
        return actions

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or policy.may_touch(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or policy.may_touch(request.user, obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the member alone: what hangs on them is theirs and goes with them."""
        return [str(obj) for obj in objs], {}, set(), []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        actor = actor_of(request)
        if change:
            member = User.objects.get(pk=obj.pk)
            members.change_member(member=member, values=_changed_values(member, form), actor=actor)
            return
        values = {name: form.cleaned_data[name] for name in (*_FIELDS, *_RANKS) if name in form.cleaned_data}
        created = members.create_member(new=members.NewMember(**values), actor=actor)
        obj.pk = created.pk
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        member, actor = User.objects.get(pk=form.instance.pk), actor_of(request)
        chosen = form.chosen("groups", member.groups.all())
        if not policy.may_grant(actor):
            # Roles are not on this operator's form, so they stay as they are.
            chosen += [group for group in member.groups.all() if policy.is_role(group)]
        set_groups(member=member, groups=chosen, actor=actor)
        if "user_permissions" in form.cleaned_data:
            permissions: list[Permission] = form.chosen("user_permissions", member.user_permissions.all())
            members.set_permissions(member=member, permissions=permissions, actor=actor)
        if change and form.is_touched("email") and member.email and not member.email_verified:
            # Last, when nothing can be refused any more.
            text = _(
                "The new address isn't verified. If you know that it belongs to this member, "
                "tick “Verified” and save again."
            )
            messages.warning(request, text)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        members.delete_member(member=obj, actor=actor_of(request))

    @admin.action(description=gettext_lazy("Enable the selected members"), permissions=("change",))
    def enable_members(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, members.enable_member, _("Enabled: %(names)s"))

    @admin.action(description=gettext_lazy("Disable the selected members"), permissions=("change",))
    def disable_members(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, members.disable_member, _("Disabled: %(names)s"))

    def _each(self, request: HttpRequest, queryset: QuerySet[User], act: Any, done_text: str) -> None:
        done = []
        for member in queryset:
            try:
                act(member=member, actor=actor_of(request))
            except AccountsError as error:
                self.tell(request, member, error)
                messages.error(request, f"{member.username}: {error.message}")
            else:
                done.append(member.username)
        if done:
            messages.success(request, done_text % {"names": ", ".join(done)})

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<path:object_id>/enable/", self.admin_site.admin_view(self.enable_view), name="hearthkey_member_enable"
            ),
            path(
                "<path:object_id>/disable/",
                self.admin_site.admin_view(self.disable_view),
                name="hearthkey_member_disable",
            ),
        ]
        return [*own, *picture_urls(self), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = self.get_object(request, object_id)
        extra = {
            "hearthkey_has_picture": member is not None and has_own_picture(member),
            "hearthkey_panels": [] if member is None else ask_panels_about()(request, user=member, group=None),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def enable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.changeable(request, object_id)
        if request.method == "POST":
            self.enable_members(request, User.objects.filter(pk=member.pk))
        return to_member(member)

    def disable_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.changeable(request, object_id)
        if request.method == "POST":
            self.disable_members(request, User.objects.filter(pk=member.pk))
        return to_member(member)


def _changed_values(member: User, form: Any) -> dict[str, Any]:
    """Return what this operator changed; the rest stays as it is now, whatever the form shows.

    :raises InvalidValue: they vouch for an address that is another one now.
    """
    values = {name: form.cleaned_data[name] for name in (*_FIELDS, *_RANKS) if form.is_touched(name)}
    if "email_verified" in values and form.shown_before().get("email", member.email) != member.email:
        raise InvalidValue("email", _("This address has changed in the meantime. Reload the page and check it."))
    if "email" in values:
        # The tick was for the address before; a new one has to be vouched for itself.
        values.setdefault("email_verified", False)
    return values
