"""Routes of a site that has one app of ours: whichever is installed."""

from __future__ import annotations

from importlib.util import find_spec

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

MODULES = [
    f"{config.name}.{module}"
    for config in apps.get_app_configs()
    if config.label.startswith("hearthkey_")
    for module in ("urls", "urls_wellknown")
    if find_spec(f"{config.name}.{module}")
]
urlpatterns = [path("admin/", admin.site.urls), *(path("", include(module)) for module in MODULES)]
