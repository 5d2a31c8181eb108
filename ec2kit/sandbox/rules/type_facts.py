"""What moto knows of instance types and where they are offered."""

from functools import lru_cache
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from ec2kit.sandbox.rules.refusals import refusal


def facts(instance_type: str) -> dict[str, Any]:
    """Given the name of a type, return its description as in DescribeInstanceTypes.

    Raises InvalidParameterValue for an unknown name, as RunInstances and ModifyInstanceAttribute do.
    """
    found: dict[str, Any] | None = INSTANCE_TYPES.get(instance_type)
    if found is None:
        raise refusal("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
    return found


def sold_types() -> tuple[str, ...]:
    """Every instance type, by name."""
    return tuple(sorted(INSTANCE_TYPES))


def architectures(instance_type: str) -> list[str]:
    """Given the name of a type, return the architectures that it runs."""
    return list(facts(instance_type).get("ProcessorInfo", {}).get("SupportedArchitectures", []))


def boot_modes(instance_type: str) -> list[str]:
    """Given the name of a type, return how it boots: `legacy-bios`, `uefi`."""
    return list(facts(instance_type).get("SupportedBootModes", []))


def needs_ena(instance_type: str) -> bool:
    """Given the name of a type, whether it has no other network card than ENA."""
    return bool(facts(instance_type).get("NetworkInfo", {}).get("EnaSupport") == "required")


def burstable(instance_type: str) -> bool:
    """Given the name of a type, whether it has CPU credits."""
    return bool(facts(instance_type).get("BurstablePerformanceSupported"))


def zones_offering(region: str, instance_type: str) -> frozenset[str]:
    """Given a region and a type, return the zones that offer the type."""
    return _offered(region).get(instance_type, frozenset())


@lru_cache(maxsize=32)
def _offered(region: str) -> dict[str, frozenset[str]]:
    zones: dict[str, set[str]] = {}
    for offering in INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, []):
        zones.setdefault(offering["InstanceType"], set()).add(offering["Location"])
    return {name: frozenset(found) for name, found in zones.items()}
