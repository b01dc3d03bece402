"""How the operators' pages name people, and who is at work on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ..models import User

if TYPE_CHECKING:
    _Field = forms.ModelMultipleChoiceField[User]
else:
    _Field = forms.ModelMultipleChoiceField


class MembersField(_Field):
    """Members by both their names, for two people may show the same one."""

    def label_from_instance(self, obj: Any) -> str:
        return told_apart(obj)


def told_apart(member: User) -> str:
    """Return such as *Anna (anna1)*."""
    name = member.get_display_name()
    return name if name == member.username else f"{name} ({member.username})"


def to_member(member: User) -> HttpResponse:
    """Return the way to the page of a member."""
    return HttpResponseRedirect(reverse("admin:hearthkey_accounts_user_change", args=[member.pk]))


def actor_of(request: HttpRequest) -> User:
    """Return the operator at work."""
    actor = request.user
    if not isinstance(actor, User):
        raise PermissionDenied
    return actor
