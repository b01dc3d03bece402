"""The project's addresses and three whose views fail, for the tests of what a failure tells."""

from __future__ import annotations

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path

from config.urls import handler500
from config.urls import urlpatterns as project_urls

__all__ = ["handler500", "urlpatterns"]

SECRET = "the-inner-workings"


def fail(request: HttpRequest) -> NoReturn:
    raise RuntimeError(SECRET)


urlpatterns = [
    *project_urls,
    path("account/fails", fail),
    path("api/fails", fail),
    path(".well-known/fails", fail),
]
