"""EnableImageDeprecation and DisableImageDeprecation: a date after which an image is hidden from those who share it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import invalid_value, missing
from ec2kit.sandbox.rules.resources import require

LATEST = timedelta(days=3653)
"""API Reference, EnableImageDeprecation: at most ten years from now."""


def rounded(at: datetime) -> datetime:
    """Given a time, return the nearest minute, which is what EC2 keeps."""
    return (at + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _enable(self: Any) -> Any:
    image = require(self.ec2_backend, self._get_param("ImageId"))
    at = _moment(self._get_param("DeprecateAt"))
    if not now() < at <= now() + LATEST:
        raise invalid_value(at.isoformat(), "DeprecateAt", "It lies in the next ten years.")
    self.error_on_dryrun()
    image.deprecated_at = rounded(at)
    return ActionResult({"Return": True})


def _disable(self: Any) -> Any:
    image = require(self.ec2_backend, self._get_param("ImageId"))
    self.error_on_dryrun()
    image.deprecated_at = None
    return ActionResult({"Return": True})


def _moment(value: Any) -> datetime:
    if not value:
        raise missing("DeprecateAt")
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise invalid_value(value, "DeprecateAt") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def deprecated(image: Any) -> bool:
    """Whether an image's date has come."""
    at: datetime | None = getattr(image, "deprecated_at", None)
    return at is not None and at <= now()


def install() -> None:
    """moto has neither action. EC2 keeps the date to the minute and shows it; the image goes on working, and its
    owner goes on seeing it (API Reference, EnableImageDeprecation)."""
    patching.add(AmisResponse, "enable_image_deprecation", _enable)
    patching.add(AmisResponse, "disable_image_deprecation", _disable)
