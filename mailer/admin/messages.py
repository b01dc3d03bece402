"""The outbox, to look at. What a mail says, its variables, is shown to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Message
from ..services.kinds import kinds
from . import previews, trial

if TYPE_CHECKING:
    MessageModelAdmin = admin.ModelAdmin[Message]
else:
    MessageModelAdmin = admin.ModelAdmin


@admin.register(Message)
class MessageAdmin(MessageModelAdmin):
    change_list_template = "hearthkey/mailer/admin/message_list.html"
    list_display = ("title", "recipient", "created_at", "state", "attempts", "last_error")
    search_fields = ("recipient", "user_id")
    fields = ("title", "recipient", "user_id", "created_at", "expires_at", "state", "attempts", "last_error")
    readonly_fields = fields
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        own = {"may_send_test": trial.may_send(request), "title": _("Outgoing mail"), "subtitle": None}
        return super().changelist_view(request, {**(extra_context or {}), **own})

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("test/", guard(trial.page(self)), name="hearthkey_mailer_test"),
            path("previews/", guard(previews.index(self)), name="hearthkey_mailer_previews"),
            path("previews/<slug:kind>/", guard(previews.page(self)), name="hearthkey_mailer_preview"),
            path("previews/<slug:kind>/html/", guard(previews.document(self)), name="hearthkey_mailer_preview_html"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("mail"), ordering="kind")
    def title(self, message: Message) -> str:
        known = kinds().get(message.kind)
        return str(known.title) if known else message.kind

    @admin.display(description=gettext_lazy("state"), ordering="due_at")
    def state(self, message: Message) -> str:
        now = timezone.now()
        if message.lease is not None and message.due_at > now:
            return _("Being sent")
        if message.due_at <= now:
            return _("Waits for its turn")
        return _("Next try in %s") % timeuntil(message.due_at, now, depth=1)
