"""Members, their names and addresses, and their groups' details."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Looks members up by user name in any letter case; creating them is the services' work."""

    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A member. The primary key is the ``sub`` that clients see, so it is never reused.

    ``email`` is what the member or an administrator entered last; ``verified_email`` is the address that was last
    verified or vouched for, and what clients receive until the new one is verified. ``session_epoch`` is raised to end
    every session, including one that is just being started; None is zero.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(_("username"), max_length=50, unique=True)
    email = models.EmailField(_("email address"), blank=True)
    email_verified = models.BooleanField(_("verified"), default=False)
    verified_email = models.EmailField(_("last verified address"), blank=True, editable=False)
    first_name = models.CharField(_("first name"), max_length=50, blank=True)
    last_name = models.CharField(_("last name"), max_length=50, blank=True)
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    is_staff = models.BooleanField(_("administrator"), default=False)
    is_active = models.BooleanField(_("enabled"), default=True)
    # Nullable, so that SQLite adds the column without copying the table.
    session_epoch = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        swappable = "AUTH_USER_MODEL"
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ("username",)
        constraints = (
            models.UniqueConstraint(Lower("username"), name="hearthkey_user_username_any_case"),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="hearthkey_user_email_any_case"
            ),
        )

    def __str__(self) -> str:
        return self.get_display_name()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.username

    def get_display_name(self) -> str:
        """Return the name to show: the display name, else first and last name, else the user name."""
        return self.display_name or self.get_full_name() or self.username


class ReservedIdentifier(models.Model):
    """A user name or address that belongs, or once belonged, to one member.

    The row outlives the member, so that nobody inherits an identity at a client that matches people by
    name or address; an operator releases it by deleting the row.
    """

    class Kind(models.TextChoices):
        USERNAME = "username", _("username")
        EMAIL = "email", _("email address")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=254, help_text=_("Case-folded value."))
    owner_id = models.UUIDField(db_index=True)
    reserved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("reserved username or address")
        verbose_name_plural = _("reserved usernames and addresses")
        constraints = (models.UniqueConstraint(fields=("kind", "key"), name="hearthkey_reserved_identifier_once"),)

    def __str__(self) -> str:
        return self.key


class GroupDetails(models.Model):
    """What Hearthkey knows of a ``django.contrib.auth`` group beyond its technical name."""

    class Source(models.TextChoices):
        LOCAL = "local", _("created here")
        DIRECTORY = "directory", _("directory")

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="details", primary_key=True)
    friendly_name = models.CharField(_("name"), max_length=50)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.LOCAL, editable=False)
    is_role = models.BooleanField(_("role"), default=False)

    class Meta:
        verbose_name = _("group details")
        verbose_name_plural = _("group details")

    def __str__(self) -> str:
        return self.friendly_name
