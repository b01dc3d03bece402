"""Each kind of mail as its readers see it, with made-up variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from .. import conf
from ..exceptions import UnknownKind
from ..services.kinds import Kind, kind_of, kinds
from ..services.rendering import Letter, render, sender

View = Callable[..., HttpResponse]

#: Mails bring their look in style attributes and their logo by its address; nothing of them runs, submits or leads on.
_DOCUMENT: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox"
)
_PAGE: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def index(model_admin: Any) -> View:
    """Return the view that lists the kinds."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        _require_view(model_admin, request)
        off = conf.kinds_off()
        rows = [{"kind": kind, "is_off": name in off} for name, kind in kinds().items()]
        return _answer(model_admin, request, "previews.html", title=_("How mails look"), rows=rows)

    return view


def page(model_admin: Any) -> View:
    """Return the view that shows one kind, plain and as HTML."""

    @require_safe
    def view(request: HttpRequest, kind: str) -> HttpResponse:
        _require_view(model_admin, request)
        known, letter = _sample(kind)
        values = {"title": known.title, "kind": known, "letter": letter, "sender": sender()}
        response = _answer(model_admin, request, "preview.html", **values)
        response.headers["Content-Security-Policy"] = _PAGE
        return response

    return view


def document(model_admin: Any) -> View:
    """Return the view that is the HTML of one kind, to be shown within the page about it."""

    @require_safe
    @xframe_options_sameorigin
    def view(request: HttpRequest, kind: str) -> HttpResponse:
        _require_view(model_admin, request)
        _known, letter = _sample(kind)
        return HttpResponse(letter.html, headers={"Content-Security-Policy": _DOCUMENT})

    return view


def _sample(name: str) -> tuple[Kind, Letter]:
    try:
        kind = kind_of(name)
    except UnknownKind as error:
        raise Http404(str(error)) from error
    return kind, render(kind=kind.name, variables=kind.sample)


def _require_view(model_admin: Any, request: HttpRequest) -> None:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied


def _answer(model_admin: Any, request: HttpRequest, template: str, **values: Any) -> HttpResponse:
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, **values}
    return TemplateResponse(request, f"hearthkey/mailer/admin/{template}", context)
