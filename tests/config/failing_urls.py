"""The project's addresses and three whose views fail, for the tests of what a failure tells."""

from __future__ import annotations

from typing import NoReturn

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as project_urls

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

SECRET = "the-inner-workings"


def fail(request: HttpRequest) -> NoReturn:
    raise RuntimeError(SECRET)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "broken.html")


urlpatterns = [
    *project_urls,
    path("account/fails", fail),
    path("account/broken", broken),
    path("api/fails", fail),
    path(".well-known/fails", fail),
]
