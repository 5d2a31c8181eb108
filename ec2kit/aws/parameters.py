"""SSM parameters: where the global pause of recovery lives, for everybody's cron and shell to see."""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.aws.door import Door
from ec2kit.errors import NotFound


@dataclass(frozen=True)
class Parameters:
    """SSM's parameter store, as far as we need it."""

    door: Door

    def get(self, name: str) -> str | None:
        """The parameter's value, or None when there is none."""
        try:
            answer = self.door.read(self.door.clients.ssm.get_parameter, Name=name)
        except NotFound:
            return None
        value: str = answer["Parameter"]["Value"]
        return value

    def put(self, name: str, value: str) -> None:
        """Write the parameter, over what was there."""
        self.door.change(
            self.door.clients.ssm.put_parameter, Name=name, Value=value, Type="String", Overwrite=True
        )

    def delete(self, name: str) -> None:
        """Remove the parameter; harmless when there is none."""
        try:
            self.door.change(self.door.clients.ssm.delete_parameter, Name=name)
        except NotFound:
            return
