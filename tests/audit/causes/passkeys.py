from __future__ import annotations

from django.conf import settings

from passkeys.testing import Overrides, SoftAuthenticator

from .scene import Scene
from .table import causes

LIST = "/account/passkeys/"


@causes("passkey_registered")
def add_a_passkey(scene: Scene) -> None:
    scene.member()


@causes("passkey_renamed")
def rename_a_passkey(scene: Scene) -> None:
    ada = scene.member()
    ada.post(f"{LIST}{ada.passkey.pk}/rename", {"name": "Phone"})


@causes("passkey_removed")
def remove_a_passkey(scene: Scene) -> None:
    ada = scene.member()
    ada.device = SoftAuthenticator(origin=settings.APP_URL)
    assert ada.add().status_code == 201
    ada.post(f"{LIST}{ada.passkeys[0].pk}/remove")


@causes("backup_state_changed")
def lose_the_backup(scene: Scene) -> None:
    assert scene.member().sign_in(Overrides(backed_up=False)).status_code == 200


@causes("backup_state_changed:backed_up=True")
def get_a_backup(scene: Scene) -> None:
    lose_the_backup(scene)
    assert scene.member().sign_in(Overrides(backed_up=True)).status_code == 200
