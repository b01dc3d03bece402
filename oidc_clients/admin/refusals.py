"""A service's refusal stands in the operator's form, with everything that was typed still there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from ..exceptions import OidcClientsError

_REFUSAL = "hearthkey_refusal"


class RefusalsMixin:
    """For a ModelAdmin that saves through services, and whose form shows its ``refusal``."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view: Any = super().changeform_view  # type: ignore[misc]
        try:
            # Only a POST opens a transaction there, and a refusal of the last step undoes the ones before it.
            response: HttpResponse = view(request, *args, **kwargs)
        except OidcClientsError as error:
            # Everything is undone by now. The form is judged once more, with the refusal, and shown as it was typed.
            setattr(request, _REFUSAL, error)
            response = view(request, *args, **kwargs)
        return response


def refusal_of(request: HttpRequest) -> OidcClientsError | None:
    """Return what a service refused when this request's form was to be saved."""
    return getattr(request, _REFUSAL, None)
