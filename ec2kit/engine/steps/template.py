"""Launch templates: where the description of a machine, and its user data, is kept."""

from __future__ import annotations

import base64
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.engine.steps.secret import Secret, sha256_of
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.errors import Ec2kitError
from ec2kit.model import tags
from ec2kit.model.disks import TemplateVersion
from ec2kit.model.ids import InstanceId, TemplateId
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

SHOWN = "shown"
USER_DATA = "UserData"


@dataclass(frozen=True)
class _TemplateStep(Step):
    """`data` is RequestLaunchTemplateData without UserData; `description` names the version and is its identity:
    a version with the same description is this one (a digest of the data, by whoever plans).

    `user_data` is never journalled. After a kill it is read again from `user_data_from`, the instance whose it is.
    """

    data: Mapping[str, Any]
    description: str
    user_data: Secret | None = field(default=None, kw_only=True)
    user_data_from: InstanceId | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if USER_DATA in self.data:
            raise ValueError("user data is given as a Secret: plans are journalled")

    @abstractmethod
    def template(self) -> str:
        """The template's name or id."""

    def target(self) -> str:
        """The template's name or id."""
        return str(self.template())

    def already(self, attempt: Attempt) -> Result | None:
        """The version with this description."""
        versions = attempt.aws.templates.versions(self.template())
        return next((_result(each) for each in versions if each.description == self.description), None)

    def wait(self) -> Wait:
        """Shown."""
        what = f"template '{self.target()}' to be shown"
        return Wait(what, frozenset({SHOWN}), pause=timedelta(seconds=2), bound=timedelta(minutes=5))

    def seen(self, attempt: Attempt, result: Result) -> str:
        """Whether the version is shown."""
        versions = attempt.aws.templates.versions(result["template_id"])
        return SHOWN if any(each.version == result["version"] for each in versions) else NOT_SHOWN

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Nothing: other machines' snapshots may refer to it by now, and it costs nothing."""
        return ()

    def whole_data(self, attempt: Attempt) -> dict[str, Any]:
        """The data with the user data in it, in base64: launch templates take it no other way."""
        if self.user_data is None:
            return dict(self.data)
        text = self._text(self.user_data, attempt)
        return {**self.data, USER_DATA: base64.b64encode(text.encode(errors="surrogateescape")).decode()}

    def _text(self, secret: Secret, attempt: Attempt) -> str:
        if secret.text is not None or self.user_data_from is None:
            return secret.reveal()
        text = attempt.aws.instances.attributes(self.user_data_from).user_data
        if sha256_of(text) != secret.sha256:
            raise Ec2kitError(
                f"the user data of '{self.user_data_from}' has changed since the run was planned",
                resource=self.user_data_from,
                hint="run the same command again with `--new`",
            )
        return text


def _result(version: TemplateVersion) -> Result:
    return {
        "template_id": version.template,
        "version": version.version,
        "reference": version.reference,
        "name": version.name,
    }


@dataclass(frozen=True)
class CreateTemplate(_TemplateStep):
    """CreateLaunchTemplate with its first version; has a client token, and the name is unique in the region.

    Result: `template_id`, `version`, `reference` (`lt-…:1`), `name`.
    """

    kind: ClassVar[str] = "create-template"
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:CreateLaunchTemplate",
        "ec2:CreateTags",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeInstanceAttribute",
    )

    name: str
    tags: Tags = field(default_factory=dict)

    def template(self) -> str:
        """The name."""
        return self.name

    def describe(self) -> str:
        """A sentence for plans."""
        return f"create launch template {self.name}"

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        made = attempt.aws.templates.create(
            self.name,
            self.whole_data(attempt),
            attempt.token,
            {**self.tags, tags.RUN: attempt.mark},
            description=self.description,
        )
        return _result(made)


@dataclass(frozen=True)
class AddTemplateVersion(_TemplateStep):
    """CreateLaunchTemplateVersion; has a client token. The default version stays what it was.

    Result: `template_id`, `version`, `reference` (`lt-…:7`), `name`.
    """

    kind: ClassVar[str] = "add-template-version"
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:CreateLaunchTemplateVersion",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeInstanceAttribute",
    )

    id: TemplateId

    def template(self) -> str:
        """The id."""
        return self.id

    def describe(self) -> str:
        """A sentence for plans."""
        return f"add a version to launch template {self.id}"

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        made = attempt.aws.templates.add_version(
            self.id, self.whole_data(attempt), attempt.token, self.description
        )
        return _result(made)
