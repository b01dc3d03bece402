#!/usr/bin/env python
"""Run Hearthkey's commands; ``manage.py serve`` starts the service."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from config.environment.exceptions import ConfigurationError
from config.environment.schema import load_dotenv


def main() -> None:
    load_dotenv()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # A DATA_DIR made by a command must not be readable by others, whoever starts it.
    os.umask(0o077)
    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"hearthkey: {error}")


if __name__ == "__main__":
    main()
