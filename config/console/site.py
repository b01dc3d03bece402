"""The operators' site: signed in to by passkey only, speaking of members, groups and clients."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..serving import health
from ..wiring import step_up


class _Choices(AutocompleteJsonView):
    """Results of a searchable select. Two members can have the same name, so their usernames are shown too."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        text = str(obj)
        if isinstance(obj, get_user_model()) and obj.get_username() != text:
            text = f"{text} ({obj.get_username()})"
        return {**super().serialize_result(obj, to_field_name), "text": text}


class HearthkeyAdminSite(AdminSite):
    """Django's admin without a password anywhere, and with our users' words."""

    site_header = gettext_lazy("Administration")
    site_title = gettext_lazy("Administration")
    index_title = gettext_lazy("Administration")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register the model with our defaults: no *View on site* link, and no filters beyond those of the list.

        Django's guess for *View on site* leads nowhere, so only a page that says where it is has the link. Django also
        filters by every column of the model: columns could be guessed letter by letter, and some column types fail on a
        value of another type.
        """
        if not callable(getattr(admin_class, "view_on_site", None)):
            options = {"view_on_site": False, **options}
        if admin_class is not None and admin_class.lookup_allowed is ModelAdmin.lookup_allowed:
            options = {"lookup_allowed": _is_filter_of_list, **options}
        super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        return [route for route in super().get_urls() if getattr(route, "name", None) != "view_on_site"]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return the view behind the sign-in and the passkey, with hostile addresses and numbers answered by 400."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refuse_hostile_query(request)
            refuse_missing_field(request)
            if self.has_permission(request) and (asks := step_up.require_fresh_operator(request)) is not None:
                return asks
            if request.user.is_authenticated and not self.has_permission(request) and not _is_sign_out(request):
                # Signed in, but no operator: asking for another sign-in would only go round in circles.
                raise PermissionDenied
            try:
                return inner(request, *args, **kwargs)
            except (DataError, OverflowError, ValidationError) as error:
                raise BadRequest("A value is out of range.") from error
            except ValueError as error:
                if not (request.GET or _names_rows(request)):
                    raise
                # Filters and choices of rows go to the database as they came; the cause is in the log.
                raise BadRequest("A value can't be used.") from error

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return HttpResponseRedirect(reverse("admin:index"))
        heading = request.GET.get("next") or request.get_full_path()
        return HttpResponseRedirect(f"{resolve_url('hearthkey_passkeys:sign-in')}?{urlencode({'next': heading})}")

    def logout(  # type: ignore[override]  # a redirect, for our page asks and acts
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("hearthkey_accounts:sign-out"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        raise Http404

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        raise Http404

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return cast(HttpResponse, _Choices.as_view(admin_site=self)(request))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return one section of all pages: an operator looks for members, not for the app that owns them."""
        sections = super().get_app_list(request, app_label)
        models = [model for section in sections for model in section["models"]]
        if app_label is not None or not models:
            return sections
        models.sort(key=lambda model: (_ORDER.get(model["object_name"], len(_ORDER)), str(model["name"])))
        return [{**sections[0], "name": str(self.index_title), "app_url": reverse("admin:index"), "models": models}]

    def app_index(  # type: ignore[override]  # a redirect, for nobody looks for an app here
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:index"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        own = {"hearthkey_todo": open_steps(request), "hearthkey_health": health.findings()}
        return super().index(request, {**(extra_context or {}), **own})


def refuse_hostile_query(request: HttpRequest) -> None:
    """Refuse what Django's lists would hand to the database as it is.

    :raises BadRequest: a filter by regular expression, or a NUL anywhere in the address.
    """
    for name, values in request.GET.lists():
        if name.endswith(("__regex", "__iregex")) or "\x00" in name or any("\x00" in value for value in values):
            raise BadRequest("This filter can't be used.")
    if "\x00" in request.path:
        raise BadRequest("This address can't be used.")


def refuse_missing_field(request: HttpRequest) -> None:
    """Reject an empty name of the field that identifies the row; Django checks the name only if it isn't empty.

    :raises BadRequest: ``_to_field`` is empty.
    """
    if "" in (request.POST.get(TO_FIELD_VAR), request.GET.get(TO_FIELD_VAR)):
        raise BadRequest("The name of a field is missing.")


def _is_filter_of_list(model_admin: Any, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
    """Allow filtering by what the list offers as a filter."""
    names = {getattr(found, "parameter_name", found) for found in model_admin.list_filter}
    allowed: bool = ModelAdmin.lookup_allowed(model_admin, lookup, value, request)  # type: ignore[arg-type]
    return lookup.partition("__")[0] in names and allowed


def _names_rows(request: HttpRequest) -> bool:
    return ACTION_CHECKBOX_NAME in request.POST


def _is_sign_out(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name == "logout"


_ORDER = {name: place for place, name in enumerate(("User", "Group", "Client", "Passkey", "ReservedIdentifier"))}


def open_steps(request: HttpRequest) -> list[dict[str, object]]:
    """Return what is left to do after the wizard, empty once all of it is done."""
    passkeys = apps.get_model("hearthkey_passkeys", "Passkey").objects.filter(user_id=str(request.user.pk)).count()
    has_client = apps.get_model("hearthkey_oidc_clients", "Client").objects.exists()
    steps: list[dict[str, object]] = [
        {
            "title": _("Add a second passkey"),
            "text": _("If you lose the only one, you are locked out."),
            "url": reverse("hearthkey_passkeys:passkey-list"),
            "done": passkeys >= 2,
        },
        {
            "title": _("Add your first client"),
            "text": _("An app that signs people in through this service."),
            "url": _client_add_url(),
            "done": has_client,
        },
    ]
    return [] if all(step["done"] for step in steps) else steps


def _client_add_url() -> str:
    try:
        return reverse("admin:hearthkey_oidc_clients_client_add")
    except NoReverseMatch:
        return reverse("admin:index")
