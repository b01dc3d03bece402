"""Turns a service's refusal into an error on the form, with everything that was typed still there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ..exceptions import AccountsError
from ..models import User
from ..services.refusing import tell_refusal

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
        except PermissionDenied:
            self.tell(request, self._target(request, *args, **kwargs))
            raise
        except AccountsError as error:
            self.tell(request, self._target(request, *args, **kwargs), error)
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
        except PermissionDenied:
            self.tell(request, self._target(request, *args, **kwargs))
            raise
        except AccountsError as error:
            self.tell(request, self._target(request, *args, **kwargs), error)
            messages.error(request, str(error.message))
            return HttpResponseRedirect(request.get_full_path())
        return response

    def tell(self, request: HttpRequest, target: Any, error: AccountsError | None = None) -> None:
        """Tell that this operator was refused a change; looking where one may not is answered, and no more."""
        if request.method == "POST":
            action = (request.resolver_match.url_name if request.resolver_match else None) or ""
            tell_refusal(actor=request.user, action=action, target=target, error=error)

    def changeable(self, request: HttpRequest, object_id: str) -> User:
        """Return the member of this page.

        :raises PermissionDenied: there is none, or the operator may not change them, which is told.
        """
        member: User | None = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if member is None or not self.has_change_permission(request, member):  # type: ignore[attr-defined]
            self.tell(request, member)
            raise PermissionDenied
        return member

    def _target(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        found: Any = self.get_object(request, object_id) if object_id is not None else None  # type: ignore[attr-defined]
        return found if isinstance(found, User | Group) else None


def _refused(form: Any, refusal: AccountsError) -> Any:
    """Return the form's class with a last check that always fails, at the refusal's field where the form has it."""

    def clean(self: Any) -> Any:
        cleaned = super(refused, self).clean()
        field = getattr(refusal, "field", None)
        self.add_error(field if field in self.fields else None, str(refusal.message))
        return cleaned

    refused: Any = type(f"Refused{form.__name__}", (form,), {"clean": clean})
    return refused
