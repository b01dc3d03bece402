"""One's own details: names, user name, address, language."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from .. import conf
from ..adapters import ask_mail_is_on, ask_rate_limit, ask_require_fresh
from ..exceptions import AccountsError, EditingIsOff, IdentifierTaken, InvalidValue
from ..forms import PictureForm, ProfileForm
from ..models import User
from ..services import profile as service
from ..services.claims import released_email, released_groups
from ..services.pictures import has_own_picture
from ..services.verification import may_be_verified, send_verification
from .answers import error_page, way_on
from .member import own_member

#: What a device shows of a passkey's owner.
_SHOWN_BY_DEVICES = {"username", "first_name", "last_name", "display_name"}


@never_cache
@csrf_protect
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = own_member(request)
    if request.method != "POST":
        return profile_page(request, user)
    if not conf.own_editing():
        return refusal_page(request, EditingIsOff())
    form = ProfileForm(request.POST, user=user)
    if not form.is_valid():
        return profile_page(request, user, form=form, status=400)
    if service.needs_fresh_passkey(user=user, values=form.wanted()):
        way = ask_require_fresh()(request, conf.step_up_window())
        if way is not None:
            return way
    return _waiting(request, user, form) or _change(request, user, form)


def profile_page(
    request: HttpRequest,
    user: User,
    *,
    form: ProfileForm | None = None,
    picture_form: PictureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page, with what was typed and what was wrong with it where a form is given."""
    released = released_email(user)
    context: dict[str, Any] = {
        "member": user,
        "display_name": user.get_display_name(),
        "form": form or ProfileForm(user=user),
        "picture_form": picture_form or PictureForm(label_suffix=""),
        "may_edit": conf.own_editing(),
        "may_rename": conf.user_name_editing(),
        "has_own_picture": has_own_picture(user),
        "may_send": may_be_verified(user),
        "mail_is_on": ask_mail_is_on()(),
        "released_address": released.address if released and released.address != user.email else "",
        "group_names": released_groups(user),
        "tells_devices": "saved" in request.GET,
    }
    return render(request, "hearthkey/accounts/profile.html", context, status=status)


def refusal_page(request: HttpRequest, error: AccountsError) -> HttpResponse:
    """Return a page that says why nothing was changed."""
    return error_page(
        request,
        title=_("Nothing changed"),
        text=str(error.message),
        status=error.status,
        **way_on(request),
    )


def _waiting(request: HttpRequest, user: User, form: ProfileForm) -> HttpResponse | None:
    """Return the page with a word of patience for who changes address or user name again and again, else None.

    Every change keeps what it gives up from everybody else and tells which ones are taken; a new address is sent mail.
    """
    changed = [name for name in service.PROTECTED if name in form.wanted()]
    if not changed:
        return None
    wait = ask_rate_limit()(request, "send-verification")
    if wait is None:
        return None
    seconds = max(1, math.ceil(wait))
    text = _("Wait %(seconds)d seconds before you change this again.") % {"seconds": seconds}
    form.add_error(changed[0], text)
    response = profile_page(request, user, form=form, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _change(request: HttpRequest, user: User, form: ProfileForm) -> HttpResponse:
    try:
        changed = service.change_profile(user=user, values=form.wanted())
    except (InvalidValue, IdentifierTaken) as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return profile_page(request, user, form=form, status=error.status)
    except AccountsError as error:
        return refusal_page(request, error)
    address = form.cleaned_data["email"]
    if "email" in changed and address and send_verification(user=user):
        text = _("Saved. We sent a link to %(address)s. Open it to verify the address.") % {"address": address}
    else:
        text = _("Saved.") if changed else _("Nothing changed.")
    messages.success(request, text, fail_silently=True)
    page = reverse("hearthkey_accounts:profile")
    return redirect(f"{page}?saved" if changed & _SHOWN_BY_DEVICES else page)
