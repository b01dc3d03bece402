#!/usr/bin/env python
"""Run Hearthkey's commands; ``manage.py serve`` starts the service."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError

from config.environment.exceptions import ConfigurationError
from config.environment.schema import load_dotenv
from config.management import failures


def main() -> None:
    load_dotenv()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # A DATA_DIR made by a command must not be readable by others, whoever starts it.
    os.umask(0o077)
    try:
        failures.check_arguments(sys.argv)
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"hearthkey: {error}")
    except DatabaseError as error:
        explanation = failures.explain(error, sys.argv)
        if explanation is None:
            raise
        sys.exit(f"hearthkey: {explanation}")


if __name__ == "__main__":
    main()
