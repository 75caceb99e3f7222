"""`/auth`, which nginx asks before every request, and the words for those whom it refuses."""

from __future__ import annotations

import os
import time

from flask import Blueprint, Response, jsonify, request

from api import answers, policy
from api.identity import Identity, identify, sign_ins

__all__ = ["guard"]

guard = Blueprint("guard", __name__)
BEGAN = time.time()


@guard.get("/auth")
def auth() -> Response:
    """204 with user and role where the request may go on, else 401 or 403 with the reason."""
    uri, method = request.headers.get("X-Original-URI", ""), request.headers.get("X-Original-Method", "")
    path = policy.normal_path(uri)
    if path is None:
        return _no(403, "path")
    found = identify()
    if not isinstance(found, Identity):
        return _no(401, found.reason, found.seconds)
    changes = method not in policy.READS or bool(request.headers.get("X-Original-Upgrade"))
    if changes and policy.is_foreign(request.headers.get("Origin"), request.host):
        return _no(403, "foreign")
    if not policy.allows(found.role, method, path):
        return _no(403, "role")
    return Response(status=204, headers={"X-Okr-User": found.user, "X-Okr-Role": found.role})


@guard.get("/refusal")
def refusal() -> Response:
    """The page or JSON of a refusal; nginx says which, and repeats what `/auth` said."""
    told = request.headers
    seconds = told.get("X-Okr-Wait", "")
    return answers.refused(
        told.get("X-Okr-Reason", "denied"),
        uri=told.get("X-Original-URI", "/"),
        seconds=int(seconds) if seconds.isdecimal() else 0,
        wants_json=told.get("X-Okr-Answer") == "json",
    )


@guard.get("/health")
def health() -> Response:
    """How this process is; it is well while Postgres is away."""
    return jsonify(
        health="healthy",
        process=os.getpid(),
        up_seconds=round(time.time() - BEGAN, 1),
        database=sign_ins().known.database,
    )


def _no(code: int, reason: str, seconds: int = 0) -> Response:
    return Response(status=code, headers={"X-Okr-Reason": reason, "X-Okr-Wait": str(seconds)})
