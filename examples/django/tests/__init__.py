"""Run from above by python3 -m unittest. Some need the three PostgreSQL servers that SHOP_DATABASES names."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
os.environ.setdefault("SHOP_DATABASES", '{"db-0": {}, "db-1": {}, "db-2": {}}')
django.setup()
