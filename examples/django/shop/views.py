from __future__ import annotations

import json
from collections import deque
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from evenkeel_django.balancer import get_balancer
from evenkeel_django.signals import write_missed

from .models import Order

#: The last writes that some database did not take.
_missed: deque[dict[str, Any]] = deque(maxlen=100)


@receiver(write_missed)
def remember(taken: tuple[str, ...], missed: dict[str, str], **_: Any) -> None:
    _missed.append({"taken": taken, "missed": missed})


@csrf_exempt
def orders(request: HttpRequest) -> JsonResponse:
    if request.method == "POST":
        lines = json.loads(request.body)
        with transaction.atomic():
            made = [Order.objects.create(**line) for line in lines]
        return JsonResponse({"orders": [str(order) for order in made]}, status=201)
    found = list(Order.objects.order_by("item"))
    read_from = found[0]._state.db if found else None
    return JsonResponse({"orders": [str(order) for order in found], "database": read_from})


def databases(request: HttpRequest) -> JsonResponse:
    return JsonResponse(get_balancer().state())


def missed(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"missed": list(_missed)})
