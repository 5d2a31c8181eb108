"""`ec2kit hostname`: an operator's words, and the boot hook; and `launch --hostname` with it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec2kit.hostnames.userdata import is_hook
from hostname_service.errors import Unavailable
from tests.cli.screens import Screen, Shell, changing
from tests.hostnames.certificates import self_signed
from tests.hostnames.machine import ID, OTHER
from tests.hostnames.operators import MemoryDesk, listening
from tests.hostnames.test_userdata import parts
from tests.sandbox.seeded import Seeded

WEB, MAIL = "web-1.shop.example.com", "mail.example.com"
URL = "https://names.example.com:8443"


@pytest.fixture
def desk() -> MemoryDesk:
    desk = MemoryDesk()
    desk.declare(WEB, ID)
    desk.declare(MAIL, OTHER)
    return desk


@pytest.fixture
def shell(tmp_path: Path, desk: MemoryDesk) -> Iterator[Shell]:
    with listening(tmp_path / "s", desk) as at:
        yield Shell(tmp_path, environ={"EC2KIT_HOSTNAME_OPERATOR": at})


def rows(screen: Screen) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(screen.stdout)
    return found


def test_names_are_listed(shell: Shell) -> None:
    assert shell.run("hostname ls").stdout.splitlines() == [
        f"{MAIL}\t{OTHER}\tbound\t10.0.0.5\tyes\tno\teu-west-1",
        f"{WEB}\t{ID}\tbound\t10.0.0.5\tyes\tno\teu-west-1",
    ]
    assert shell.run("hostname ls -q").stdout.split() == [MAIL, WEB]
    assert rows(shell.run("hostname ls -o json"))[1]["addresses"] == ["10.0.0.5"]


def test_no_names_are_no_error(shell: Shell, desk: MemoryDesk) -> None:
    desk.bindings.clear()

    assert shell.run("hostname ls -o json").stdout == "[]\n"
    assert shell.run("hostname gc").exit == 0


def test_where_the_service_is_must_be_said(tmp_path: Path) -> None:
    screen = Shell(tmp_path).run("hostname ls")

    assert screen.exit == 2
    assert "hostname: {operator: unix:" in screen.stderr


def test_a_service_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "ec2kit.yaml").write_text(f"hostname:\n  operator: unix:{tmp_path}/none\n")
    screen = Shell(tmp_path).run("hostname ls")

    assert screen.exit == 1
    assert "the hostname service does not answer" in screen.stderr
    assert "hint:" in screen.stderr


@pytest.mark.parametrize("words", [f"new.example.com {ID}", f"{ID} NEW.example.com."])
def test_assigned_in_either_order(shell: Shell, desk: MemoryDesk, words: str) -> None:
    screen = shell.run(f"hostname assign {words}")

    assert (screen.exit, desk.orders) == (0, {"new.example.com": ID}), screen
    assert screen.stdout.startswith("new.example.com\t")


def test_who_has_the_name_is_told(shell: Shell, desk: MemoryDesk) -> None:
    [row] = rows(shell.run(f"hostname assign {WEB} {OTHER} -o json --dry-run"))
    assert (row["result"], row["reason"]) == ("skipped", f"held by {ID} until then")
    assert desk.orders == {}

    [row] = rows(shell.run(f"hostname assign {WEB} {OTHER} -o json"))
    assert (row["result"], row["resource"]) == ("done", OTHER)
    assert desk.orders == {WEB: OTHER}


def test_a_machine_by_its_name(tmp_path: Path, desk: MemoryDesk) -> None:
    sandbox = Seeded()
    with listening(tmp_path / "s", desk) as at:
        shell = Shell(tmp_path, sandbox, environ={"EC2KIT_HOSTNAME_OPERATOR": at})
        assert shell.run("hostname assign web-2 new.example.com").exit == 0
        assert desk.orders == {"new.example.com": sandbox.id("web-2")}
        assert shell.run("hostname assign new.example.com nobody").exit == 4


def test_a_release_asks(shell: Shell, desk: MemoryDesk) -> None:
    assert shell.run(f"hostname release {WEB}").exit == 5
    shell.answers = ["n", "y"]
    assert shell.run(f"hostname release {WEB}").exit == 5
    assert WEB in desk.bindings

    screen = shell.run(f"hostname release {WEB}")
    assert (screen.exit, WEB in desk.bindings) == (0, False)
    assert f"release '{WEB}' of {ID}" in shell.asked[0]


def test_some_of_a_release(shell: Shell, desk: MemoryDesk) -> None:
    dry = shell.run("hostname release - --dry-run", stdin=f"{WEB}\tx\n{MAIL}\n")
    assert (dry.exit, len(desk.bindings)) == (0, 2)

    screen = shell.run(f"hostname release {WEB} none.example.com -y -o json")
    assert screen.exit == 3
    assert {row["id"]: row["result"] for row in rows(screen)} == {WEB: "done", "none.example.com": "failed"}
    assert shell.run("hostname release none.example.com -y").exit == 4


def test_a_release_that_dns_does_not_let_happen(shell: Shell, desk: MemoryDesk) -> None:
    desk.ill = Unavailable("dns-away", "10.0.0.2 does not answer")
    screen = shell.run(f"hostname release {WEB} -y")

    assert screen.exit == 1
    assert "10.0.0.2 does not answer" in screen.stderr


def test_a_reset_asks_and_says_when_there_was_nothing(shell: Shell, desk: MemoryDesk) -> None:
    assert shell.run(f"hostname reset {ID}").exit == 5
    assert shell.run(f"hostname reset {ID} --dry-run").exit == 0
    assert ID in desk.attested

    assert rows(shell.run(f"hostname reset {ID} -y -o json"))[0]["result"] == "done"
    assert rows(shell.run(f"hostname reset {ID} -y -o json"))[0]["result"] == "unchanged"


def test_names_of_machines_that_are_gone(shell: Shell, desk: MemoryDesk) -> None:
    desk.gone = {WEB: "terminated", MAIL: "terminated"}
    desk.stuck = {MAIL}

    dry = shell.run("hostname gc --dry-run")
    assert (dry.exit, len(desk.bindings)) == (0, 2)
    assert dry.stdout.splitlines()[1] == f"{WEB}\t{ID}\tno\tterminated"

    screen = shell.run("hostname gc")
    assert (screen.exit, list(desk.bindings)) == (3, [MAIL])
    assert f"the name '{MAIL}' was not let go" in screen.stderr


def test_names_that_are_not_believed_to_be_free(shell: Shell, desk: MemoryDesk) -> None:
    desk.gone = {WEB: "the machine is terminated", MAIL: "too many to be believed"}
    desk.doubted = {MAIL}

    dry = shell.run("hostname gc --dry-run")
    assert (dry.exit, [line.split()[0] for line in dry.stdout.splitlines()]) == (3, [WEB])
    screen = shell.run("hostname gc")
    assert (screen.exit, list(desk.bindings)) == (3, [MAIL])
    assert "1 name is left alone: too many to be believed" in screen.stderr
    assert "--force" in screen.stderr

    assert shell.run("hostname gc --force").exit == 0
    assert desk.bindings == {}


def test_the_boot_hook_is_printed(tmp_path: Path) -> None:
    pair = self_signed(tmp_path)
    (tmp_path / "ec2kit.yaml").write_text(f"hostname: {{url: '{URL}', ca: ca.pem}}\n")
    (tmp_path / "own").write_text("#!/bin/sh\necho own\n")
    shell = Shell(tmp_path)

    alone = shell.run("hostname boothook --deadline 1m --no-etc-hosts --puppet puppet.example.com")
    assert alone.exit == 0, alone
    assert is_hook(alone.stdout)
    assert {"patience='60'", "hosts='false'", "puppet='puppet.example.com'"} <= set(alone.stdout.splitlines())
    assert pair.certificate.read_text().splitlines()[1] in alone.stdout
    assert f"{len(alone.stdout)} of 16384 bytes" in alone.stderr

    both = shell.run("hostname boothook --merge own")
    assert parts(both.stdout)[1] == ("text/x-shellscript", b"#!/bin/sh\necho own\n")
    assert shell.run("hostname boothook --url http://names.example.com").exit == 2
    assert shell.run("hostname boothook --ca nothing.pem").exit == 2
    assert Shell(tmp_path / "run").run("hostname boothook").exit == 2


def user_data(sandbox: Seeded, name: str) -> str:
    answer = sandbox.ec2.describe_instance_attribute(InstanceId=sandbox.id(name), Attribute="userData")
    return base64.b64decode(answer["UserData"].get("Value", "")).decode(errors="surrogateescape")


LAUNCH = "launch db --like web-1 --hostname db.example.com"


def test_a_launch_with_a_host_name_brings_the_hook(tmp_path: Path) -> None:
    sandbox = Seeded()
    (tmp_path / "own").write_text("#cloud-config\npackages: [nginx]\n")
    shell = Shell(tmp_path, sandbox, environ={"EC2KIT_HOSTNAME_URL": URL})

    screen = shell.run(f"{LAUNCH} --user-data own")
    assert screen.exit == 0, screen
    hook, own = parts(user_data(sandbox, "db"))
    assert is_hook(hook[1].decode())
    assert own == ("text/cloud-config", b"#cloud-config\npackages: [nginx]\n")
    instance = sandbox.instance("db")
    assert instance["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert {"Key": "ec2kit:hostname", "Value": "db.example.com"} in instance["Tags"]

    again = shell.run("launch db2 --like db --hostname db2.example.com")
    assert again.exit == 0, again
    assert len(parts(user_data(sandbox, "db2"))) == 2


def test_a_launch_enrols_with_the_puppet_server_of_the_settings(tmp_path: Path) -> None:
    sandbox = Seeded()
    (tmp_path / "ec2kit.yaml").write_text(f"hostname: {{url: '{URL}', puppet: puppet.example.com}}\n")
    shell = Shell(tmp_path, sandbox)

    assert shell.run(LAUNCH).exit == 0
    assert "puppet='puppet.example.com'" in user_data(sandbox, "db").splitlines()
    assert "puppet='puppet.example.com'" in shell.run("hostname boothook").stdout.splitlines()


def test_a_launch_can_leave_the_hosts_file_to_others(tmp_path: Path) -> None:
    sandbox = Seeded()
    (tmp_path / "own").write_text("#cloud-config\nmanage_etc_hosts: localhost\n")
    shell = Shell(tmp_path, sandbox, environ={"EC2KIT_HOSTNAME_URL": URL})

    refused = shell.run(f"{LAUNCH} --user-data own")
    assert refused.exit == 2
    assert "'manage_etc_hosts'" in refused.stderr
    assert "--no-etc-hosts" in refused.stderr
    for words in ("launch db --like web-1", f"{LAUNCH} --no-boothook"):
        assert shell.run(f"{words} --no-etc-hosts").exit == 2

    assert shell.run(f"{LAUNCH} --user-data own --no-etc-hosts").exit == 0
    hook, own = parts(user_data(sandbox, "db"))
    assert "hosts='false'" in hook[1].decode().splitlines()
    assert own[1] == b"#cloud-config\nmanage_etc_hosts: localhost\n"
    merged = shell.run("hostname boothook --merge own --no-etc-hosts")
    assert [kind for kind, _ in parts(merged.stdout)] == ["text/cloud-boothook", "text/cloud-config"]
    assert shell.run("hostname boothook --merge own").exit == 2


def test_a_launch_that_does_not_ask(tmp_path: Path) -> None:
    sandbox = Seeded()
    without = Shell(tmp_path, sandbox)
    assert without.run(LAUNCH).exit == 0
    assert not is_hook(user_data(sandbox, "db"))

    shell = Shell(tmp_path, sandbox, environ={"EC2KIT_HOSTNAME_URL": URL})
    assert shell.run(LAUNCH.replace("db", "db2", 1) + " --no-boothook").exit == 0
    assert not is_hook(user_data(sandbox, "db2"))


def test_what_does_not_fit_is_told_before_anything_is_made(tmp_path: Path) -> None:
    sandbox = Seeded()
    calls = changing(sandbox)
    (tmp_path / "own").write_text("#cloud-config\nfqdn: web-1\n")
    shell = Shell(tmp_path, sandbox, environ={"EC2KIT_HOSTNAME_URL": URL})

    screen = shell.run(f"{LAUNCH} --user-data own")
    assert screen.exit == 2
    assert "sets 'fqdn'" in screen.stderr
    assert calls == []
