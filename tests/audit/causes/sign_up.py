from __future__ import annotations

import re

from accounts.models import Invitation
from tests.accounts.test_invitations_administration import ADD, LIST, form
from tests.support.accounts.inviting import fill_in

from .members import create_a_group
from .scene import Scene
from .table import causes


@causes("invitation_created")
def make_a_sign_up_link(scene: Scene) -> str:
    page = scene.root.post(ADD, form(groups=[create_a_group(scene).pk])).content.decode()
    found = re.search(r"/st/[A-Za-z0-9_-]+", page)
    assert found
    return found[0]


@causes("invitation_revoked")
def revoke_a_sign_up_link(scene: Scene) -> None:
    make_a_sign_up_link(scene)
    scene.root.post(f"{LIST}{Invitation.objects.get().pk}/revoke/", status=302)


@causes("member_created:sign_up=link")
def sign_up_by_link(scene: Scene) -> None:
    assert fill_in(make_a_sign_up_link(scene)).status_code == 302


@causes("member_created:sign_up=open")
@causes("signed_in:method=setup:source=sign_up")
def sign_up(scene: Scene) -> None:
    scene.member()
    scene.settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    assert fill_in("/signup").status_code == 302


@causes("sign_up_refused")
def sign_up_while_it_is_closed(scene: Scene) -> None:
    scene.member()
    assert fill_in("/signup").status_code == 403
