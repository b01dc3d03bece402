from __future__ import annotations

from io import StringIO

from django.core.management import call_command
from django.test import Client as Browser

from passkeys.testing import Overrides
from tests.support.accounts.waiting import Waiting, approve

from .scene import Scene, Somebody
from .table import causes, only_of_other_sites

for name in ("passkey_used", "passkey_refused", "signed_in"):
    only_of_other_sites(name)

FORGED = Overrides(break_signature=True)


def link_of(someone: Somebody) -> str:
    """The path of a link that the command prints."""
    out = StringIO()
    call_command("login_code", someone.user.username, stdout=out)
    return "/" + out.getvalue().split()[0].split("/", 3)[3]


@causes("passkey_used:purpose=sign_in")
def sign_in(scene: Scene) -> None:
    assert scene.member().is_signed_in


@causes("passkey_used:purpose=step_up")
def step_up(scene: Scene) -> None:
    assert scene.member().step_up().status_code == 200


@causes("passkey_refused:purpose=register")
def add_a_passkey_of_another_origin(scene: Scene) -> None:
    assert scene.newcomer("ada").add(Overrides(origin="https://elsewhere.example")).status_code == 400


@causes("passkey_refused:purpose=remove")
def remove_ones_own_passkey_as_an_operator(scene: Scene) -> None:
    root = scene.root
    root.post(f"/admin/hearthkey_passkeys/passkey/{root.passkey.pk}/delete/", status=403)


@causes("passkey_refused:purpose=step_up")
def step_up_with_a_forged_signature(scene: Scene) -> None:
    assert scene.member().step_up(FORGED).status_code >= 400


@causes("passkey_refused:purpose=sign_in")
def sign_in_with_a_forged_signature(scene: Scene) -> None:
    assert scene.member().sign_in(FORGED).status_code >= 400


@causes("signed_in:method=code")
def sign_in_by_link(scene: Scene) -> None:
    assert Browser().post(link_of(scene.member())).status_code == 302


@causes("signed_in:method=device")
def sign_in_by_another_device(scene: Scene) -> None:
    ada, browser = scene.member(), Waiting().begin()
    assert ada.client.get(browser.link).status_code == 200
    approve(ada.client, browser.link)
    browser.go_on()
    assert browser.is_signed_in


@causes("signed_in:method=setup")
def sign_in_by_setting_up(scene: Scene) -> None:
    set_up()


@causes("signed_out")
def sign_out(scene: Scene) -> None:
    scene.member().post("/logout")


@causes("session_ended")
def end_the_other_sessions(scene: Scene) -> None:
    ada = scene.member()
    Browser().post(link_of(ada))
    ada.post("/account/sessions/others/end")


@causes("signed_out_everywhere")
def be_signed_out_everywhere(scene: Scene) -> None:
    scene.root.post(f"{scene.member().page}sessions/end/", status=302)


def set_up() -> None:
    """Fill in the first-run wizard."""
    form = {"username": "root", "email": "root@example.org", "first_name": "Rosa", "email_verified": "on"}
    assert Browser().post("/setup", form).status_code == 302
