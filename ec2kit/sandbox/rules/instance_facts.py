"""What an instance shows of itself that moto's does not have: filled in when it is made."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import Instance

from ec2kit.sandbox.rules import lifecycle, lookup, patching, type_facts
from ec2kit.sandbox.rules.launch_parameters import Parameters


def describe(instance: Any, parameters: Parameters) -> None:
    """Given an instance and the parameters of its launch, give it the facts that EC2 shows of one."""
    _place(instance, parameters.get("Placement") or {})
    instance.cpu_options = _cpu(instance.instance_type, parameters.get("CpuOptions") or {})
    instance.maintenance_options = {"AutoRecovery": "default", **(parameters.get("MaintenanceOptions") or {})}
    instance.private_dns_name_options = _names(parameters.get("PrivateDnsNameOptions") or {})
    instance.enclave_options = {"Enabled": False, **(parameters.get("EnclaveOptions") or {})}
    instance.hibernation_options = {"Configured": False, **(parameters.get("HibernationOptions") or {})}
    instance.capacity_reservation_specification = parameters.get("CapacityReservationSpecification") or {
        "CapacityReservationPreference": "open"
    }
    instance.cpu_credits = _credits(instance.instance_type, parameters.get("CreditSpecification") or {})
    instance.platform_details = "Windows" if instance.platform == "windows" else "Linux/UNIX"
    instance.usage_operation = "RunInstances:0002" if instance.platform == "windows" else "RunInstances"
    instance.usage_operation_update_time = instance.launch_time


def resize(instance: Any) -> None:
    """Given an instance of a new type, give it that type's CPU options and credits."""
    instance.cpu_options = _cpu(instance.instance_type, {})
    instance.cpu_credits = _credits(instance.instance_type, {})


def _place(instance: Any, wanted: Parameters) -> None:
    place = instance.placement
    place.group_name = wanted.get("GroupName", "")
    place.tenancy = wanted.get("Tenancy", "default")
    place.affinity = wanted.get("Affinity")
    place.host_id = wanted.get("HostId")
    place.partition_number = wanted.get("PartitionNumber")


def _cpu(instance_type: str, wanted: Parameters) -> Parameters:
    usual = type_facts.facts(instance_type).get("VCpuInfo", {})
    cores = usual.get("DefaultCores", usual.get("DefaultVCpus", 1))
    return {"CoreCount": cores, "ThreadsPerCore": usual.get("DefaultThreadsPerCore", 1), **wanted}


def _names(wanted: Parameters) -> Parameters:
    plain = {"EnableResourceNameDnsARecord": False, "EnableResourceNameDnsAAAARecord": False}
    return {"HostnameType": "ip-name", **plain, **wanted}


def _credits(instance_type: str, wanted: Parameters) -> str | None:
    # T2 starts as standard, later families as unlimited (EC2 User Guide, "Burstable performance instances").
    if not type_facts.burstable(instance_type):
        return None
    return str(wanted.get("CpuCredits") or ("standard" if instance_type.startswith("t2.") else "unlimited"))


def _born(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, ec2_backend: Any, image_id: str, *rest: Any, **named: Any) -> None:
        original(self, ec2_backend, image_id, *rest, **named)
        image = ec2_backend.amis.get(self.image_id)
        self.boot_mode = self.current_instance_boot_mode = _boot_mode(image, self.instance_type)
        self.ena_support = bool(getattr(image, "ena_support", True))
        self.iam_instance_profile = None
        lookup.remember(ec2_backend, self)
        lifecycle.begin(self)
        describe(self, {})

    return init


def _boot_mode(image: Any | None, instance_type: str) -> str:
    wanted = getattr(image, "boot_mode", None) or "legacy-bios"
    modes = type_facts.facts(instance_type).get("SupportedBootModes", ["legacy-bios"])
    if wanted == "uefi-preferred":
        return "uefi" if "uefi" in modes else "legacy-bios"
    return str(wanted)


def install() -> None:
    """moto's instance is running when made, and has neither CPU options nor a placement, credits or boot mode."""
    patching.replace(Instance, "__init__", _born)
