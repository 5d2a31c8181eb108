"""What cron was told of the monitor itself: remembered without an account, which a sick monitor may not be told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from ec2kit.aws import Aws
from ec2kit.cli.context import Context
from ec2kit.errors import AccessDenied, AwsRefused, Ec2kitError, Interrupted, Unavailable
from ec2kit.model.runs import EvidenceStore
from ec2kit.recovery.announce import Said, keep, recall
from ec2kit.recovery.troubles import MONITOR

UNREACHED = (AccessDenied, AwsRefused, Unavailable)
"""AWS could not be asked: the monitor's own trouble, whatever machines the command was to look at."""
FILE = "monitor.sqlite"
"""Beside the accounts' directories."""


@dataclass(frozen=True)
class Memory:
    """What was said under a prefix: of the monitor by profile, region and endpoint, and of machines by account.

    `machines` is None while the account is not known. `aws` is None for what is of no region: the list of regions.
    """

    context: Context
    prefix: str
    aws: Aws | None
    machines: EvidenceStore | None = None

    def recall(self) -> dict[str, Said]:
        """What was last said. That of the monitor is forgotten rather than a reason to fail: then it is said again."""
        known = recall(self.machines, self.prefix) if self.machines else {}
        try:
            return {**known, **recall(self._own, self._own_prefix)}
        except Interrupted:
            raise
        except Ec2kitError:
            return known

    def keep(self, before: Mapping[str, Said], after: Mapping[str, Said]) -> None:
        """Remember what was said."""
        with suppress(Ec2kitError):
            keep(self._own, self._own_prefix, _only_monitor(before), _only_monitor(after))
        if self.machines:
            known = recall(self.machines, self.prefix)
            keep(
                self.machines,
                self.prefix,
                known,
                {key: said for key, said in after.items() if key != MONITOR},
            )

    @cached_property
    def _own(self) -> EvidenceStore:
        from ec2kit.host.evidence import SqliteEvidence
        from ec2kit.host.paths import make_state_directory

        return SqliteEvidence(make_state_directory(self.context.state_directory) / FILE)

    @property
    def _own_prefix(self) -> str:
        profile = self.context.setting("profile")
        name = profile.text if profile else self.context.surroundings.environ.get("AWS_PROFILE", "")
        where = self.context.sandbox or (self.aws.endpoint if self.aws else "")
        region = self.aws.region if self.aws else "regions"
        return f"{self.prefix}{name}|{region}|{where}/"


def _only_monitor(said: Mapping[str, Said]) -> dict[str, Said]:
    return {MONITOR: said[MONITOR]} if MONITOR in said else {}
