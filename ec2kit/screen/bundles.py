"""Bundles as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ec2kit.images.bundles.observe import Bundle
from ec2kit.images.bundles.places import machine_in
from ec2kit.model.periods import format_age
from ec2kit.screen.columns import Column


@dataclass(frozen=True)
class BundleRow:
    """A bundle as it is seen at a moment."""

    bundle: Bundle
    now: datetime

    @property
    def when(self) -> datetime | None:
        """When what is in it was so; of an unfinished one, when something was last written to it."""
        return self.bundle.manifest.taken if self.bundle.manifest else self.bundle.touched

    @property
    def age(self) -> str:
        """How long ago that is."""
        return format_age(self.when, self.now) if self.when else ""

    @property
    def machine(self) -> str:
        """The machine's name."""
        manifest = self.bundle.manifest
        return manifest.spec.name if manifest else machine_in(self.bundle.name)

    @property
    def holds(self) -> list[str]:
        """Devices and paths."""
        manifest = self.bundle.manifest
        if manifest is None:
            return []
        return [*manifest.volumes, *(path for each in manifest.directories for path in each.paths)]

    @property
    def verified(self) -> str:
        """How long ago that was."""
        seen = self.bundle.verified
        return f"{format_age(seen.at, self.now)} ago" if seen else ""


BUNDLE_COLUMNS: tuple[Column[BundleRow], ...] = (
    Column("id", lambda row: row.bundle.url),
    Column("name", lambda row: row.bundle.name),
    Column("machine", lambda row: row.machine),
    Column("state", lambda row: row.bundle.state, styles={"complete": "green", "unreadable": "red"}),
    Column("taken", lambda row: row.when, shown=lambda row: row.age),
    Column("stored_bytes", lambda row: sum(each.size for each in row.bundle.objects)),
    Column("holds", lambda row: row.holds),
    Column(
        "verified",
        lambda row: row.bundle.verified.at if row.bundle.verified else None,
        shown=lambda row: row.verified,
    ),
    Column("verified_how", lambda row: row.bundle.verified.how if row.bundle.verified else ""),
)
"""In this order for good: scripts count TSV's columns."""
