from __future__ import annotations

from tests.support.mailer.mail_server import mail_server

from .scene import Scene
from .table import causes


@causes("mail_failed", with_a_change=True)
def add_a_passkey_whose_mail_is_refused(scene: Scene) -> None:
    with mail_server() as server:
        server.settings(scene.settings)
        server.answers = ["550 No such person"]
        scene.member()
        scene.work()


@causes("test_mail_sent")
def send_a_test_mail(scene: Scene) -> None:
    with mail_server() as server:
        server.settings(scene.settings)
        scene.root.post("/admin/hearthkey_mailer/message/test/")


@causes("test_mail_failed")
def send_a_test_mail_that_is_refused(scene: Scene) -> None:
    with mail_server() as server:
        server.settings(scene.settings)
        server.answers = ["550 No such person"]
        scene.root.post("/admin/hearthkey_mailer/message/test/")
