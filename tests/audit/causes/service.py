from __future__ import annotations

from django.test import Client as Browser

from config.jobs.models import Job
from tests.support.config.live import change

from .protocol import not_be_told_for_the_last_time
from .scene import Scene
from .table import causes


@causes("rate_limit_hit")
def try_too_often(scene: Scene) -> None:
    scene.member()
    for _ in range(12):
        Browser().post("/login/options", "{}", content_type="application/json", REMOTE_ADDR="203.0.113.9")


@causes("configuration_changed")
def change_the_configuration(scene: Scene) -> None:
    response = change(scene.root.client, general_name="The Old Mill")
    assert response.status_code == 302, response.content


@causes("job_run_again")
def run_a_job_again(scene: Scene) -> None:
    not_be_told_for_the_last_time(scene)
    (job,) = Job.objects.filter(status=Job.Status.PARKED)
    scene.root.post("/admin/hearthkey_config/job/", {"action": "run_again", "_selected_action": [str(job.pk)]})


@causes("audit_exported")
def export_the_trail(scene: Scene) -> None:
    assert b"".join(scene.root.post("/admin/hearthkey_audit/event/export/").streaming_content)
