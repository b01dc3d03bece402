"""Turns a service's refusal into a message on the page instead of an error."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from ..exceptions import AccountsError


class ServiceRefusalsMixin:
    """For a ModelAdmin whose saving and deleting goes through services."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._with_refusals(request, super().changeform_view, *args, **kwargs)  # type: ignore[misc]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._with_refusals(request, super().delete_view, *args, **kwargs)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        return leave_if_gone(request, response)

    def _with_refusals(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            # One transaction, so that a refusal of the last step undoes the ones before it.
            with transaction.atomic():
                response: HttpResponse = view(request, *args, **kwargs)
        except AccountsError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(request.get_full_path())
        return leave_if_gone(request, response)


def leave_if_gone(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return ``response``, or the way out for an operator who has just disabled or deleted themselves.

    Their session's row is gone, and writing to it again would end in an error page.
    """
    if request.method != "POST" or not request.user.is_authenticated:
        return response
    if get_user_model()._default_manager.filter(pk=request.user.pk, is_active=True).exists():
        return response
    logout(request)
    return HttpResponseRedirect(resolve_url("hearthkey_accounts:home"))
