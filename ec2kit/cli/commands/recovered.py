"""What `recover` tells: rows for programs, a message for people, and for cron what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ec2kit.aws import Aws
from ec2kit.cli.commands.monitoring import Named, job
from ec2kit.cli.commands.unreached import Memory
from ec2kit.cli.context import Context
from ec2kit.errors import Exit, Refused
from ec2kit.recovery.announce import announce, ended_of, shorten
from ec2kit.recovery.heal import Healed
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.report import healed_lines, recover_exit, trouble_of
from ec2kit.recovery.troubles import sick
from ec2kit.recovery.watch import Monitor, Watch
from ec2kit.screen.recovery import HEALED_COLUMNS

SAID = "said/recover/"


def report_sick(
    context: Context, aws: Aws, reason: str, at: datetime, excluded: Sequence[str] = (), *, quiet: bool
) -> None:
    """The monitor cannot tell: nothing is done. Cron says so once, and hourly, for each job apart."""
    trouble = sick(reason, "nothing is judged and nothing recovered until it is well")
    memory = Memory(context, SAID + job((), excluded), aws)
    before = memory.recall()
    said = announce([trouble], {}, before, at)
    if context.paper.format.is_json:
        context.complain(Refused(str(trouble), hint=trouble.hint))
        context.failed(Exit.REFUSED)
        return
    lines = said.lines if quiet else shorten([str(trouble)], [trouble.hint])
    context.output.mutter("".join(f"{line}\n" for line in lines))
    if quiet:
        memory.keep(before, said.memory)
    context.failed(Exit.REFUSED)


def report(
    context: Context,
    monitor: Monitor,
    look: Watch,
    meant: Named,
    healed: Sequence[Healed],
    excluded: Sequence[str] = (),
    *,
    people: bool,
) -> None:
    """Rows for programs, a message for people; cron is told what changed, hourly what has not, and when it ended."""
    if (code := recover_exit(healed, sick=False)) is not Exit.DONE:
        context.failed(code)
    if context.setting("output") or context.options.quiet:
        context.show(HEALED_COLUMNS, [*healed, *_untouched(look, meant, healed)])
        return
    lines = [
        line
        for each in healed
        if each.result == "healed"
        for line in healed_lines(each, _judgement(look, each), _address(monitor.aws, each))
    ]
    troubles = [trouble for each in healed if (trouble := trouble_of(each))]
    memory = Memory(context, SAID + job((), excluded), monitor.aws, monitor.evidence)
    before = memory.recall()
    if people:
        for trouble in troubles:
            lines += [str(trouble), *([f"  hint: {trouble.hint}"] if trouble.hint else [])]
        lines += [
            f"{each.name} ({each.id}): nothing to do: {each.why}" for each in _untouched(look, meant, healed)
        ]
        lines += [
            f"{each.name} ({each.id}): nothing to do: {each.why}"
            for each in healed
            if each.result == "nothing"
        ]
    else:
        over = {each.id for each in healed if each.result == "healed"}
        known = {key: said for key, said in before.items() if key not in over}
        said = announce(troubles, ended_of(look, known), known, look.at)
        lines = list(shorten([*lines, *said.lines]))
        memory.keep(before, said.memory)
    context.write("".join(f"{line}\n" for line in lines))


def _untouched(look: Watch, meant: Named, healed: Sequence[Healed]) -> list[Healed]:
    """The machines that were meant and for which there was nothing to do."""
    tried = {each.id for each in healed}
    return [
        Healed(each.instance.id, each.instance.name, why=str(each.judgement))
        for each in look.machines
        if meant.has(each.instance.id) and each.instance.id not in tried
    ]


def _judgement(look: Watch, healed: Healed) -> Judgement:
    found = look.of(healed.id)
    return found.judgement if found else Judgement(Condition.UNKNOWN)


def _address(aws: Aws, healed: Healed) -> str:
    """Which Elastic IP the machine has now."""
    holder = healed.successor or healed.id
    found = aws.addresses.describe({"instance-id": [holder]})
    return ", ".join(f"{each.public_ip} at {holder}" for each in found)
