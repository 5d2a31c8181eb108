"""ClientToken: the same request again is the same launch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.world import current

Scope = tuple[str, str, str]
"""The action, the account, and the region in which a token is unique."""


@dataclass(frozen=True)
class Remembered:
    """What a token was used for: the request's content and what came of it (ids)."""

    content: str
    result: tuple[str, ...]


def fingerprint(request: Mapping[str, Any]) -> str:
    """Given a request's parameters, return a text that is the same for the same request."""
    relevant = {key: value for key, value in request.items() if key not in ("ClientToken", "DryRun")}
    return json.dumps(relevant, sort_keys=True, default=str)


def recall(scope: Scope, request: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Given a request, return the ids that came of the same one before, or None if it is new (or has no token).

    Raises IdempotentParameterMismatch if the token was used with other parameters (API Reference, "Ensuring
    idempotency").
    """
    token = request.get("ClientToken")
    found = _ledger().get((scope, token)) if token else None
    if found is None:
        return None
    if found.content != fingerprint(request):
        raise refusal(
            "IdempotentParameterMismatch",
            f"Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
            f" Client token: {token}",
        )
    return found.result


def remember(scope: Scope, request: Mapping[str, Any], result: tuple[str, ...]) -> None:
    """Given a request that was done and the ids that came of it, keep them for its token."""
    if request.get("ClientToken"):
        _ledger()[(scope, request["ClientToken"])] = Remembered(fingerprint(request), result)


def _ledger() -> dict[tuple[Scope, str], Remembered]:
    ledger: dict[tuple[Scope, str], Remembered] = current().ledgers.setdefault("client_tokens", {})
    return ledger
