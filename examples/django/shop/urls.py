from django.urls import path

from . import views

urlpatterns = [
    path("orders", views.orders),
    path("databases", views.databases),
    path("missed", views.missed),
]
