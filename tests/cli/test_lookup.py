"""The right command for what was typed, and the nearest one for what was not quite it."""

import pytest

from ec2kit.cli.lookup import find
from ec2kit.cli.registry import Command
from ec2kit.errors import UsageError

WORDS = (
    "ls|show|launch|start|stop|terminate|recover|protect|history|history show|undo|help|tag set|tag ls|tag delete|"
    "snapshot create|snapshot ls|snapshot restore|snapshot delete|eip allocate|eip ls|eip assign|eip release|"
    "recovery status|recovery pause|resume|sandbox start|sandbox status"
)
COMMANDS = tuple(
    Command(tuple(words.split()), "nowhere:nothing", "does it", "kit") for words in WORDS.split("|")
)


@pytest.mark.parametrize(
    "typed,words,rest",
    [
        ("ls role=web", "ls", ["role=web"]),
        ("snapshot create web-1", "snapshot create", ["web-1"]),
        ("history", "history", []),
        ("history show 01", "history show", ["01"]),
        ("history --limit 3", "history", ["--limit", "3"]),
        # Nearly no verb at all: the command itself says what it takes.
        ("history 01", "history", ["01"]),
    ],
)
def test_longest_beginning_is_the_command(typed: str, words: str, rest: list[str]) -> None:
    command, left = find(typed.split(), COMMANDS)

    assert command.words == tuple(words.split())
    assert left == rest


@pytest.mark.parametrize(
    "typed,hint",
    [
        ("snapshot web-1", "did you mean `ec2kit snapshot create web-1`?"),
        ("eip 203.0.113.9 web-1", "did you mean `ec2kit eip assign 203.0.113.9 web-1`?"),
        ("create snapshot web-1", "did you mean `ec2kit snapshot create web-1`?"),
        ("snapshot creat web-1", "did you mean `ec2kit snapshot create web-1`?"),
        ("snapshot list", "did you mean `ec2kit snapshot ls`?"),
        ("snapshots", "did you mean `ec2kit snapshot ls`?"),
        ("snaphsot create web-1", "did you mean `ec2kit snapshot create web-1`?"),
        ("lanch web", "did you mean `ec2kit launch web`?"),
        ("list role=web", "did you mean `ec2kit ls role=web`?"),
        ("destroy web-1", "did you mean `ec2kit terminate web-1`?"),
        ("web-1", "did you mean `ec2kit show web-1`?"),
        ("snapshot", "one of: create, ls, restore, delete"),
        ("assign web-1", "did you mean `ec2kit eip assign web-1`?"),
        ("pause web-1 --for 2h", "did you mean `ec2kit recovery pause web-1 --for 2h`?"),
        ("restore web-1", "did you mean `ec2kit snapshot restore web-1`?"),
        ("backup web-1", "did you mean `ec2kit snapshot create web-1`?"),
        ("snapshots web-1", "did you mean `ec2kit snapshot ls web-1`?"),
        ("delete web-1", "did you mean `ec2kit terminate web-1`?"),
        ("eip delete 203.0.113.9", "did you mean `ec2kit eip release 203.0.113.9`?"),
        ("create web -n 2", "did you mean `ec2kit launch web -n 2`?"),
        ("tag add web-1 a=b", "did you mean `ec2kit tag set web-1 a=b`?"),
        ("history shwo 01", "did you mean `ec2kit history show 01`?"),
        ("recovery list", "did you mean `ec2kit recovery status`?"),
        ("sandbox stat", "did you mean `ec2kit sandbox status`?"),
        ("status", "did you mean `ec2kit recovery status`?"),
        ("unprotect web-1", "did you mean `ec2kit protect web-1 --off`?"),
        ("version", "did you mean `ec2kit --version`?"),
        ("logs", "did you mean `ec2kit history`?"),
        ("ips", "did you mean `ec2kit eip ls`?"),
        ("resize web-1", "`ec2kit help` lists the commands"),
        ("xyzzy", "`ec2kit help` lists the commands"),
        ("--region eu-west-1 ls", "write `ec2kit ls … --region`"),
        ("--region", "write `ec2kit COMMAND … --option`"),
        ("lanch 'web 1'", "did you mean `ec2kit launch ''\"'\"'web' '1'\"'\"''`?"),
    ],
)
def test_near_miss_is_answered_with_the_right_command(typed: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        find(typed.split(), COMMANDS)

    assert raised.value.hint == hint


def test_nothing_is_suggested_that_does_not_exist() -> None:
    only_help = tuple(command for command in COMMANDS if command.words == ("help",))

    with pytest.raises(UsageError) as raised:
        find(["list"], only_help)

    assert raised.value.hint == "`ec2kit help` lists the commands"
