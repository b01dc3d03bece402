"""The page of the application configuration. Only superusers open it: sign-up and groups decide who gets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import colours, values
from .forms import SHOWN, ConfigurationForm, clear_field, is_cleared_by_a_tick
from .kinds import Picture, Secret, Switch
from .look import PATHS
from .models import Setting as Row
from .registry import SECTIONS
from .saving import Overtaken, save_changes
from .setting import Setting

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Row]
else:
    _ModelAdmin = admin.ModelAdmin


@dataclass(frozen=True, slots=True)
class Line:
    """One key as the page shows it. ``variable`` is set where the environment fixes the key."""

    setting: Setting
    field: Any
    clear: Any
    variable: str
    is_switch: bool
    has_input: bool
    note: str
    picture: str
    swatches: tuple[tuple[str, str, str], ...]


@admin.register(Row)
class ConfigurationAdmin(_ModelAdmin):
    """One page in sections in the place of a list."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.configuration_view)
        # By the first name the page counts as a form, by the second the index finds it.
        return [
            path("", view, name="hearthkey_config_setting_change"),
            path("", view, name="hearthkey_config_setting_changelist"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_configure(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return _may_configure(request)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return _may_configure(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def configuration_view(self, request: HttpRequest) -> HttpResponse:
        if not _may_configure(request):
            raise PermissionDenied
        form = ConfigurationForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                saved = save_changes(wanted=form.wanted(), actor=str(request.user.pk))
            except Overtaken as overtaken:
                form.refuse_overtaken(overtaken.current)
            else:
                _tell(request, len(saved))
                return HttpResponseRedirect(reverse("admin:hearthkey_config_setting_changelist"))
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: ConfigurationForm) -> TemplateResponse:
        sections = [
            {"key": section.key, "title": section.title, "lines": [_line(form, entry) for entry in section.settings]}
            for section in SECTIONS
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Application configuration"),
            "opts": self.opts,
            "form": form,
            "sections": sections,
            "shown_name": SHOWN,
        }
        return TemplateResponse(request, "admin/hearthkey_config/configuration.html", context)


def _may_configure(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _tell(request: HttpRequest, count: int) -> None:
    if not count:
        messages.info(request, _("Nothing was changed."))
        return
    text = ngettext("One setting was changed.", "%(count)d settings were changed.", count) % {"count": count}
    messages.success(request, text)


def _line(form: ConfigurationForm, entry: Setting) -> Line:
    is_fixed = entry.key in values.environment()
    clearable = is_cleared_by_a_tick(entry) and not is_fixed and form.has_value(entry)
    return Line(
        setting=entry,
        field=form[entry.field],
        clear=form[clear_field(entry)] if clearable else None,
        variable=entry.variable if is_fixed else "",
        is_switch=isinstance(entry.kind, Switch),
        has_input=not (is_fixed and is_cleared_by_a_tick(entry)),
        note=_note(form, entry, is_fixed=is_fixed),
        picture=_picture(entry),
        swatches=_swatches() if entry.key == "general.colour" else (),
    )


def _note(form: ConfigurationForm, entry: Setting, *, is_fixed: bool) -> str:
    if not isinstance(entry.kind, Secret) or is_fixed:
        return ""
    return _("One is stored. Leave this empty to keep it.") if form.has_value(entry) else _("None is stored.")


def _picture(entry: Setting) -> str:
    """Return the address of a picture that is there."""
    if not isinstance(entry.kind, Picture):
        return ""
    version = values.value(entry.key)
    return f"{PATHS[entry.key]}?v={version}" if version else ""


def _swatches() -> tuple[tuple[str, str, str], ...]:
    """Return what each theme makes of the colour: its name, the ground and the ink of a button."""
    colour = values.value("general.colour")
    if not colour:
        return ()
    light, dark = colours.shades(colour, colours.LIGHT), colours.shades(colour, colours.DARK)
    return ((_("On light pages"), light.accent, light.on_accent), (_("On dark pages"), dark.accent, dark.on_accent))
