"""The only receivers: every event of an app goes to the audit trail here, and what must follow it in another app.

A success is sent inside its transaction, so a receiver that fails undoes the change; a failure is sent after it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import pre_migrate
from django.dispatch import Signal

from accounts import signals as accounts_signals
from accounts.models import User
from accounts.services.sessions import end_sessions
from audit.services import NOBODY, Entry, Person, record
from mailer import signals as mailer_signals
from oidc_clients import signals as oidc_clients_signals
from oidc_clients.services.access import recheck_access, revoke_member
from oidc_clients.services.client_sessions import end_client_sessions, sign_out_session
from passkeys import signals as passkeys_signals

from ..environment import key_check
from ..requests import request_context
from . import mails
from . import signals as config_signals

#: Fields of an event that have a column of their own.
_COLUMNS = {"user", "actor", "client", "user_name"}


def signals() -> Iterator[tuple[str, Signal]]:
    """Yield every signal of the apps, and of this project itself, with its name."""
    for module in (accounts_signals, passkeys_signals, oidc_clients_signals, mailer_signals, config_signals):
        for name, value in vars(module).items():
            if isinstance(value, Signal):
                yield name, value


def connect() -> None:
    """Connect the receivers. Called once, when the apps are ready."""
    for name, signal in signals():
        signal.connect(write_event, dispatch_uid=f"hearthkey audit {name}")
    for cause, follow in _CONSEQUENCES:
        cause.connect(follow, dispatch_uid=f"hearthkey {follow.__name__}")
    pre_migrate.connect(_compare_key, dispatch_uid="hearthkey key check")


def write_event(sender: object, event: Any, **_kwargs: Any) -> None:
    """Write an app's event to the audit trail, with what is known of the request."""
    context = request_context.current()
    values = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    subject_id = values.get("user")
    actor_id = values.get("actor") or _signed_in_id(context)
    entry = Entry(
        name=event_name(type(event)),
        actor=_person(actor_id, context),
        subject=_person(subject_id, context, values.get("user_name") or ""),
        client_id=values.get("client") or "",
        data={name: value for name, value in values.items() if name not in _COLUMNS and value is not None},
    )
    record(entry, origin=request_context.origin(context))


def end_what_a_disabled_member_has(sender: object, event: Any, **_kwargs: Any) -> None:
    """Revoke the tokens of a member who was disabled; their sessions are ended by the service itself."""
    member = User.objects.filter(pk=event.user).first()
    if member is not None:
        revoke_member(user=member, reason="member_disabled", actor=event.actor)


def end_what_a_deleted_member_has(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell the clients of a member who is about to be deleted; their tokens go with them."""
    member = User.objects.filter(pk=event.user).first()
    if member is not None:
        revoke_member(user=member, reason="member_deleted", actor=event.actor)


def sign_out_at_the_sessions_clients(sender: object, event: Any, **_kwargs: Any) -> None:
    """Sign a session out at its clients, as its member did here; what has ``offline_access`` goes on."""
    sign_out_session(sid=event.session)


def end_the_sessions_at_their_clients(sender: object, event: Any, **_kwargs: Any) -> None:
    """Revoke all that clients got by sessions that were ended, and tell them."""
    end_client_sessions(sids=event.sessions)


def end_all_at_a_members_clients(sender: object, event: Any, **_kwargs: Any) -> None:
    """Revoke all that clients and devices hold of a member who was signed out everywhere, and tell them."""
    member = User.objects.filter(pk=event.user).first()
    if member is not None:
        revoke_member(user=member, reason="signed_out_everywhere", actor=event.actor)


def recheck_a_members_clients(sender: object, event: Any, **_kwargs: Any) -> None:
    """Revoke what a member holds at clients that were open to a group they left."""
    member = User.objects.filter(pk=event.user).first()
    if event.left and member is not None:
        recheck_access(user=member, reason="group_left", actor=event.actor)


def recheck_a_groups_members(sender: object, event: Any, **_kwargs: Any) -> None:
    """Revoke what the members of a deleted group hold at clients that were open to it."""
    for member in User.objects.filter(pk__in=event.members):
        recheck_access(user=member, reason="group_deleted", actor=event.actor)


def end_sessions_of_a_removed_passkey(sender: object, event: Any, **_kwargs: Any) -> None:
    """End the sessions that a removed passkey began; all of a member's when the last one was taken from them."""
    member = User.objects.filter(pk=event.user).first()
    if member is None:
        return
    actor = User.objects.filter(pk=event.actor).first() if event.actor else None
    only = event.passkey if event.left else None
    end_sessions(user=member, reason="passkey_removed", passkey=only, actor=actor)
    if only is None:
        # Sessions that expired before left their clients' tokens alive.
        end_client_sessions(user=member)


_CONSEQUENCES = (
    (accounts_signals.signed_out, sign_out_at_the_sessions_clients),
    (accounts_signals.session_ended, end_the_sessions_at_their_clients),
    (accounts_signals.signed_out_everywhere, end_all_at_a_members_clients),
    (accounts_signals.member_disabled, end_what_a_disabled_member_has),
    (accounts_signals.member_deleted, end_what_a_deleted_member_has),
    (accounts_signals.membership_changed, recheck_a_members_clients),
    (accounts_signals.group_deleted, recheck_a_groups_members),
    (passkeys_signals.passkey_removed, end_sessions_of_a_removed_passkey),
    *mails.CONSEQUENCES,
)


def event_name(event_class: type) -> str:
    """Return the name under which an event class is recorded: ``PasskeyAdded`` is ``passkey_added``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_class.__name__).lower()


def _compare_key(sender: Any, **_kwargs: Any) -> None:
    if sender.label == "hearthkey_config":
        key_check.verify()


def _signed_in_id(context: request_context.RequestContext) -> str:
    user = getattr(context.request, "user", None)
    return str(user.pk) if user is not None and user.is_authenticated else ""


def _person(person_id: Any, context: request_context.RequestContext, name: str = "") -> Person:
    """Return who it is; the request's own member costs no statement."""
    if not person_id:
        return dataclasses.replace(NOBODY, name=name)
    text = str(person_id)
    if name:
        return Person(text, name)
    user = getattr(context.request, "user", None)
    if user is not None and user.is_authenticated and str(user.pk) == text:
        return Person(text, user.get_username())
    model = get_user_model()
    found = model._default_manager.filter(pk=person_id).values_list(model.USERNAME_FIELD, flat=True).first()
    return Person(text, found or "")
