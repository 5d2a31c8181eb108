"""Reading launch templates, and deleting versions: filters, pages, version numbers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.launch_templates import LaunchTemplates

from ec2kit.sandbox.rules import patching, templates
from ec2kit.sandbox.rules.matching import Reader, keep
from ec2kit.sandbox.rules.pages import page
from ec2kit.sandbox.rules.refusals import refusal

_PAGE = (1, 200)

_TEMPLATE_FILTERS: dict[str, Reader] = {
    "create-time": lambda one: [f"{one.create_time:%Y-%m-%dT%H:%M:%S.000Z}"],
    "launch-template-name": lambda one: [one.name],
}


def _of_data(*path: str) -> Reader:
    def read(version: Any) -> list[object]:
        value: Any = version.data
        for key in path:
            value = (value or {}).get(key)
        return [] if value is None else [value]

    return read


_VERSION_FILTERS: dict[str, Reader] = {
    "create-time": lambda one: [f"{one.create_time:%Y-%m-%dT%H:%M:%S.000Z}"],
    "ebs-optimized": _of_data("EbsOptimized"),
    "http-endpoint": _of_data("MetadataOptions", "HttpEndpoint"),
    "http-tokens": _of_data("MetadataOptions", "HttpTokens"),
    "iam-instance-profile": _of_data("IamInstanceProfile", "Arn"),
    "image-id": _of_data("ImageId"),
    "instance-type": _of_data("InstanceType"),
    "is-default-version": lambda one: [one.template.is_default(one)],
    "kernel-id": _of_data("KernelId"),
    "ram-disk-id": _of_data("RamDiskId"),
}


def versions(backend: Any, request: Mapping[str, Any]) -> list[Any]:
    """Given the parameters of DescribeLaunchTemplateVersions, return the versions that it asks for.

    Without a template only $Latest and $Default can be asked for, of every template.
    """
    asked = request.get("Versions") or []
    if not request.get("LaunchTemplateId") and not request.get("LaunchTemplateName"):
        if not asked or not set(asked) <= {"$Latest", "$Default"}:
            raise refusal(
                "InvalidParameterValue",
                "Without a launch template only the versions $Latest and $Default can be described.",
            )
        found = [one.get_version(number) for one in backend.launch_templates.values() for number in asked]
    else:
        template = templates.find(backend, request.get("LaunchTemplateId"), request.get("LaunchTemplateName"))
        found = [template.get_version(one) for one in asked] if asked else list(_between(template, request))
    return keep(found, request.get("Filters") or [], _VERSION_FILTERS)


def _between(template: Any, request: Mapping[str, Any]) -> Iterator[Any]:
    least, most = request.get("MinVersion"), request.get("MaxVersion")
    for version in reversed(template.versions):
        if (not least or version.number >= int(least)) and (not most or version.number <= int(most)):
            yield version


def listed(backend: Any, request: Mapping[str, Any]) -> list[Any]:
    """Given the parameters of DescribeLaunchTemplates, return the templates that it asks for."""
    ids, names = request.get("LaunchTemplateIds") or [], request.get("LaunchTemplateNames") or []
    found = [templates.find(backend, one, None) for one in ids] + [
        templates.find(backend, None, one) for one in names
    ]
    if not ids and not names:
        found = list(backend.launch_templates.values())
    return keep(found, request.get("Filters") or [], _TEMPLATE_FILTERS)


def _describe_templates(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_launch_templates(self: Any) -> ActionResult:
        self.error_on_dryrun()
        request = self._get_params()
        found = listed(self.ec2_backend, request)
        shown, token = page(found, request.get("MaxResults"), request.get("NextToken"), _PAGE)
        return ActionResult({"LaunchTemplates": [templates.shown(one) for one in shown], "NextToken": token})

    return describe_launch_templates


def _describe_versions(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_launch_template_versions(self: Any) -> ActionResult:
        self.error_on_dryrun()
        request = self._get_params()
        found = versions(self.ec2_backend, request)
        shown, token = page(found, request.get("MaxResults"), request.get("NextToken"), _PAGE)
        members = [templates.shown_version(one) for one in shown]
        return ActionResult({"LaunchTemplateVersions": members, "NextToken": token})

    return describe_launch_template_versions


def delete_launch_template_versions(self: Any) -> ActionResult:
    """DeleteLaunchTemplateVersions: each number by itself; the default version cannot go (API Reference)."""
    self.error_on_dryrun()
    request = self._get_params()
    template = templates.find(
        self.ec2_backend, request.get("LaunchTemplateId"), request.get("LaunchTemplateName")
    )
    gone, kept = [], []
    for number in request.get("Versions") or []:
        one = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionNumber": int(number),
        }
        found = [version for version in template.versions if version.number == int(number)]
        if found and not template.is_default(found[0]):
            template.versions.remove(found[0])
            gone.append(one)
        else:
            code = "unexpectedError" if found else "launchTemplateVersionDoesNotExist"
            text = "the default version cannot be deleted" if found else "no such version"
            kept.append({**one, "ResponseError": {"Code": code, "Message": text}})
    members = {
        "SuccessfullyDeletedLaunchTemplateVersions": gone,
        "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
    }
    return ActionResult(members)


def install() -> None:
    """moto has no filters for versions, shows 15 of anything, and cannot delete a version."""
    patching.replace(LaunchTemplates, "describe_launch_templates", _describe_templates)
    patching.replace(LaunchTemplates, "describe_launch_template_versions", _describe_versions)
    patching.add(LaunchTemplates, "delete_launch_template_versions", delete_launch_template_versions)
