"""Turns a service's refusal into an error on the form, with everything that was typed still there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ..exceptions import AccountsError

_REFUSAL = "_hearthkey_refusal"


class ServiceRefusalsMixin:
    """For a ModelAdmin whose saving and deleting goes through services.

    Django's own views run a POST, and nothing else, in one transaction: a refusal of the last step undoes the ones
    before it, and a page that is only looked at does not wait for SQLite's one writer.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view: Any = super().changeform_view  # type: ignore[misc]
        try:
            response: HttpResponse = view(request, *args, **kwargs)
        except AccountsError as error:
            # Undone. The same form once more, which this time does not pass: it is shown as it was typed.
            setattr(request, _REFUSAL, error)
            response = view(request, *args, **kwargs)
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)  # type: ignore[misc]
        refusal: AccountsError | None = getattr(request, _REFUSAL, None)
        return form if refusal is None else _refused(form, refusal)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, *args, **kwargs)  # type: ignore[misc]
        except AccountsError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(request.get_full_path())
        return response


def _refused(form: Any, refusal: AccountsError) -> Any:
    """Return the form's class with a last check that always fails, at the refusal's field where the form has it."""

    def clean(self: Any) -> Any:
        cleaned = super(refused, self).clean()
        field = getattr(refusal, "field", None)
        self.add_error(field if field in self.fields else None, str(refusal.message))
        return cleaned

    refused: Any = type(f"Refused{form.__name__}", (form,), {"clean": clean})
    return refused
