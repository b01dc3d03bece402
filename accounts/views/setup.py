from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from .. import conf, signals
from ..backends import LOGIN_CODE_BACKEND
from ..exceptions import AccountsError, IdentifierTaken, InvalidValue, SetupCompleted, SetupTokenRequired
from ..forms import SetupForm
from ..models import User
from ..services import setup as service
from ..services.members import NewMember
from .answers import error_page, wait_page

_FIELDS = ("username", "email", "first_name", "last_name", "email_verified")


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if not service.needs_setup():
        if request.method == "POST":
            return _completed(request)
        raise Http404
    if request.method == "POST":
        return wait_page(request, "api") or _create(request)
    token = request.GET.get("token", "")
    # A guess costs the same whether it comes with the link or with the form.
    waiting = wait_page(request, "api") if token and service.requires_token() else None
    if waiting is not None:
        return waiting
    try:
        service.check_token(token)
    except SetupTokenRequired:
        return _token_page(request, given=bool(token))
    return _form_page(request, SetupForm(initial={"token": token}, label_suffix=""))


def _create(request: HttpRequest) -> HttpResponse:
    form = SetupForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _form_page(request, form, status=400)
    new = NewMember(**{name: form.cleaned_data[name] for name in _FIELDS}, is_staff=True, is_superuser=True)
    try:
        user = service.complete_setup(new=replace(new), token=form.cleaned_data["token"])
    except SetupCompleted:
        return _completed(request)
    except SetupTokenRequired:
        return _token_page(request, given=bool(form.cleaned_data["token"]))
    except (InvalidValue, IdentifierTaken) as error:
        form.add_error(error.field, str(error.message))
        return _form_page(request, form, status=error.status)
    begin_session(request, user, method="setup")
    return redirect(conf.after_setup_url())


def begin_session(request: HttpRequest, user: User, *, method: str) -> None:
    """Sign ``user`` in with a session that says how it began."""
    login(request, user, backend=LOGIN_CODE_BACKEND)
    request.session["hearthkey_auth"] = {"method": method, "at": None, "passkey": None}
    signals.signed_in.send(sender=None, event=signals.SignedIn(user=str(user.pk), method=method))


def _form_page(request: HttpRequest, form: SetupForm, status: int = 200) -> HttpResponse:
    response = render(request, "hearthkey/accounts/setup.html", {"form": form}, status=status)
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _token_page(request: HttpRequest, *, given: bool) -> HttpResponse:
    context = {"given": given, "window_is_over": service.window_is_over()}
    response = render(request, "hearthkey/accounts/setup_token.html", context, status=403)
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _completed(request: HttpRequest) -> HttpResponse:
    error: AccountsError = SetupCompleted()
    return error_page(
        request,
        title=str(error.message),
        text=_("Sign in with your passkey instead."),
        status=409,
        next_url=resolve_url(settings.LOGIN_URL),
    )
