"""The page on which operators see what runs in the background. Nothing is edited here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .jobs import queue
from .jobs.models import Job
from .jobs.policies import policy_of
from .live.admin import ConfigurationAdmin

__all__ = ["ConfigurationAdmin", "JobAdmin", "KindFilter"]

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Job]
else:
    _ModelAdmin = admin.ModelAdmin


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("recurring", _("Recurring")), ("once", _("Once"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if self.value() in {"recurring", "once"}:
            return queryset.filter(period__isnull=self.value() == "once")
        return queryset


@admin.register(Job)
class JobAdmin(_ModelAdmin):
    """What was given up comes first, then what recurs, then the rest by its time."""

    list_display = ("title", "outcome", "last_run", "took", "next_run", "every")
    list_filter = (KindFilter, "status")
    search_fields = ("task", "last_error")
    ordering = (
        Case(
            When(status=Job.Status.PARKED, then=Value(0)), When(period__isnull=False, then=Value(1)), default=Value(2)
        ),
        "due_at",
        "pk",
    )
    fields = (
        "title",
        "task",
        "arguments",
        "every",
        "status",
        "attempts",
        "created_at",
        "started_at",
        "took",
        "outcome",
        "last_error",
        "due_at",
    )
    readonly_fields = fields
    actions = ("run_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    @admin.action(description=gettext_lazy("Run again"), permissions=["run"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        started = queue.run_again(queryset, actor=str(request.user.pk))
        left = queryset.count() - started
        if started:
            text = ngettext("%d job runs again now.", "%d jobs run again now.", started) % started
            messages.success(request, text)
        if left:
            messages.warning(request, _("Only jobs that were given up can be run again."))

    @admin.display(description=gettext_lazy("job"))
    def title(self, job: Job) -> str:
        return str(policy_of(job.task).title or job.task)

    @admin.display(description=gettext_lazy("every"), ordering="period")
    def every(self, job: Job) -> str | None:
        return None if job.period is None else timesince(job.created_at, job.created_at + job.period)

    @admin.display(description=gettext_lazy("duration"))
    def took(self, job: Job) -> str | None:
        if job.status == Job.Status.RUNNING or job.duration is None:
            return None
        return _("%.2f s") % job.duration.total_seconds()

    @admin.display(description=gettext_lazy("result"))
    def outcome(self, job: Job) -> str:
        """What the state and the last run together mean."""
        if job.status == Job.Status.RUNNING:
            return _("Running")
        if job.last_error:
            error = job.last_error if len(job.last_error) <= 120 else f"{job.last_error[:119]}…"
            return (_("Given up: %s") if job.status == Job.Status.PARKED else _("Failed, tries again: %s")) % error
        if job.finished_at is None:
            return _("Waiting")
        shown = str(policy_of(job.task).outcome)
        return shown % job.result if shown and job.result else _("Done")

    @admin.display(description=gettext_lazy("last run"), ordering="started_at")
    def last_run(self, job: Job) -> str | None:
        if job.started_at is None:
            return None
        is_new = timezone.now() - job.started_at < timedelta(minutes=1)
        return _("just now") if is_new else _("%s ago") % timesince(job.started_at, depth=1)

    @admin.display(description=gettext_lazy("next run"), ordering="due_at")
    def next_run(self, job: Job) -> str | None:
        if job.status != Job.Status.WAITING:
            return None
        left = job.due_at - timezone.now()
        if left < timedelta(minutes=1):
            return _("now") if left <= timedelta() else _("in a moment")
        return _("in %s") % timeuntil(job.due_at, depth=1)
