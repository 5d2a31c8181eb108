"""`ec2kit sandbox boot`: an instance of the practice AWS as a machine that really runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ec2kit.cli.commands.sandbox import running_sandbox
from ec2kit.cli.context import Context
from ec2kit.cli.options import practises
from ec2kit.errors import Interrupted, NotFound, Unavailable

if TYPE_CHECKING:
    from ec2kit.cli.practice_machine.facts import Facts
    from ec2kit.cli.practice_machine.reach import Reach
    from ec2kit.cli.practice_machine.runner import Around, Ran
    from ec2kit.host.serving import Answered, Asked
    from ec2kit.sandbox.live_client import LiveClient
    from ec2kit.sandbox.process import Address


@practises
@click.argument("instance", metavar="INSTANCE")
@click.option("--bios/--uefi", "bios", default=None, help="the firmware (what the image's boot mode says)")
@click.option("--memory", type=click.IntRange(128), default=1024, metavar="MIB", help="its memory (1024)")
@click.option("--once", is_flag=True, help="end when it is off, instead of waiting for its next start")
@click.option(
    "--reach", multiple=True, metavar="ADDRESS:PORT=PORT", help="a service of this machine that it meets"
)
@click.option("--keep-log", metavar="FILE", help="keep its console here")
def boot(
    context: Context,
    instance: str,
    bios: bool | None,
    memory: int,
    once: bool,
    reach: tuple[str, ...],
    keep_log: str | None,
) -> None:
    """Run an instance of the practice AWS for real, in QEMU: this terminal is the machine.

    It boots from its own root volume, with its own metadata, user data, tags and addresses. Its console is shown on
    stderr. From then on it does itself what the practice AWS played for it: probes and status checks meet the machine,
    `ec2kit stop` presses its button, `reboot` too, `start` boots it again, and a snapshot has what it wrote. It ends
    when the instance is terminated. Ctrl-C cuts its power: the instance then runs as far as EC2 knows, its check
    fails and nobody answers, until it is booted again.

    Nothing it sends leaves this machine. With `--reach 172.31.0.10:8443=39001` it meets at 172.31.0.10:8443 what
    listens here on 127.0.0.1:39001; `,proxy` after it lets a PROXY line go first, so that the service sees the
    address of the machine.

    \b
    ec2kit sandbox boot web-1
    ec2kit sandbox boot web-1 --once --keep-log web-1.log
    """
    from ec2kit.cli.practice_machine.facts import firmware_name, read_facts
    from ec2kit.cli.practice_machine.reach import parse_reach
    from ec2kit.images.boot.ground import require_emulator
    from ec2kit.sandbox.live_client import LiveClient

    reached = [parse_reach(each) for each in reach]

    facts = read_facts(LiveClient(running_sandbox(context)).shown(instance))
    require_emulator(facts.architecture)
    firmware = firmware_name(bios, facts)
    place = context.surroundings.cwd
    with _told(context, None if keep_log is None else place / keep_log, once=once) as around:
        _announce(context, facts, firmware)
        try:
            ran, written = _run(facts, (firmware, memory), reached, context, around)
        except KeyboardInterrupt as cut:
            hint = f"`ec2kit sandbox boot {instance}` boots it again"
            raise Interrupted(f"the power of '{instance}' is cut", hint=hint, resource=instance) from cut
    rows = _rows(facts, ran, written)
    context.show_one(rows, [(name, str(value)) for name, value in rows.items() if value is not None])


def _announce(context: Context, facts: Facts, firmware: str) -> None:
    name = f"{facts.id} ({facts.name})" if facts.name else facts.id
    context.say(f"booting {name} as {facts.architecture} with {firmware.upper()}; Ctrl-C cuts its power")
    if facts.speed != 1:
        context.say(
            f"the machine's clock is this machine's; the practice AWS runs {facts.speed:g} times as fast"
        )
    if facts.volumes > 1:
        context.say("it has its root volume only: other volumes are not attached to it")


def _run(
    facts: Facts,
    how: tuple[str, int],
    reached: list[Reach],
    context: Context,
    around: Around,
) -> tuple[Ran, int]:
    from ec2kit.cli.practice_machine.disk import MachineDisk
    from ec2kit.cli.practice_machine.facts import Fittings, machine_of
    from ec2kit.cli.practice_machine.pulse import Pulse
    from ec2kit.cli.practice_machine.runner import Runner
    from ec2kit.host.serving import LoopbackServer
    from ec2kit.host.workplace import workplace
    from ec2kit.images.boot.ground import accelerated, forwarder, own_firmware, scratch_place
    from ec2kit.images.boot.trial import KIND
    from ec2kit.sandbox.disk_client import DiskClient
    from ec2kit.sandbox.live_client import LiveClient

    def address() -> Address:
        return _where_now(context)

    def client() -> LiveClient:
        return LiveClient(address())

    with (
        LoopbackServer(_metadata(client, facts.id)) as metadata,
        workplace(KIND, scratch_place()) as scratch,
    ):
        firmware, memory = how
        fittings = Fittings(
            disk=str(scratch / "disk.raw"),
            monitor=str(scratch / "monitor"),
            forwarder=forwarder(metadata.port),
            memory_mib=memory,
            kvm=accelerated(facts.architecture),
            firmware=own_firmware(firmware, facts.architecture, scratch),
            reached=reached,
        )
        machine = machine_of(facts, fittings)
        disk = MachineDisk(scratch / "disk.raw", facts.root, lambda: DiskClient(address()))
        with Pulse(facts.id, os.getpid(), client) as pulse:
            return Runner(machine, disk, pulse, around).run(), disk.written


def _where_now(context: Context) -> Address:
    """Where the sandbox is; Unavailable while it does not run, since it may be about to be started again."""
    try:
        return running_sandbox(context)
    except NotFound as gone:
        raise Unavailable(gone.message, hint=gone.hint) from gone


def _metadata(client: Callable[[], LiveClient], instance_id: str) -> Callable[[Asked], Answered]:
    """What answers the guest at 169.254.169.254."""
    from ec2kit.host.serving import Answered

    def answer(asked: Asked) -> Answered:
        try:
            return Answered(*client().metadata(instance_id, asked.method, asked.path, asked.headers))
        except Unavailable:
            return Answered(503)

    return answer


@contextmanager
def _told(context: Context, log: Path | None, *, once: bool) -> Iterator[Around]:
    from ec2kit.cli.practice_machine.runner import Around
    from ec2kit.host.files import storing
    from ec2kit.images.boot.console import ForPeople

    shown = ForPeople(context.output.mutter)
    show = (lambda _: None) if context.paper.format.is_json else shown.take
    try:
        if log is None:
            yield Around(lambda _: None, show, context.say, context.clock, once)
            return
        # Unbuffered: somebody may be following it.
        with storing(log), log.open("wb", buffering=0) as kept:
            yield Around(kept.write, show, context.say, context.clock, once)
    finally:
        shown.end()


def _rows(facts: Facts, ran: Ran, written: int) -> dict[str, Any]:
    return {
        "id": facts.id,
        "ended": ran.ended,
        "boots": ran.boots,
        "login_after": None if ran.login_after is None else round(ran.login_after, 1),
        "cloud_init_after": None if ran.final_after is None else round(ran.final_after, 1),
        "blocks_written": written,
    }
