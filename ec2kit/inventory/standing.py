"""How a machine stands with ec2kit by its own tags: protected, being recovered, quarantined. Pure."""

from __future__ import annotations

from ec2kit.model.tags import FAILURE, KEEP, STATE, Tags


def being_recovered(tags: Tags) -> bool:
    """Whether `ec2kit:failure=N:recovering…` says that a recovery of the machine is under way."""
    return tags.get(FAILURE, "").split(":")[1:2] == ["recovering"]


def quarantined(tags: Tags) -> bool:
    """Whether it is the old half of a recovery, which must never come back as the machine."""
    return tags.get(STATE) == "quarantined"


def kept(tags: Tags) -> bool:
    """Whether `ec2kit:keep` protects it from what destroys it or stops it."""
    return KEEP in tags
