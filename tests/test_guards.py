from __future__ import annotations

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_a_row_can_be_written(django_user_model: type) -> None:
    django_user_model.objects.create(username="ada")
    assert django_user_model.objects.get(username="ada").pk
