import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from alliance.patience import limit_waits
from alliance.site.handler import forms_without_charset

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alliance.settings")

application = forms_without_charset(get_wsgi_application())
import_string("alliance.site.start.refuse_weak_start")()
if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
    limit_waits(settings.DATABASE_SECONDS)
