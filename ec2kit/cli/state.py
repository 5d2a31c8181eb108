"""What this machine remembers of one account, region and endpoint: runs, leases, samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.engine.runs import Command, Runs
from ec2kit.model.runs import EvidenceStore, Journal, Leases

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.cli.context import Context
    from ec2kit.engine.waiting import Clock


def store_name(aws: Aws) -> str:
    """Given AWS, return the name that its state goes by: empty for AWS itself.

    A sandbox goes by its name, because its port is another one after each start. Its answer tells the name, so
    one that was reached by AWS_ENDPOINT_URL is known too (asking for the account makes it answer).
    """
    _ = aws.account
    if aws.sandbox:
        return f"sandbox-{aws.sandbox}"
    host = aws.endpoint.partition("://")[2].partition("/")[0]
    return "" if host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")) else aws.endpoint


@dataclass(frozen=True)
class State:
    """Opened when first used; one directory for each account, region and endpoint."""

    directory: Path
    endpoint: str
    account: str
    region: str
    who: str
    host: str
    clock: Clock
    around_journal: Callable[[Journal], Journal] | None = None

    @classmethod
    def of(cls, context: Context) -> State:
        """The state for where the context's AWS is; raises `Ec2kitError` when the directory cannot be made."""
        return cls.at(context, context.aws())

    @classmethod
    def at(cls, context: Context, aws: Aws) -> State:
        """The state for one of several regions; raises `Ec2kitError` when the directory cannot be made."""
        from ec2kit.host.identity import host_name, who
        from ec2kit.host.paths import make_state_directory

        around = context.surroundings
        return cls(
            directory=make_state_directory(context.state_directory),
            endpoint=store_name(aws),
            account=aws.account,
            region=aws.region,
            who=who(around.environ),
            host=host_name(),
            clock=context.clock,
            around_journal=around.journal,
        )

    @cached_property
    def journal(self) -> Journal:
        """Runs, steps, events."""
        from ec2kit.host.journal import SqliteJournal
        from ec2kit.host.paths import journal_path

        journal = SqliteJournal(journal_path(*self._place), self._locks)
        return self.around_journal(journal) if self.around_journal else journal

    @cached_property
    def runs(self) -> Runs:
        """The runs in the journal."""
        return Runs(self.journal, self.clock)

    @cached_property
    def leases(self) -> Leases:
        """One recovery at a time."""
        from ec2kit.host.leases import SqliteLeases
        from ec2kit.host.paths import leases_path

        return SqliteLeases(leases_path(*self._place), self._locks)

    @cached_property
    def evidence(self) -> EvidenceStore:
        """Samples, and small remembered values."""
        from ec2kit.host.evidence import SqliteEvidence
        from ec2kit.host.paths import evidence_path

        return SqliteEvidence(evidence_path(*self._place))

    @property
    def blocks(self) -> Path:
        """Where uploads that are under way write down which blocks have arrived."""
        from ec2kit.host.paths import blocks_directory

        return blocks_directory(*self._place)

    def command(self, context: Context) -> Command:
        """What the context's command is to the journal."""
        return Command(
            context.verb,
            context.typed,
            self.account,
            self.region,
            self.endpoint,
            (*context.entry.words, *context.args),
            self.who,
            self.host,
        )

    @property
    def _place(self) -> tuple[Path, str, str, str]:
        return self.directory, self.endpoint, self.account, self.region

    @property
    def _locks(self) -> Path:
        from ec2kit.host.paths import locks_directory

        return locks_directory(*self._place)
