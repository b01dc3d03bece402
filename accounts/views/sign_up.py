from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from .. import conf
from ..exceptions import IdentifierTaken, InvalidValue, SignUpRefused
from ..forms import SignUpForm
from ..services import sign_up as service
from ..services.members import NewMember
from .answers import error_page, wait_page, way_on
from .beginning import begin_session
from .destinations import wanted_page, with_next

_POLICY = "sign-up"


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    return _answer(request, None)


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up_link(request: HttpRequest, token: str) -> HttpResponse:
    return _answer(request, token)


@never_cache
@csrf_protect
@require_POST
def sign_out_first(request: HttpRequest) -> HttpResponse:
    """Sign out whoever is signed in here and lead back to the page on which somebody else makes their account."""
    if request.user.is_authenticated:
        logout(request)
    return redirect(wanted_page(request) or "hearthkey_accounts:sign-up")


def _answer(request: HttpRequest, token: str | None) -> HttpResponse:
    response = _create(request, token) if request.method == "POST" else _ask(request, token)
    # The address may be a credential: no Referer may carry its path. `no-referrer` would do so too, but makes browsers
    # send `Origin: null` with the form, which the CSRF check rightly refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["Cache-Control"] = "no-store"
    # A client's own popup may have led here by way of the sign-in page.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _ask(request: HttpRequest, token: str | None) -> HttpResponse:
    try:
        way = service.find_way(token=token)
    except SignUpRefused as error:
        # Who follows a link that works is never slowed down; who tries others is, and fills no audit trail.
        waiting = wait_page(request, _POLICY) if token is not None else None
        return waiting or _refused(request, error, is_told=token is not None)
    if request.user.is_authenticated:
        return _signed_in_page(request)
    return _form_page(request, SignUpForm(email_required=conf.email_required()), way)


def _create(request: HttpRequest, token: str | None) -> HttpResponse:
    waiting = wait_page(request, _POLICY)
    if waiting is not None:
        return waiting
    try:
        way = service.find_way(token=token)
        if request.user.is_authenticated:
            return _signed_in_page(request, status=409)
        form = SignUpForm(request.POST, email_required=conf.email_required())
        if not form.is_valid():
            return _form_page(request, form, way, status=400)
        new = NewMember(**{name: form.cleaned_data[name] for name in form.fields})
        taken = service.taken_fields(username=new.username, email=new.email)
        for name, refusal in taken.items():
            form.add_error(name, str(refusal.message))
        if taken:
            return _form_page(request, form, way, status=IdentifierTaken.status)
        user = service.sign_up(new=new, token=token)
    except SignUpRefused as error:
        return _refused(request, error, is_told=True)
    except (InvalidValue, IdentifierTaken) as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return _form_page(request, form, way, status=error.status)
    begin_session(request, user, method="setup", source="sign_up")
    return redirect(with_next(conf.after_setup_url(), wanted_page(request)))


def _form_page(request: HttpRequest, form: SignUpForm, way: service.Way, status: int = 200) -> HttpResponse:
    heading = wanted_page(request)
    context = {
        "form": form,
        "next": heading,
        "is_by_link": way.invitation is not None,
        "sign_in_url": with_next(way_on(request)["next_url"], heading),
    }
    return render(request, "hearthkey/accounts/sign_up.html", context, status=status)


def _signed_in_page(request: HttpRequest, status: int = 200) -> HttpResponse:
    context = {
        "member_name": request.user.get_username(),
        "back": request.get_full_path(),
        "account_url": resolve_url("hearthkey_accounts:account"),
    }
    return render(request, "hearthkey/accounts/sign_up_signed_in.html", context, status=status)


def _refused(request: HttpRequest, error: SignUpRefused, *, is_told: bool) -> HttpResponse:
    if is_told:
        service.tell_refusal(error=error)
    on = way_on(request)
    text = str(error.advice)
    if not request.user.is_authenticated:
        on["next_url"] = with_next(on["next_url"], wanted_page(request))
        text += " " + _("If you already have an account, sign in with your passkey.")
    return error_page(request, title=str(error.message), text=text, status=error.status, **on)
