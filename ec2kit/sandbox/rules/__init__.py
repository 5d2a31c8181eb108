"""What AWS does and moto does not: one small module for each theme, installed once a process.

A rule module has `install()`, which changes moto through `patching`. One whose states move with time also has
`settle(now)`. moto is imported with the rules, not with this package, so that the want of it can be told in words.
"""

from datetime import datetime
from functools import cache
from typing import Protocol


class Rule(Protocol):
    """A module that changes moto."""

    def install(self) -> None: ...


class TimedRule(Protocol):
    """A module whose states move on as time passes."""

    def settle(self, moment: datetime, /) -> None: ...


@cache
def _rules() -> tuple[Rule, ...]:
    """Every rule, in the order of installation: of two that change the same method the later one is outside."""
    from ec2kit.sandbox.rules import (
        address_listing,
        address_pool,
        addresses,
        answers,
        attachments,
        attributes,
        block_devices,
        console,
        describe_instances,
        disk_listing,
        group_deletion,
        groups,
        image_creation,
        image_deprecation,
        image_registration,
        images,
        instance_facts,
        instance_options,
        lag,
        launch,
        lifecycle,
        lookup,
        object_uploads,
        private_addresses,
        profiles,
        public_addresses,
        record_sets,
        refusals,
        reservations,
        sharing,
        snapshot_sets,
        snapshots,
        start_stop,
        status,
        tag_index,
        tags,
        template_listing,
        templates,
        type_listing,
        volume_changes,
        volumes,
    )

    grounds: tuple[Rule, ...] = (refusals, lookup)
    network: tuple[Rule, ...] = (groups, private_addresses, public_addresses, profiles)
    instances: tuple[Rule, ...] = (
        *(lifecycle, instance_facts, block_devices, launch, start_stop, describe_instances),
        *(status, attributes, instance_options, console, type_listing),
    )
    launch_templates: tuple[Rule, ...] = (templates, template_listing)
    disks: tuple[Rule, ...] = (snapshots, snapshot_sets, volumes, volume_changes, attachments, disk_listing)
    pictures: tuple[Rule, ...] = (image_registration, image_creation, images, image_deprecation, sharing)
    elastic: tuple[Rule, ...] = (address_pool, addresses, address_listing, group_deletion, reservations)
    # What lags is what all the others show.
    overall: tuple[Rule, ...] = (object_uploads, record_sets, tag_index, tags, lag, answers)
    return (*grounds, *network, *instances, *launch_templates, *disks, *pictures, *elastic, *overall)


@cache
def _timed() -> tuple[TimedRule, ...]:
    """The rules that move with time, in the order in which one moment's changes happen."""
    from ec2kit.sandbox.rules import attachments, lag, lifecycle

    return (lifecycle, attachments, lag)


def install() -> None:
    """Install every rule; doing it again is harmless."""
    for rule in _rules():
        rule.install()


def settle(now: datetime) -> None:
    """Move every state that is due by `now` on. Called under the lock at the start of each request."""
    for rule in _timed():
        rule.settle(now)
