from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from .. import conf
from ..exceptions import AccountsError, IdentifierTaken, InvalidValue, SetupCompleted, SetupTokenRequired
from ..forms import SetupForm
from ..services import setup as service
from ..services.members import NewMember
from .answers import error_page, wait_page, way_on
from .beginning import begin_session

_FIELDS = ("username", "email", "first_name", "last_name", "email_verified")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    # Whoever posts here once it is over has no form and no token of one: the answer that it is over needs neither.
    if service.needs_setup():
        return _wizard(request)
    if request.method == "POST":
        return _completed(request)
    raise Http404


@csrf_protect
def _wizard(request: HttpRequest) -> HttpResponse:
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
        user = service.complete_setup(new=new, token=form.cleaned_data["token"])
    except SetupCompleted:
        return _completed(request)
    except SetupTokenRequired:
        return _token_page(request, given=bool(form.cleaned_data["token"]))
    except (InvalidValue, IdentifierTaken) as error:
        form.add_error(error.field, str(error.message))
        return _form_page(request, form, status=error.status)
    begin_session(request, user, method="setup")
    return redirect(conf.after_setup_url())


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
        **way_on(request),
    )
