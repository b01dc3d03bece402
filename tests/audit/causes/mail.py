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
