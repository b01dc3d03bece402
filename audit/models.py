"""The audit trail."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from . import events
from .events.kind import Text
from .geoip import Place, recorded


class Event(models.Model):
    """One thing that happened, never changed afterwards.

    People, clients and sessions are kept as plain identifiers with the name of the moment, so that an event
    outlives what it speaks of. Each index ends in the order of the pages, so that a page costs what its rows do.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("time"), default=timezone.now)
    name = models.CharField(_("event"), max_length=64)
    actor_id = models.CharField(_("actor's ID"), max_length=64, blank=True)
    actor_name = models.CharField(_("actor"), max_length=150, blank=True)
    subject_id = models.CharField(_("member's ID"), max_length=64, blank=True)
    subject_name = models.CharField(_("member"), max_length=150, blank=True)
    client_id = models.CharField(_("client"), max_length=128, blank=True)
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    is_internal = models.BooleanField(_("own network"), null=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=500, blank=True)
    device = models.CharField(_("device"), max_length=120, blank=True)
    session_id = models.CharField(_("session"), max_length=64, blank=True)
    request_id = models.CharField(_("reference"), max_length=64, blank=True)
    data = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-at", "-id")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("-at", "-id"), name="hearthkey_event_time"),
            models.Index(fields=("name", "-at", "-id"), name="hearthkey_event_name"),
            models.Index(fields=("subject_id", "-at", "-id"), name="hearthkey_event_subject"),
            models.Index(fields=("actor_id", "-at", "-id"), name="hearthkey_event_actor"),
            models.Index(fields=("client_id", "-at", "-id"), name="hearthkey_event_client"),
            models.Index(fields=("country", "-at", "-id"), name="hearthkey_event_country"),
            models.Index(fields=("is_internal", "-at", "-id"), name="hearthkey_event_network"),
        )

    def __str__(self) -> str:
        return str(self.kind.title)

    @cached_property
    def kind(self) -> events.Kind:
        return events.kind_of(self.name, self.data)

    @cached_property
    def place(self) -> Place | None:
        """Where its address was at the time; None when that is not known."""
        found = recorded(self.ip_address or "", country=self.country, city=self.city)
        return found if found.kind != "unknown" else None

    @property
    def sentence(self) -> str:
        """What operators read."""
        return self._say(self.kind.operator)

    @property
    def own_sentence(self) -> str:
        """What the subject reads about it."""
        return self._say(self.kind.member)

    @property
    def is_own_doing(self) -> bool:
        """Whether nobody else is known to have done it: only then are address and device its subject's to see."""
        return self.actor_id in {"", self.subject_id}

    def _say(self, text: Text) -> str:
        values = events.values(self.data, subject=self.subject_name, actor=self.actor_name, client=self.client_id)
        said = str(text) % values
        # A name begins as its owner writes it, a word of ours as a sentence does.
        return said if said.startswith((self.subject_name or "\0", self.actor_name or "\0")) else capfirst(said)


class SeenOrigin(models.Model):
    """A device and a place that somebody signed in from, as a keyed digest: whether it was there can be asked, not what.

    The empty digest stands for *was ever seen*.
    """

    subject_id = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("subject_id", "digest"), name="hearthkey_seen_origin_once"),)

    def __str__(self) -> str:
        return self.subject_id
