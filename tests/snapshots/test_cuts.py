"""Cut at any call and gone on with, taking a set and making something of it come to the same end.

Every changing call of a plan is cut before it is handled, after it, and after the first byte of its answer; in the
deep sweep the reading ones are cut too. Nothing twice, nothing lost, nothing left over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ec2kit.engine.plan import Plan
from ec2kit.errors import Exit
from ec2kit.fleet.restore_places import living, places
from ec2kit.fleet.restore_plan import instance_plan, wanted
from ec2kit.fleet.restore_root import root_plan
from ec2kit.fleet.restore_source import Described, observe_described
from ec2kit.model.instances import Instance
from ec2kit.model.tags import LAUNCH, NAME
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.hooks import Hook
from ec2kit.snapshots.create import create_plan
from ec2kit.snapshots.observe import sets_of, subjects
from tests.engine.practice import Practice
from tests.engine.pretend import Cut

PLACES = ("before", "after", "first_byte")


@dataclass(frozen=True)
class Knife:
    """Cuts once, at the call with this number, at one of `PLACES`; counts in any case."""

    hooks: list[Hook]
    at: int
    seen: list[Call]

    def __call__(self, call: Call) -> None:
        """The hook."""
        self.seen.append(call)
        if len(self.seen) == self.at:
            raise Cut(call.action)


def calls_of(practice: Practice, plan: Plan, at: int = 0, place: str = "before") -> list[Call]:
    """Carry the plan out until the cut; the calls that were made. At 0 it is carried out whole."""
    hooks = practice.sandbox.app.hooks
    which = {"before": hooks.before, "after": hooks.after, "first_byte": hooks.first_byte}[place]
    knife = Knife(which, at, [])
    which.append(knife)
    try:
        if at:
            with pytest.raises(Cut):
                practice.carry_out(plan)
        else:
            assert practice.carry_out(plan).exit is Exit.DONE
    finally:
        which.remove(knife)
    return knife.seen


@dataclass(frozen=True)
class Sweep:
    """What is cut: a plan made anew for each cut, `end` that holds after each, and whether at reading calls too."""

    make_plan: Callable[[], Plan]
    end: Callable[[], None]
    reads: bool


def every_cut(practice: Practice, sweep: Sweep) -> int:
    """Carry the plan out whole, then once for each cut, gone on with; returns the number of cuts."""
    make_plan, end = sweep.make_plan, sweep.end
    whole = calls_of(practice, make_plan())
    end()
    cuts = 0
    for number, call in enumerate(whole, 1):
        if call.reads_only and not sweep.reads:
            continue
        for place in PLACES[:1] if call.reads_only else PLACES:
            practice.anew()
            practice.sandbox.tick(60)
            plan = make_plan()
            calls_of(practice, plan, number, place)
            assert practice.carry_out(plan).exit is Exit.DONE, (call.action, place)
            practice.sandbox.tick(30)
            end()
            cuts += 1
    return cuts


@pytest.fixture(scope="module")
def account() -> Practice:
    practice = Practice()
    practice.sandbox.tick(600)
    return practice


@pytest.fixture
def practice(account: Practice) -> Practice:
    account.sandbox.tick(60)
    return account.anew()


@pytest.fixture
def described(practice: Practice) -> Described:
    """A complete set of web-1."""
    id = practice.instance("web-1")
    if not sets_of(practice.aws, [id]):
        plan = create_plan(subjects(practice.aws, [practice.aws.instances.one(id)]), practice.clock.now())
        assert practice.carry_out(plan).exit is Exit.DONE
        practice.sandbox.tick(30)
        practice.anew()
    return observe_described(practice.aws, sets_of(practice.aws, [id])[-1])


reads = pytest.mark.parametrize("reads", [False, pytest.param(True, marks=pytest.mark.deep)])


@pytest.mark.kill
@reads
def test_a_set_is_taken_once(practice: Practice, reads: bool) -> None:
    aws, id = practice.aws, practice.instance("web-2")

    def plan() -> Plan:
        # Each time another tag, so that a description is written too.
        aws.tags.set([id], {"written": practice.run})
        practice.sandbox.tick(10)
        return create_plan(subjects(aws, [aws.instances.one(id)]), practice.clock.now())

    taken = [each.name for each in reversed(sets_of(aws, [id]))]

    def end() -> None:
        sets = sets_of(aws, [id])
        taken.append(sets[0].name)
        assert [each.name for each in sets] == taken[::-1]
        assert all(each.complete for each in sets)
        versions = [version.reference for version in aws.templates.versions("ec2kit-web-2")]
        assert [each.snapshots[0].tags[LAUNCH] for each in sets] == versions

    assert every_cut(practice, Sweep(plan, end, reads)) >= 6


@pytest.mark.kill
@reads
def test_a_set_is_restored_to_one_instance(practice: Practice, described: Described, reads: bool) -> None:
    aws = practice.aws
    volumes = len(aws.volumes.describe())
    snapshots = {each.id for each in described.source.set.snapshots}

    def plan() -> Plan:
        alive = living(aws, described, "web-1")
        going = wanted(described.source, "", places(aws, described, ()), alive)
        return instance_plan(described.source, going, alive, practice.clock.now())

    def end() -> None:
        (made,) = _named(practice, "web-1-restored")
        disks = aws.volumes.describe([disk.volume for disk in made.disks])
        assert {disk.snapshot for disk in disks} == snapshots
        assert {disk.device: disk.size_gib for disk in disks} == {"/dev/xvda": 8, "/dev/sdf": 20}
        assert {disk.tags[NAME] for disk in disks} == {"web-1-restored"}
        assert len(aws.volumes.describe()) == volumes + 2
        assert not [image for image in aws.images.describe() if image.name.startswith("ec2kit-")]
        aws.instances.terminate(made.id)
        practice.sandbox.tick(120)

    assert every_cut(practice, Sweep(plan, end, reads)) >= 9


@pytest.mark.kill
@reads
def test_a_root_disk_is_changed_once_and_the_old_one_is_kept(
    practice: Practice, described: Described, reads: bool
) -> None:
    aws, id = practice.aws, practice.instance("web-1")
    before = {volume.id for volume in aws.volumes.describe()}
    roots = [_root_of(practice, aws.instances.one(id))]

    def plan() -> Plan:
        instance = aws.instances.one(id)
        (old,) = aws.volumes.describe([_root_of(practice, instance)])
        return root_plan(described.source, instance, old, practice.clock.now())

    def end() -> None:
        instance = aws.instances.one(id)
        roots.append(_root_of(practice, instance))
        assert instance.state == "running"
        assert len(set(roots)) == len(roots)
        (old,) = aws.volumes.describe([roots[-2]])
        assert old.state == "available"
        assert old.tags[NAME].startswith("web-1 root before web-1@")
        assert [disk.delete_on_termination for disk in instance.disks] == [True, True]
        assert {volume.id for volume in aws.volumes.describe()} == before | set(roots)

    assert every_cut(practice, Sweep(plan, end, reads)) >= 21


def _root_of(practice: Practice, instance: Instance) -> str:
    assert instance.root_volume is not None
    return instance.root_volume


def _named(practice: Practice, name: str) -> list[Instance]:
    found = practice.aws.instances.describe(filters={"tag:Name": [name]})
    return [instance for instance in found if not instance.state.is_gone]
