"""Whether the instance types of a launch exist and run its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.nearest import SHOWN, nearest_hint
from ec2kit.model.disks import Image
from ec2kit.model.ids import InstanceType
from ec2kit.model.network import TypeFacts

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def check_types(aws: Aws, types: tuple[InstanceType, ...], image: Image | None) -> None:
    """Raise `NotFound` for a type that does not exist, `UsageError` for one that does not run the image."""
    for facts in _facts(aws, types, image) if types else ():
        if image and facts.architectures and image.architecture not in facts.architectures:
            raise UsageError(
                f"the type '{facts.type}' runs {' and '.join(facts.architectures)}, and the image "
                f"'{image.id}' is {image.architecture}",
                hint=_types_hint(aws, image.architecture),
            )


def _facts(aws: Aws, types: tuple[InstanceType, ...], image: Image | None) -> tuple[TypeFacts, ...]:
    try:
        return aws.network.types(types)
    except NotFound as error:
        offered = {name for name, _ in aws.network.offered(types)}
        missing = next((name for name in types if name not in offered), types[0])
        architecture = image.architecture if image else "x86_64"
        near = nearest_hint(
            missing, (facts.type for facts in aws.network.types_running(architecture)), "types"
        )
        raise NotFound(
            f"the type '{missing}' does not exist in {aws.region}",
            resource=missing,
            hint=near if near.startswith("did") else _types_hint(aws, architecture),
        ) from error


def _types_hint(aws: Aws, architecture: str) -> str:
    """Which types would do: few still run 32 bits, and nobody remembers which."""
    fit = [str(facts.type) for facts in aws.network.types_running(architecture)]
    if not fit:
        return f"no type of this region runs {architecture}: choose another image"
    more = f" and {len(fit) - SHOWN} more" if len(fit) > SHOWN else ""
    return f"--type {fit[0]}; {architecture} runs on {', '.join(fit[:SHOWN])}{more}"
