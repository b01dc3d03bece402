"""Turns a service's refusal into a message on the page instead of an error."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ..exceptions import AccountsError


class ServiceRefusalsMixin:
    """For a ModelAdmin whose saving and deleting goes through services."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._with_refusals(request, super().changeform_view, *args, **kwargs)  # type: ignore[misc]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._with_refusals(request, super().delete_view, *args, **kwargs)  # type: ignore[misc]

    def _with_refusals(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            # One transaction, so that a refusal of the last step undoes the ones before it.
            with transaction.atomic():
                response: HttpResponse = view(request, *args, **kwargs)
                return response
        except AccountsError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(request.get_full_path())
