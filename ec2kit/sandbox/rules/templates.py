"""Launch templates: numbered versions that keep everything, made once for each client token."""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses.launch_templates import LaunchTemplates

from ec2kit.sandbox.rules import client_tokens, launch_parameters, patching
from ec2kit.sandbox.rules.refusals import missing, refusal

Data = dict[str, Any]

_TEMPLATE_ID = re.compile(r"lt-([0-9a-f]{8}|[0-9a-f]{17})")


def wanted(backend: Any, specification: Mapping[str, Any] | None) -> Any | None:
    """Given the LaunchTemplate of a RunInstances request, return the version it means ($Default without one), or
    None if the request names no template."""
    if not specification:
        return None
    template = find(backend, specification.get("LaunchTemplateId"), specification.get("LaunchTemplateName"))
    return template.get_version(specification.get("Version") or "$Default")


def find(backend: Any, template_id: str | None, name: str | None) -> Any:
    """Given an id or a name, return the template.

    Raises MissingParameter, InvalidLaunchTemplateId.Malformed, InvalidLaunchTemplateId.NotFound or
    InvalidLaunchTemplateName.NotFoundException.
    """
    if template_id:
        if not _TEMPLATE_ID.fullmatch(template_id):
            raise refusal(
                "InvalidLaunchTemplateId.Malformed", f"The launch template ID '{template_id}' is malformed."
            )
        if template_id not in backend.launch_templates:
            raise refusal(
                "InvalidLaunchTemplateId.NotFound",
                f"The specified launch template, with template ID {template_id}, does not exist.",
            )
        return backend.launch_templates[template_id]
    if not name:
        raise missing("LaunchTemplateId or LaunchTemplateName")
    if name not in backend.launch_template_name_to_ids:
        raise refusal(
            "InvalidLaunchTemplateName.NotFoundException",
            f"The specified launch template, with template name {name}, does not exist.",
        )
    return backend.launch_templates[backend.launch_template_name_to_ids[name]]


def create(backend: Any, request: Mapping[str, Any]) -> Any:
    """Given the parameters of CreateLaunchTemplate, return the template, or that of the same ClientToken before."""
    scope = ("CreateLaunchTemplate", backend.account_id, backend.region_name)
    known = client_tokens.recall(scope, request)
    if known is not None and known[0] in backend.launch_templates:
        return backend.launch_templates[known[0]]
    tags = launch_parameters.tags_by_kind(request.get("TagSpecifications") or [])
    template = backend.create_launch_template(
        request.get("LaunchTemplateName"), request.get("VersionDescription"), _data(request), tags
    )
    client_tokens.remember(scope, request, (template.id,))
    return template


def create_version(backend: Any, request: Mapping[str, Any]) -> Any:
    """Given the parameters of CreateLaunchTemplateVersion, return the version; the data of SourceVersion lie under
    the new ones."""
    template = find(backend, request.get("LaunchTemplateId"), request.get("LaunchTemplateName"))
    scope = ("CreateLaunchTemplateVersion", backend.account_id, backend.region_name)
    known = client_tokens.recall(scope, request)
    if known is not None and known[0] == template.id:
        return template.get_version(known[1])
    source = request.get("SourceVersion")
    under = deepcopy(template.get_version(source).data) if source else {}
    version = template.create_version({**under, **_data(request)}, request.get("VersionDescription"))
    client_tokens.remember(scope, request, (template.id, str(version.number)))
    return version


def _data(request: Mapping[str, Any]) -> Data:
    data: Data = deepcopy(dict(request.get("LaunchTemplateData") or {}))
    if data.get("UserData"):
        launch_parameters.check_user_data(data["UserData"])
        data["UserData"] = Base64EncodedString(str(data["UserData"]))
    return data


def shown(template: Any) -> dict[str, Any]:
    """Given a template, return what the API shows of it."""
    return {
        "CreateTime": template.create_time,
        "CreatedBy": f"arn:aws:iam::{template.ec2_backend.account_id}:root",
        "DefaultVersionNumber": template.default_version_number,
        "LatestVersionNumber": template.latest_version_number,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Tags": template.get_tags(),
    }


def shown_version(version: Any) -> dict[str, Any]:
    """Given a version, return what the API shows of it."""
    template = version.template
    return {
        "CreateTime": version.create_time,
        "CreatedBy": f"arn:aws:iam::{template.ec2_backend.account_id}:root",
        "DefaultVersion": template.is_default(version),
        "LaunchTemplateData": version.data,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionDescription": version.description,
        "VersionNumber": version.number,
    }


def _create_launch_template(_original: Any) -> Callable[[Any], ActionResult]:
    def create_launch_template(self: Any) -> ActionResult:
        self.error_on_dryrun()
        return ActionResult({"LaunchTemplate": shown(create(self.ec2_backend, self._get_params()))})

    return create_launch_template


def _create_launch_template_version(_original: Any) -> Callable[[Any], ActionResult]:
    def create_launch_template_version(self: Any) -> ActionResult:
        self.error_on_dryrun()
        version = create_version(self.ec2_backend, self._get_params())
        return ActionResult({"LaunchTemplateVersion": shown_version(version)})

    return create_launch_template_version


def _delete_launch_template(_original: Any) -> Callable[[Any], ActionResult]:
    def delete_launch_template(self: Any) -> ActionResult:
        self.error_on_dryrun()
        backend = self.ec2_backend
        template = find(backend, self._get_param("LaunchTemplateId"), self._get_param("LaunchTemplateName"))
        answer = shown(template)
        backend.delete_launch_template(None, template.id)
        backend.tags.pop(template.id, None)
        return ActionResult({"LaunchTemplate": answer})

    return delete_launch_template


def _get_version(_original: Any) -> Callable[[Any, object], Any]:
    def get_version(self: Any, num: object) -> Any:
        text = str(num).lower()
        number = {"$latest": self.latest_version_number, "$default": self.default_version_number}.get(
            text, text
        )
        for version in self.versions:
            if str(version.number) == str(number):
                return version
        raise refusal(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {num} for the launch template with ID {self.id}.",
        )

    return get_version


def _create_version(_original: Any) -> Callable[[Any, Data, str | None], Any]:
    def create_version(self: Any, data: Data, description: str | None) -> Any:
        number = self.__dict__.get("versions_made", len(self.versions)) + 1
        self.__dict__["versions_made"] = number
        version = LaunchTemplateVersion(self, number, data, description or "")
        self.versions.append(version)
        return version

    return create_version


def _default_version(_original: Any) -> Callable[[Any], Any]:
    return lambda template: template.get_version(template.default_version_number)


def install() -> None:
    """moto makes a second template or version for the same token, keeps user data in two forms, and shows the tags
    that a template was born with."""
    patching.replace(LaunchTemplates, "create_launch_template", _create_launch_template)
    patching.replace(LaunchTemplates, "create_launch_template_version", _create_launch_template_version)
    patching.replace(LaunchTemplates, "delete_launch_template", _delete_launch_template)
    patching.replace(LaunchTemplate, "get_version", _get_version)
    patching.replace(LaunchTemplate, "create_version", _create_version)
    patching.replace(LaunchTemplate, "default_version", _default_version)
