"""The operators' list of events: for looking, searching and exporting. Nothing here changes or deletes one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from .adapters import get_origin
from .exceptions import InvalidCursor
from .forms import EventFilterForm
from .models import Event
from .services.export import export_lines
from .services.listing import Page, list_events
from .services.recording import Entry, Person, record

if TYPE_CHECKING:
    EventModelAdmin = admin.ModelAdmin[Event]
else:
    EventModelAdmin = admin.ModelAdmin


@admin.register(Event)
class EventAdmin(EventModelAdmin):
    """Not Django's own list: that counts all rows for every page and reaches the later ones by skipping the earlier."""

    fields = (
        "at",
        "shown_sentence",
        "name",
        "actor_name",
        "actor_id",
        "subject_name",
        "subject_id",
        "client_id",
        "ip_address",
        "is_internal",
        "country",
        "city",
        "device",
        "user_agent",
        "session_id",
        "request_id",
        "shown_data",
    )
    readonly_fields = fields
    actions = None
    # An event is never changed, so it has no history.
    change_form_template = "hearthkey/audit/admin/event.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("what happened"))
    def shown_sentence(self, event: Event) -> str:
        return event.sentence

    @admin.display(description=gettext_lazy("details"))
    def shown_data(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.data, ensure_ascii=False, indent=2))

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="hearthkey_audit_event_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        form = EventFilterForm(request.GET)
        page = _page(form, request.GET.get("before", ""))
        query = request.GET.copy()
        query["before"] = page.older
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": capfirst(self.opts.verbose_name_plural),
            "opts": self.opts,
            "form": form,
            "page": page,
            "older_query": query.urlencode() if page.older else "",
            "is_first": not request.GET.get("before"),
            "is_filtered": form.is_valid() and any(form.cleaned_data.values()),
        }
        status = 200 if form.is_valid() else 400
        return TemplateResponse(request, "hearthkey/audit/admin/event_list.html", context, status=status)

    @method_decorator(csrf_protect)
    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = EventFilterForm(request.POST)
        if not form.is_valid():
            raise BadRequest("A filter has a value that can't be used.")
        chosen = {name: str(value) for name, value in form.cleaned_data.items() if value}
        actor = Person(str(request.user.pk), request.user.get_username())
        # Written before the first line leaves: who breaks off has got some of it all the same.
        record(Entry("audit_exported", actor=actor, data={"filters": chosen}), origin=get_origin()(request))
        name = f"events-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            export_lines(criteria=form.criteria()),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


def _page(form: EventFilterForm, before: str) -> Page:
    """Return the page that was asked for, an empty one when the filters can't be used.

    :raises BadRequest: ``before`` is no place in the list.
    """
    if not form.is_valid():
        return Page([], "")
    try:
        return list_events(criteria=form.criteria(), before=before)
    except InvalidCursor as error:
        raise BadRequest(str(error)) from error
