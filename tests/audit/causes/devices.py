from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import SignInRequest
from accounts.tasks import remove_expired
from tests.support.accounts.waiting import Waiting, approve, refuse

from .scene import Scene
from .table import causes


@causes("device_sign_in_approved")
def approve_a_sign_in(scene: Scene) -> Waiting:
    ada, waiting = scene.member(), Waiting().begin()
    assert ada.client.get(waiting.link).status_code == 200
    assert approve(ada.client, waiting.link).status_code in {200, 302, 303}
    return waiting


@causes("device_sign_in_used")
def use_an_approval(scene: Scene) -> None:
    waiting = approve_a_sign_in(scene)
    waiting.go_on()
    assert waiting.is_signed_in


@causes("device_sign_in_refused:reason=by_member", with_a_change=True)
def refuse_a_sign_in(scene: Scene) -> None:
    ada, waiting = scene.member(), Waiting().begin()
    ada.client.get(waiting.link)
    refuse(ada.client, waiting.link)


@causes("device_sign_in_refused")
def approve_and_be_signed_out(scene: Scene) -> None:
    waiting = approve_a_sign_in(scene)
    scene.root.post(f"{scene.member().page}sessions/end/", status=302)
    waiting.go_on()
    assert not waiting.is_signed_in


@causes("device_sign_in_expired")
def approve_and_let_it_expire(scene: Scene) -> None:
    approve_a_sign_in(scene)
    SignInRequest.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    remove_expired.call()
