"""Instance profiles: the instance shows the profile's own id and ARN."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.iam_instance_profile import (
    IamInstanceProfileAssociation,
    IamInstanceProfileAssociationBackend,
)
from moto.iam.models import iam_backends

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import refusal


def resolve(backend: Any, wanted: dict[str, Any] | None) -> Any | None:
    """Given the request's IamInstanceProfile (a Name or an Arn), return IAM's profile, or None if none is wanted.

    Raises InvalidParameterValue if there is none of that name or ARN.
    """
    if not wanted:
        return None
    key = "Arn" if "Arn" in wanted else "Name"
    known = iam_backends[backend.account_id][backend.partition].instance_profiles.values()
    for profile in known:
        if wanted[key] == (profile.arn if key == "Arn" else profile.name):
            return profile
    what = "ARN" if key == "Arn" else "name"
    raise refusal(
        "InvalidParameterValue",
        f"Value ({wanted[key]}) for parameter iamInstanceProfile.{key.lower()} is invalid."
        f" Invalid IAM Instance Profile {what}",
    )


def shown(profile: Any) -> dict[str, str]:
    """Given IAM's profile, return what an instance shows of it."""
    return {"Arn": profile.arn, "Id": profile.id}


def _associated(original: Callable[..., None]) -> Callable[..., None]:
    def init(
        self: Any, ec2_backend: Any, association_id: str, instance: Any, iam_instance_profile: Any
    ) -> None:
        original(self, ec2_backend, association_id, instance, iam_instance_profile)
        instance.iam_instance_profile = shown(iam_instance_profile)

    return init


def _replaced(original: Callable[..., Any]) -> Callable[..., Any]:
    def replace_iam_instance_profile_association(self: Any, *rest: Any, **named: Any) -> Any:
        association = original(self, *rest, **named)
        association.instance.iam_instance_profile = shown(association.iam_instance_profile)
        return association

    return replace_iam_instance_profile_association


def install() -> None:
    """moto shows the association's id as the profile's, and keeps the old profile on the instance after a replace."""
    patching.replace(IamInstanceProfileAssociation, "__init__", _associated)
    patching.replace(
        IamInstanceProfileAssociationBackend, "replace_iam_instance_profile_association", _replaced
    )
