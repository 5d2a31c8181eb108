"""Instance profiles: what a machine is allowed to do in AWS, by the names that IAM knows."""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.aws.door import Door


@dataclass(frozen=True)
class Profiles:
    """IAM's instance profiles, as far as a launch names one."""

    door: Door

    def known(self) -> tuple[tuple[str, str], ...]:
        """The name and the ARN of every instance profile, by name (IAM pages by `Marker`)."""
        found: list[tuple[str, str]] = []
        after: dict[str, str] = {}
        while True:
            page = self.door.read(self.door.clients.iam.list_instance_profiles, MaxItems=1000, **after)
            found += ((item["InstanceProfileName"], item["Arn"]) for item in page["InstanceProfiles"])
            if not page.get("IsTruncated"):
                return tuple(sorted(found))
            after = {"Marker": page["Marker"]}
