"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from config.environment.schema import load_dotenv
from config.requests.charset import with_known_charset

load_dotenv()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = with_known_charset(get_wsgi_application())

# The workers are forked from here and share what is there by now: everything a request needs, which the collector must
# not touch, for a touched page is a copy.
import_string(f"{settings.ROOT_URLCONF}.urlpatterns")
gc.collect()
gc.freeze()
