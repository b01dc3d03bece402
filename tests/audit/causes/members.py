from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone
from PIL import Image

from accounts.models import EmailVerification, ReservedIdentifier, User

from .scene import GROUPS, MEMBERS, Scene, Somebody
from .signing_in import set_up
from .table import causes

PROFILE = "/account/profile"


@causes("setup_completed")
def set_the_service_up(scene: Scene) -> None:
    set_up()


@causes("setup_refused")
def come_with_a_wrong_token(scene: Scene) -> None:
    scene.settings.HEARTHKEY_ACCOUNTS_SETUP_OPEN = False
    scene.settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN = "the-right-token"
    assert Browser().get("/setup", {"token": "a-wrong-token"}).status_code == 403


@causes("operator_refused")
def reach_above_oneself(scene: Scene) -> None:
    steve = scene.member("steve", is_staff=True)
    steve.user.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "change_user")))
    steve.post(f"{scene.root.page}disable/", status=403)


@causes("member_created")
def create_a_member(scene: Scene) -> User:
    scene.root.post(f"{MEMBERS}add/", {"username": "bob", "email": "bob@example.org"}, status=302)
    return User.objects.get(username="bob")


def form_of(someone: Somebody, **changes: Any) -> dict[str, Any]:
    """The form of a member's page in the administration, with what an operator typed over it."""
    kept = {name: getattr(someone.user, name) for name in ("username", "email", "first_name", "last_name", "locale")}
    return {**kept, "email_verified": "on", "display_name": someone.user.display_name, **changes}


@causes("member_changed")
def change_a_member(scene: Scene) -> None:
    ada = scene.member()
    scene.root.post(f"{ada.page}change/", form_of(ada, first_name="Augusta"), status=302)


@causes("member_disabled")
def disable_a_member(scene: Scene) -> None:
    scene.root.post(f"{scene.member().page}disable/", status=302)


@causes("member_enabled")
def enable_a_member(scene: Scene) -> None:
    disable_a_member(scene)
    scene.root.post(f"{scene.member().page}enable/", status=302)


@causes("member_deleted")
def delete_a_member(scene: Scene) -> None:
    scene.root.post(f"{scene.member().page}delete/", {"post": "yes"}, status=302)


@causes("group_created")
def create_a_group(scene: Scene) -> Group:
    scene.root.post(f"{GROUPS}add/", {"friendly_name": "Family", "name": ""}, status=302)
    return Group.objects.get()


@causes("group_changed")
def change_a_group(scene: Scene) -> None:
    group = create_a_group(scene)
    scene.root.post(f"{GROUPS}{group.pk}/change/", {"friendly_name": "Relatives", "name": group.name}, status=302)


@causes("group_deleted")
def delete_a_group(scene: Scene) -> None:
    group = create_a_group(scene)
    scene.root.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}, status=302)


@causes("membership_changed:left=[]")
def join_a_group(scene: Scene) -> Group:
    ada, group = scene.member(), create_a_group(scene)
    scene.root.post(f"{ada.page}change/", form_of(ada, groups=[group.pk]), status=302)
    return group


@causes("membership_changed:joined=[]")
def leave_a_group(scene: Scene) -> None:
    join_a_group(scene)
    scene.root.post(f"{scene.member().page}change/", form_of(scene.member()), status=302)


@causes("membership_changed")
def change_groups(scene: Scene) -> None:
    ada = scene.member()
    join_a_group(scene)
    scene.root.post(f"{GROUPS}add/", {"friendly_name": "Friends", "name": ""}, status=302)
    friends = Group.objects.get(details__friendly_name="Friends")
    scene.root.post(f"{ada.page}change/", form_of(ada, groups=[friends.pk]), status=302)


@causes("identifier_released")
def release_a_name(scene: Scene) -> None:
    ada = scene.member()
    scene.root.post(f"{ada.page}change/", form_of(ada, username="augusta"), status=302)
    row = ReservedIdentifier.objects.get(key="ada")
    scene.root.post(f"/admin/hearthkey_accounts/reservedidentifier/{row.pk}/delete/", {"post": "yes"}, status=302)


@causes("email_verification_sent")
def ask_for_a_verification(scene: Scene) -> None:
    scene.mails_at_once()
    scene.member(email_verified=False).post(f"{PROFILE}/verification")


@causes("email_verified")
def verify_an_address(scene: Scene) -> None:
    ask_for_a_verification(scene)
    scene.member().post(scene.path_in_mail("/verify-email/"))


@causes("email_verification_refused")
def verify_an_address_too_late(scene: Scene) -> None:
    ask_for_a_verification(scene)
    EmailVerification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Browser().post(scene.path_in_mail("/verify-email/")).status_code >= 400


@causes("picture_changed")
def upload_a_picture(scene: Scene) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), (255, 0, 0)).save(out, "PNG")
    picture = SimpleUploadedFile("me.png", out.getvalue(), "image/png")
    scene.member().post(f"{PROFILE}/picture", {"picture": picture}, status=302)


@causes("picture_removed")
def remove_a_picture(scene: Scene) -> None:
    upload_a_picture(scene)
    scene.member().post(f"{PROFILE}/picture/remove", status=302)
