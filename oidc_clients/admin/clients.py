from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from ..exceptions import OidcClientsError
from ..forms import ClientForm, NewClientForm, NewSecretForm
from ..models import Client, ClientSecret
from ..services import client_secrets, clients
from .addresses import address_context
from .deletion import what_goes
from .refusals import RefusalsMixin, refusal_of

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Client]
else:
    _ModelAdmin = admin.ModelAdmin

TEMPLATES = "hearthkey/oidc_clients/admin"
_CREATED = "hearthkey_created_client"

_SIGN_IN = (
    "is_public",
    "pkce_required",
    "requires_fresh_passkey",
    "skip_authorization",
    "allows_device_grant",
    "issues_refresh_tokens",
)
_SIGN_OUT = ("post_logout_redirect_uris", "backchannel_logout_uri", "is_on_own_network")
_ADVANCED = (
    "authentication_method",
    "jwks",
    "jwks_uri",
    "requires_par",
    "access_token_format",
    "access_token_lifetime",
    "refresh_token_lifetime",
)


class ShownOnce:
    """A secret on its way into a page: templates write ``str``, but Django's template log writes ``repr`` of everything."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __str__(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "<secret>"


class ClientAdmin(RefusalsMixin, _ModelAdmin):
    """Registering and managing clients. Everything that changes goes through the services."""

    form = ClientForm
    change_form_template = f"{TEMPLATES}/change_form.html"
    delete_confirmation_template = f"{TEMPLATES}/delete_confirmation.html"
    delete_selected_confirmation_template = f"{TEMPLATES}/delete_selected_confirmation.html"
    list_display = ("name", "client_id", "kind", "access")
    search_fields = ("name", "client_id")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        found: QuerySet[Client] = super().get_queryset(request).annotate(groups_total=Count("allowed_groups"))
        return found

    def view_on_site(self, obj: Client) -> str | None:
        """The app itself, where it has an address; Django's own link leads to a page of the toolkit, which is not here."""
        return obj.launch_url or None

    @admin.display(description=gettext_lazy("Type"), ordering="client_type")
    def kind(self, client: Client) -> str:
        return _("Public") if client.is_public else _("Confidential")

    @admin.display(description=gettext_lazy("Access"))
    def access(self, client: Client) -> str:
        if not client.is_restricted:
            return _("Everyone")
        total: int = client.groups_total  # annotated above
        if not total:
            return _("No one")
        return ngettext("%(total)d group", "%(total)d groups", total) % {"total": total}

    def get_form(self, request: HttpRequest, obj: Client | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(
            request, obj, change, **{"form": ClientForm if change else NewClientForm, **kwargs}
        )
        # Django makes a class for each request, so what is written to it stays with the request.
        form.refusal = refusal_of(request)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        may_change = obj is None or self.has_change_permission(request, obj)
        about: tuple[str, ...] = ("name", "description", "launch_url")
        if may_change:
            about += ("logo",) if obj is None else ("logo", "remove_logo")
        fieldsets: list[tuple[Any, dict[str, Sequence[str]]]] = [
            (None, {"fields": about}),
            (_("Signing in"), {"fields": ("redirect_uris", *_SIGN_IN)}),
            (_("Access"), {"fields": ("is_restricted", "allowed_groups")}),
            (_("Signing out"), {"fields": _SIGN_OUT}),
            (_("Advanced"), {"fields": _ADVANCED, "classes": ("collapse",)}),
        ]
        if obj is None:
            moving: dict[str, Sequence[str]] = {"fields": ("chosen_id", "chosen_secret"), "classes": ("collapse",)}
            fieldsets.append((_("Migrate an existing client ID"), moving))
        return fieldsets

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/unrestrict/", view(self.unrestrict_view), name=_url_name("unrestrict")),
            path("<path:object_id>/secrets/add/", view(self.add_secret_view), name=_url_name("secret_add")),
            path(
                "<path:object_id>/secrets/<uuid:secret_id>/remove/",
                view(self.remove_secret_view),
                name=_url_name("secret_remove"),
            ),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Client | None = None,
    ) -> HttpResponse:
        if obj is not None:
            secrets = _secrets_of(obj)
            context.update(
                **address_context(),
                secrets=secrets,
                takes_secrets=obj.takes_secrets,
                shows_secrets=obj.takes_secrets or bool(secrets),
                nobody_gets_in=obj.is_restricted and not obj.allowed_groups.exists(),
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    @method_decorator(sensitive_variables("form", "created"))
    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if change:
            logo: bytes | Literal[False] | None = False if form.removes_logo else form.logo_bytes
            clients.change_client(client=obj, settings=form.to_settings(), actor=request.user, logo=logo)
            return
        created = clients.create_client(
            settings=form.to_settings(),
            actor=request.user,
            client_id=form.cleaned_data["chosen_id"] or None,
            secret=form.cleaned_data["chosen_secret"] or None,
            logo=form.logo_bytes,
        )
        obj.pk = created.client.pk
        obj.refresh_from_db()
        # The request ends with this answer, and with it the only copy of the secret.
        setattr(request, _CREATED, created)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The services wrote the groups already."""

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, obj, getattr(request, _CREATED).secret, is_new=True)

    def get_deleted_objects(
        self, objs: Sequence[Client] | QuerySet[Client], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What goes in plain words. Nothing else of this app has a permission of its own here, and nothing protects."""
        listed = list(objs)
        lacking = {str(self.opts.verbose_name) for client in listed if not self.has_delete_permission(request, client)}
        return list(what_goes(listed)), {}, lacking, []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        back = reverse(f"admin:{_url_name('change')}", args=(object_id,))
        return super().delete_view(request, object_id, {"change_url": back, **(extra_context or {})})

    def delete_model(self, request: HttpRequest, obj: Client) -> None:
        clients.delete_client(client=obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        with transaction.atomic():
            for client in queryset:
                clients.delete_client(client=client, actor=request.user)

    def unrestrict_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET says who will get in and asks, POST acts."""
        client = self._changeable(request, object_id)
        if client.is_restricted and request.method != "POST":
            return self._page(
                request,
                client,
                "unrestrict",
                title=_("Unrestrict"),
                members_total=get_user_model()._default_manager.filter(is_active=True).count(),
                groups=[str(group) for group in client.allowed_groups.order_by("name")],
            )
        if request.method == "POST" and clients.unrestrict_client(client=client, actor=request.user):
            self.log_change(request, client, "Unrestricted.")
        messages.success(request, _("All active members can now use %(client)s.") % {"client": client.name})
        return HttpResponseRedirect(_change_url(client))

    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables("form", "value"))
    def add_secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = self._changeable(request, object_id)
        form = NewSecretForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                secret, value = client_secrets.add_client_secret(
                    client=client,
                    actor=request.user,
                    supplied=form.cleaned_data["supplied"] or None,
                    expires_at=form.cleaned_data["expires_at"],
                )
            except OidcClientsError as error:
                form.add_error(None, error.message)
            else:
                self.log_change(request, client, f"Added the secret {secret}.")
                return self._shown_once(request, client, value, is_new=False)
        return self._page(
            request, client, "add_secret", title=_("Add a secret"), form=form, media=self.media + form.media
        )

    def remove_secret_view(self, request: HttpRequest, object_id: str, secret_id: UUID) -> HttpResponse:
        client = self._changeable(request, object_id)
        if request.method != "POST":
            return _only_post()
        secret = ClientSecret.objects.select_related("client").filter(pk=secret_id, client=client).first()
        if secret is None:
            raise Http404
        if client_secrets.remove_client_secret(secret=secret, actor=request.user):
            self.log_change(request, client, f"Removed the secret {secret}.")
        messages.success(request, _("The secret %(secret)s no longer works.") % {"secret": secret})
        return HttpResponseRedirect(_change_url(client))

    def _changeable(self, request: HttpRequest, object_id: str) -> Client:
        client = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, client):
            raise PermissionDenied
        if client is None:
            raise Http404
        return client

    @method_decorator(sensitive_variables("secret"))
    def _shown_once(self, request: HttpRequest, client: Client, secret: str | None, *, is_new: bool) -> HttpResponse:
        return self._page(
            request,
            client,
            "shown_once",
            title=_("Your new client") if is_new else _("Your new secret"),
            secret=None if secret is None else ShownOnce(secret),
            is_new=is_new,
            **address_context(),
            nobody_gets_in=client.is_restricted and not client.allowed_groups.exists(),
        )

    def _page(self, request: HttpRequest, client: Client, name: str, **context: Any) -> HttpResponse:
        response = TemplateResponse(
            request,
            f"{TEMPLATES}/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": client,
                "has_view_permission": self.has_view_permission(request, client),
                "has_change_permission": self.has_change_permission(request, client),
                "change_url": _change_url(client),
                **context,
            },
        )
        # Neither a cache nor the browser's history may show a secret again.
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _secrets_of(client: Client) -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "secret": secret,
            "has_expired": secret.expires_at is not None and secret.expires_at <= now,
            "remove_url": reverse(f"admin:{_url_name('secret_remove')}", args=(client.pk, secret.pk)),
        }
        for secret in client.secrets.order_by("created_at")
    ]


def _url_name(page: str) -> str:
    return f"{Client._meta.app_label}_{Client._meta.model_name}_{page}"


def _change_url(client: Client) -> str:
    return reverse(f"admin:{_url_name('change')}", args=(client.pk,))


def _only_post() -> HttpResponse:
    return HttpResponse(status=405, headers={"Allow": "POST"})
