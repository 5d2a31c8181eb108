"""Launch templates: where the description of a machine is kept, a version for each distinct one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.errors import NotFound
from ec2kit.model.disks import TemplateVersion
from ec2kit.model.ids import TemplateId
from ec2kit.model.tags import Tags


@dataclass(frozen=True)
class Templates:
    """EC2's launch template calls, in our values."""

    door: Door

    def versions(
        self, id_or_name: str, versions: Iterable[int | str] = (), *, latest: bool = False
    ) -> tuple[TemplateVersion, ...]:
        """The versions of a template, newest first; no template at all is an empty answer."""
        by = "LaunchTemplateId" if id_or_name.startswith("lt-") else "LaunchTemplateName"
        chosen = ["$Latest"] if latest else [str(version) for version in versions]
        try:
            pages = self.door.pages(
                self.door.clients.ec2.describe_launch_template_versions,
                "LaunchTemplateVersions",
                **{by: id_or_name},
                **wire.present(Versions=chosen),
            )
            found = [_version(item) for item in pages]
        except NotFound:
            return ()
        return tuple(sorted(found, key=lambda version: -version.version))

    def current(self) -> tuple[TemplateVersion, ...]:
        """The default and the latest version of every template: what a launch would take (one page set)."""
        pages = self.door.pages(
            self.door.clients.ec2.describe_launch_template_versions,
            "LaunchTemplateVersions",
            Versions=["$Default", "$Latest"],
        )
        return tuple({version.reference: version for version in map(_version, pages)}.values())

    def create(
        self, name: str, data: Mapping[str, Any], token: str, tags: Tags, *, description: str = ""
    ) -> TemplateVersion:
        """CreateLaunchTemplate with its first version; the same token again returns the same template."""
        answer = self.door.change(
            self.door.clients.ec2_acting.create_launch_template,
            LaunchTemplateName=name,
            LaunchTemplateData=dict(data),
            ClientToken=token,
            **wire.present(
                VersionDescription=description,
                TagSpecifications=wire.tag_specification("launch-template", tags),
            ),
        )["LaunchTemplate"]
        return TemplateVersion(
            TemplateId(answer["LaunchTemplateId"]), name, 1, dict(data), description, default=True
        )

    def add_version(self, id: str, data: Mapping[str, Any], token: str, description: str) -> TemplateVersion:
        """CreateLaunchTemplateVersion; the same token again returns the same version."""
        answer = self.door.change(
            self.door.clients.ec2_acting.create_launch_template_version,
            LaunchTemplateId=id,
            LaunchTemplateData=dict(data),
            VersionDescription=description,
            ClientToken=token,
        )["LaunchTemplateVersion"]
        return _version(answer)

    def delete(self, id: str) -> None:
        """DeleteLaunchTemplate with all of its versions."""
        self.door.change(self.door.clients.ec2_acting.delete_launch_template, LaunchTemplateId=id)


def _version(item: Mapping[str, Any]) -> TemplateVersion:
    return TemplateVersion(
        template=TemplateId(item["LaunchTemplateId"]),
        name=item["LaunchTemplateName"],
        version=int(item["VersionNumber"]),
        data=dict(item.get("LaunchTemplateData", {})),
        description=item.get("VersionDescription", ""),
        default=bool(item.get("DefaultVersion")),
    )
