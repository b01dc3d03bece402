from __future__ import annotations

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.test import Client as Browser

from config.jobs.models import Job
from oidc_clients.models import LogoutDelivery, SigningKey
from oidc_clients.protocol.logout import MAX_ATTEMPTS
from tests.support.oidc_clients.listener import listening
from tests.support.oidc_clients.world import FORM

from .scene import Scene
from .table import causes


@causes("token_refused")
def redeem_an_unknown_code(scene: Scene) -> None:
    scene.member()
    assert scene.app.redeem("unknown").status_code == 400


@causes("code_replayed", with_a_change=True)
def redeem_a_code_twice(scene: Scene) -> None:
    code = scene.app.code(scene.member().client)
    assert [scene.app.redeem(code).status_code for _ in range(2)] == [200, 400]


@causes("refresh_reused", with_a_change=True)
def refresh_with_an_old_token(scene: Scene) -> None:
    scene.settings.HEARTHKEY_OIDC_CLIENTS_REFRESH_GRACE = timedelta(0)
    old = scene.tokens()["refresh_token"]
    assert [scene.app.refresh(old).status_code for _ in range(2)] == [200, 400]


@causes("token_revoked")
def give_a_token_back(scene: Scene) -> None:
    token, app = scene.tokens()["refresh_token"], scene.app
    body = f"client_id={app.client_id}&client_secret={app.secret}&token={token}"
    assert Browser().post("/api/oidc/revoke", body, content_type=FORM).status_code == 200


def sign_out_at_a_client_that_answers(scene: Scene, status: int, *, attempts: int = 0) -> None:
    """Sign out while the app listens; ``attempts`` to tell it were made before."""
    with listening(status) as listener:
        app = scene.app.row
        app.backchannel_logout_uri, app.is_on_own_network = listener.url, True
        app.save()
        scene.tokens()
        scene.member().post("/logout")
        LogoutDelivery.objects.update(attempts=attempts)
        Job.objects.filter(task="oidc_clients.tasks.deliver_logout").update(attempts=attempts)
        scene.work()
        assert listener.forms


@causes("logout_delivered")
def be_told_of_a_sign_out(scene: Scene) -> None:
    sign_out_at_a_client_that_answers(scene, 200)


@causes("logout_failed")
@causes("job_given_up")
def not_be_told_for_the_last_time(scene: Scene) -> None:
    sign_out_at_a_client_that_answers(scene, 500, attempts=MAX_ATTEMPTS - 1)


@causes("logout_retried")
def try_again_to_tell(scene: Scene) -> None:
    not_be_told_for_the_last_time(scene)
    page = f"/admin/hearthkey_oidc_clients/logoutdelivery/{LogoutDelivery.objects.get().pk}/"
    scene.root.post(f"{page}retry/", status=302)


def rotate(scene: Scene, *options: str) -> None:
    scene.settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(0)
    scene.settings.HEARTHKEY_OIDC_CLIENTS_METADATA_CACHE = timedelta(0)
    call_command("rotate_signing_key", *options, stdout=StringIO())


@causes("signing_key_created")
@causes("signing_key_activated")
@causes("signing_key_retired")
def change_the_signing_key(scene: Scene) -> None:
    scene.tokens()
    rotate(scene, "--now")


@causes("signing_key_dropped")
def drop_a_signing_key(scene: Scene) -> None:
    scene.tokens()
    rotate(scene, f"--drop={SigningKey.objects.get(state='active').kid}")
