"""The options of an instance that have calls of their own: metadata, monitoring, maintenance, credits, placement."""

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instances import MetadataOptions
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.monitoring import Monitoring

from ec2kit.sandbox.rules import lookup, patching
from ec2kit.sandbox.rules.refusals import invalid_value, refusal

_METADATA = {
    "HttpEndpoint": "http_endpoint",
    "HttpProtocolIpv6": "http_protocol_ipv6",
    "HttpPutResponseHopLimit": "http_put_response_hop_limit",
    "HttpTokens": "http_tokens",
    "InstanceMetadataTags": "instance_metadata_tags",
}
"""Options and where moto keeps them."""

_ALLOWED = {
    "HttpEndpoint": ("enabled", "disabled"),
    "HttpProtocolIpv6": ("enabled", "disabled"),
    "HttpTokens": ("optional", "required"),
    "InstanceMetadataTags": ("enabled", "disabled"),
}

MOST_HOPS = 64
"""API Reference, ModifyInstanceMetadataOptions, HttpPutResponseHopLimit."""


def change_metadata(instance: Any, request: Mapping[str, Any]) -> MetadataOptions:
    """Given an instance and the options to change, leave the others as they are and return all."""
    for name, allowed in _ALLOWED.items():
        if name in request and request[name] not in allowed:
            raise invalid_value(request[name], name)
    hops = request.get("HttpPutResponseHopLimit")
    if hops is not None and not 1 <= int(hops) <= MOST_HOPS:
        raise invalid_value(hops, "HttpPutResponseHopLimit")
    options: MetadataOptions = instance.metadata_options
    for name, attribute in _METADATA.items():
        if name in request:
            setattr(options, attribute, request[name])
    return options


def _of_request(self: Any) -> Any:
    """The instance that a request is about; its dry run ends here."""
    self.error_on_dryrun()
    return lookup.named(self.ec2_backend, [self._get_param("InstanceId")])[0]


def _modify_metadata_options(_original: Any) -> Callable[[Any], ActionResult]:
    def modify_instance_metadata_options(self: Any) -> ActionResult:
        instance = _of_request(self)
        options = change_metadata(instance, self._get_params())
        return ActionResult({"InstanceId": instance.id, "InstanceMetadataOptions": options})

    return modify_instance_metadata_options


def _monitoring(state: str, answer: str) -> Callable[[Any], Callable[[Any], ActionResult]]:
    def make(_original: Any) -> Callable[[Any], ActionResult]:
        def act(self: Any) -> ActionResult:
            self.error_on_dryrun()
            found = lookup.named(self.ec2_backend, self._get_param("InstanceIds", []))
            for instance in found:
                instance.monitoring_state = state
            members = [{"InstanceId": one.id, "Monitoring": {"State": answer}} for one in found]
            return ActionResult({"InstanceMonitorings": members})

        return act

    return make


def modify_instance_maintenance_options(self: Any) -> ActionResult:
    """ModifyInstanceMaintenanceOptions: whether EC2 itself recovers the instance when its host fails."""
    instance = _of_request(self)
    wanted = self._get_param("AutoRecovery", instance.maintenance_options["AutoRecovery"])
    if wanted not in ("default", "disabled"):
        raise invalid_value(wanted, "autoRecovery")
    instance.maintenance_options = {**instance.maintenance_options, "AutoRecovery": wanted}
    return ActionResult({"InstanceId": instance.id, **instance.maintenance_options})


def modify_instance_placement(self: Any) -> ActionResult:
    """ModifyInstancePlacement: tenancy, group, host and affinity of a stopped instance."""
    instance = _of_request(self)
    if instance.state != "stopped":
        raise refusal(
            "IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state."
        )
    members = {"Tenancy": "tenancy", "GroupName": "group_name", "HostId": "host_id", "Affinity": "affinity"}
    for name, attribute in members.items():
        value = self._get_param(name)
        if value is not None:
            setattr(instance.placement, attribute, value)
    return ActionResult({"Return": True})


def modify_private_dns_name_options(self: Any) -> ActionResult:
    """ModifyPrivateDnsNameOptions: what the instance's host name is made of."""
    instance = _of_request(self)
    members = {
        "PrivateDnsHostnameType": "HostnameType",
        "EnableResourceNameDnsARecord": "EnableResourceNameDnsARecord",
        "EnableResourceNameDnsAAAARecord": "EnableResourceNameDnsAAAARecord",
    }
    changes = {
        member: self._get_param(name) for name, member in members.items() if self._get_param(name) is not None
    }
    instance.private_dns_name_options = {**instance.private_dns_name_options, **changes}
    return ActionResult({"Return": True})


def _describe_credits(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_instance_credit_specifications(self: Any) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("InstanceIds", [])
        found = lookup.named(self.ec2_backend, ids) if ids else list(lookup.instances(self.ec2_backend))
        members = [{"InstanceId": one.id, "CpuCredits": one.cpu_credits} for one in found if one.cpu_credits]
        return ActionResult({"InstanceCreditSpecifications": members})

    return describe_instance_credit_specifications


def modify_instance_credit_specification(self: Any) -> ActionResult:
    """ModifyInstanceCreditSpecification: each instance by itself; one without CPU credits fails alone."""
    self.error_on_dryrun()
    done, failed = [], []
    for one in self._get_param("InstanceCreditSpecifications", []):
        instance = lookup.find(self.ec2_backend, one["InstanceId"])
        if instance is None or instance.cpu_credits is None:
            code = (
                "InvalidInstanceID.NotFound"
                if instance is None
                else "InstanceCreditSpecification.NotSupported"
            )
            failed.append(
                {"InstanceId": one["InstanceId"], "Error": {"Code": code, "Message": "not burstable"}}
            )
            continue
        instance.cpu_credits = one["CpuCredits"]
        done.append({"InstanceId": instance.id})
    members = {
        "SuccessfulInstanceCreditSpecifications": done,
        "UnsuccessfulInstanceCreditSpecifications": failed,
    }
    return ActionResult(members)


def install() -> None:
    """moto resets what ModifyInstanceMetadataOptions does not name, and lacks most of the other calls."""
    patching.replace(InstanceResponse, "modify_instance_metadata_options", _modify_metadata_options)
    patching.replace(InstanceResponse, "describe_instance_credit_specifications", _describe_credits)
    patching.replace(Monitoring, "monitor_instances", _monitoring("enabled", "pending"))
    patching.replace(Monitoring, "unmonitor_instances", _monitoring("disabled", "disabling"))
    for action in (
        modify_instance_maintenance_options,
        modify_instance_placement,
        modify_private_dns_name_options,
        modify_instance_credit_specification,
    ):
        patching.add(InstanceResponse, action.__name__, action)
