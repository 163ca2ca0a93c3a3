"""A shop whose databases are behind a balancer. Everything that differs from any other project is below the line."""

import json
import os

SECRET_KEY = "a secret of an example"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"evenkeel.django": {"handlers": ["console"], "level": "INFO"}},
}

# ---------------------------------------------------------------------------------------------------------------------

INSTALLED_APPS = ["evenkeel_django", "shop"]

# What every database has in common. Where each one is, the balancer says.
DATABASES = {
    "default": {
        "ENGINE": "evenkeel_django.backend",
        "NAME": os.environ.get("SHOP_DATABASE", "postgres"),
        "USER": os.environ.get("SHOP_USER", "postgres"),
        "PASSWORD": os.environ.get("SHOP_PASSWORD", ""),
        "OPTIONS": {"connect_timeout": 2},
    }
}
DATABASE_ROUTERS = ["evenkeel_django.routers.Router"]

LOAD_BALANCER = {
    "ADDRESS": os.environ.get("SHOP_POOL"),
    "KEY": os.environ.get("SHOP_KEY"),
    # Who they are; without the operator, where they are, too.
    "DATABASES": json.loads(os.environ.get("SHOP_DATABASES", "[]")),
    "READ": os.environ.get("SHOP_READ", "RoundRobin"),
    "INTERVAL": float(os.environ.get("SHOP_INTERVAL", "5")),
    "RECHECK": float(os.environ.get("SHOP_RECHECK", "30")),
}
