from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import conf
from ...exceptions import OidcClientsError
from ...services import rotation
from ...services.rotation import Rotation, Step


class Command(BaseCommand):
    help = (
        "Change the key that signs ID tokens, with overlap: nobody is signed out. Without an option the next key is "
        "published, or takes over if it was published long enough."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        # One ID in 64 begins with "-", and argparse takes it for an option unless it is joined to --drop.
        if "--drop" in argv[:-1]:
            at = argv.index("--drop")
            argv = [*argv[:at], f"--drop={argv[at + 1]}", *argv[at + 2 :]]
        super().run_from_argv(argv)

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--now", action="store_true", help="Publish the next key and use it at once.")
        how.add_argument(
            "--drop",
            metavar="KID",
            help="Publish this key no more and let it sign nothing, because somebody else may have it.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["drop"]:
                self._drop(options["drop"])
            else:
                self._rotate(at_once=options["now"])
        except OidcClientsError as error:
            raise CommandError(str(error)) from error

    def _rotate(self, *, at_once: bool) -> None:
        if at_once:
            self.stdout.write("Publishing the next key; every process must know it before it is used.")
            self.stdout.flush()
        done = rotation.rotate(at_once=at_once)
        if done.step is Step.ACTIVATED and at_once:
            rotation.wait_until_noticed()
        self.stdout.write(self._in_words(done))

    def _in_words(self, done: Rotation) -> str:
        if done.step is Step.ACTIVATED:
            until = rotation.kept_until().isoformat(timespec="minutes")
            return f"Key {done.kid} signs now. The key before it stays published until {until}; its tokens stay valid."
        begun = "is published now" if done.step is Step.PUBLISHED else "is published already"
        at = done.at.isoformat(timespec="minutes")
        return (
            f"Key {done.kid} {begun} and can take over from {at} on. "
            "The service does that by itself; where its worker doesn't run, run this command again then."
        )

    def _drop(self, kid: str) -> None:
        active = rotation.drop_key(kid=kid)
        self.stdout.write(f"Key {kid} is dropped. Waiting until every process has noticed.")
        self.stdout.flush()
        rotation.wait_until_noticed()
        minutes = max(1, round(conf.metadata_cache().total_seconds() / 60))
        self.stdout.write(
            f"Done. Key {active.kid} signs now, and no process accepts or publishes the dropped one. "
            f"Apps that keep the list of keys may trust it for up to {minutes} more minutes; restart those that matter."
        )
