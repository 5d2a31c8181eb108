"""The history explains every resource: whatever a command made bears the mark of a step that the journal has."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ec2kit.model.ids import RunId
from ec2kit.model.runs import Journal, StepState
from tests.kill.naming import tags_of
from tests.kill.world import MARK, Account

RECOVERY = "recover-"
"""How the ids of recoveries' runs begin."""


def unexplained(account: Account, before: Collection[str], journals: Iterable[Journal]) -> list[str]:
    """Given an account, the ids that were there before and the journals, say what no history explains.

    What is new must bear a mark, and the marked run must have that step as done. A volume is made by its
    instance's launch and bears its mark. A recovery is no fixed plan: its next tick finds in AWS what a killed one
    made, and need not finish the step that made it, so there the intent is enough.
    """
    shelf = list(journals)
    strange: list[str] = []
    for id, thing in sorted(account.resources().items()):
        if id in before:
            continue
        mark = tags_of(thing).get(MARK, "")
        run, _, step = mark.partition("/")
        key = step.partition("@")[0]
        states = {
            record.state for journal in shelf for record in journal.steps(RunId(run)) if record.key == key
        }
        enough = {StepState.DONE, StepState.INTENT} if run.startswith(RECOVERY) else {StepState.DONE}
        if not mark:
            strange.append(f"{id} bears no mark")
        elif not states & enough:
            strange.append(f"{id}: step '{key}' is {sorted(states) or 'not in the history'}")
    return strange
