"""A member's profile picture, as the ``picture`` claim names it. It is public: whoever knows the id may see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from .. import conf
from ..exceptions import AccountsError, EditingIsOff, PictureRefused
from ..forms import PictureForm
from ..services.pictures import change_picture, picture_of, remove_own_picture
from ..services.uploads import MAX_BYTES
from .answers import error_page, way_on
from .member import own_member
from .profile import profile_page, refusal_page

#: Bytes of a whole request; what is larger is not even read. A picture that is only somewhat too large gets its form
#: back with the reason, so this is more than one may have.
_MAX_BODY: Final = 4 * MAX_BYTES

View = Callable[[HttpRequest], HttpResponse]


@require_safe
def profile_picture(request: HttpRequest, user_id: str) -> HttpResponse:
    try:
        user = get_user_model()._default_manager.filter(pk=user_id).first()
    except (ValidationError, ValueError, OverflowError) as error:
        raise Http404 from error
    if user is None:
        raise Http404
    picture = picture_of(user)
    response = get_conditional_response(request, etag=picture.etag) or HttpResponse(
        picture.data, content_type="image/png"
    )
    response.headers["ETag"] = picture.etag
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Clients show it on pages of their own.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def refuse_large_bodies(view: View) -> View:
    """Answer 413 to what is too large before anything reads it. Goes around ``csrf_protect``, which reads forms."""

    @csrf_exempt
    @wraps(view)
    def measured(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > _MAX_BODY:
            return error_page(
                request,
                title=_("This file is too large"),
                text=_("Choose a picture of at most 8 MB."),
                status=413,
                **way_on(request),
            )
        return view(request)

    return measured


@never_cache
@refuse_large_bodies
@csrf_protect
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    user = own_member(request)
    if request.method != "POST":
        return redirect("hearthkey_accounts:profile")
    if not conf.own_editing():
        return refusal_page(request, EditingIsOff())
    form = PictureForm(request.POST, request.FILES, label_suffix="")
    if not form.is_valid():
        return profile_page(request, user, picture_form=form, status=400)
    try:
        change_picture(user=user, upload=form.cleaned_data["picture"].read(MAX_BYTES + 1))
    except PictureRefused as error:
        form.add_error("picture", str(error.message))
        return profile_page(request, user, picture_form=form, status=error.status)
    except AccountsError as error:
        return refusal_page(request, error)
    messages.success(request, _("Picture updated."), fail_silently=True)
    return redirect("hearthkey_accounts:profile")


@never_cache
@csrf_protect
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    user = own_member(request)
    if request.method != "POST":
        return redirect("hearthkey_accounts:profile")
    try:
        remove_own_picture(user=user)
    except AccountsError as error:
        return refusal_page(request, error)
    messages.success(request, _("Picture removed."), fail_silently=True)
    return redirect("hearthkey_accounts:profile")
