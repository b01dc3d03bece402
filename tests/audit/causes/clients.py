from __future__ import annotations

from typing import Any

from oidc_clients.models import Client, ClientSession, CustomClaim
from tests.oidc_admin.conftest import form_of
from tests.oidc_clients.test_devices import approve, ask, claim, poll, press
from tests.support.oidc_clients import world

from .members import form_of as member_form_of
from .members import join_a_group
from .scene import CLIENTS, Scene
from .table import causes, only_of_other_sites

only_of_other_sites("access_denied")

CLAIMS = "/admin/hearthkey_oidc_clients/customclaim/"


@causes("client_created")
@causes("client_secret_added")
def create_a_client(scene: Scene) -> Client:
    scene.root.post(f"{CLIENTS}add/", form_of())
    return Client.objects.get()


@causes("client_changed")
def change_a_client(scene: Scene) -> None:
    client = create_a_client(scene)
    scene.root.post(f"{CLIENTS}{client.pk}/change/", form_of(name="Wiki"), status=302)


@causes("client_deleted")
def delete_a_client(scene: Scene) -> None:
    client = create_a_client(scene)
    scene.root.post(f"{CLIENTS}{client.pk}/delete/", {"post": "yes"}, status=302)


@causes("client_secret_removed")
def remove_a_secret(scene: Scene) -> None:
    client = create_a_client(scene)
    scene.root.post(f"{CLIENTS}{client.pk}/change/", form_of(is_public="on"), status=302)


@causes("consent_given")
@causes("client_authorized:is_new=True")
def sign_in_at_a_client(scene: Scene) -> dict[str, Any]:
    return scene.tokens()


@causes("client_authorized")
def sign_in_at_a_client_again(scene: Scene) -> None:
    scene.tokens()
    scene.tokens()


@causes("custom_claim_changed")
def make_a_claim_up(scene: Scene) -> None:
    form = {"user": scene.member().user.pk, "group": "", "name": "department", "value": "garden"}
    scene.root.post(f"{CLAIMS}add/", form, status=302)


@causes("custom_claim_removed")
def remove_a_claim(scene: Scene) -> None:
    make_a_claim_up(scene)
    scene.root.post(f"{CLAIMS}{CustomClaim.objects.get().pk}/delete/", {"post": "yes"}, status=302)


@causes("consent_revoked")
def revoke_a_consent(scene: Scene) -> None:
    scene.tokens()
    scene.member().post(f"/account/apps/{scene.app.client_id}/revoke", status=302)


@causes("access_denied:by_member=True")
def cancel(scene: Scene) -> None:
    ada = scene.member()
    page = world.follow(ada.client, scene.app.authorize(ada.client)).content.decode()
    (path,) = [part.split('"')[0] for part in page.split('action="') if part.split('"')[0].endswith("/cancel")]
    ada.post(path)


@causes("access_denied:by_member=False", with_a_change=True)
def come_to_a_client_that_is_closed(scene: Scene) -> None:
    ada, closed = scene.member(), world.register("Closed", is_restricted=True)
    assert world.follow(ada.client, closed.authorize(ada.client)).status_code == 403


@causes("access_revoked")
def leave_the_group_that_opens_a_client(scene: Scene) -> None:
    ada, group = scene.member(), join_a_group(scene)
    app = world.register("Photos", is_restricted=True, allowed_groups=[group])
    app.tokens(ada.client)
    scene.root.post(f"{ada.page}change/", member_form_of(ada), status=302)


@causes("device_approved")
def approve_a_device(scene: Scene) -> None:
    ada = scene.member()
    codes = ask(scene.app)
    approve(ada.client, codes)
    assert poll(scene.app, codes["device_code"]).status_code == 200


@causes("device_refused", with_a_change=True)
def refuse_a_device(scene: Scene) -> None:
    ada, codes = scene.member(), ask(scene.app)
    claim(ada.client, codes["user_code"])
    assert press(ada.client, "refuse", codes["user_code"]).status_code == 303


@causes("device_ended")
def sign_a_device_out(scene: Scene) -> None:
    approve_a_device(scene)
    session = ClientSession.objects.get(kind="device")
    scene.member().post(f"/account/apps/devices/{session.pk}/end", status=302)
