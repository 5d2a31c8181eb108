"""Elastic IPs on the sandbox: who may lose one, and who really has it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.screens import Shell, check_golden
from tests.sandbox.seeded import Seeded

ADDRESS = "203.0.113.9"


def address(sandbox: Seeded, ip: str = ADDRESS) -> dict[str, Any]:
    (found,) = sandbox.ec2.describe_addresses(PublicIps=[ip])["Addresses"]
    return dict(found)


def holder(sandbox: Seeded) -> str | None:
    return {tag["Key"]: tag["Value"] for tag in address(sandbox)["Tags"]}.get("ec2kit:holder")


@pytest.mark.parametrize(
    "line", [f"eip assign {ADDRESS} web-1", f"eip assign web-1 {ADDRESS}", "eip assign shop web-1"]
)
def test_assign_in_either_order(shell: Shell, sandbox: Seeded, line: str) -> None:
    check_golden("fleet/eip_assign", shell.run(line))

    assert address(sandbox)["InstanceId"] == sandbox.id("web-1") == holder(sandbox)


def test_assign_again_is_unchanged(shell: Shell) -> None:
    shell.run(f"eip assign {ADDRESS} web-1")

    check_golden("fleet/eip_assign_again", shell.run(f"eip assign {ADDRESS} web-1"))


def test_assign_takes_it_only_from_who_is_named_and_asks(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"eip assign {ADDRESS} web-1")

    check_golden("fleet/eip_held", shell.run(f"eip assign {ADDRESS} web-2"))
    check_golden("fleet/eip_wrong_from", shell.run(f"eip assign {ADDRESS} web-2 --from web-3 -y"))
    assert shell.run(f"eip assign {ADDRESS} web-2 --from web-1").exit == 5
    assert address(sandbox)["InstanceId"] == sandbox.id("web-1")
    shell.answers = ["y"]
    assert shell.run(f"eip assign {ADDRESS} web-2 --from web-1").exit == 0
    assert address(sandbox)["InstanceId"] == sandbox.id("web-2") == holder(sandbox)


def test_a_rival_who_wins_is_named_and_nothing_is_written_down(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.world.conditions.rivals[ADDRESS] = sandbox.id("web-4")

    screen = shell.run(f"eip assign {ADDRESS} web-1")

    check_golden("fleet/eip_rival", screen)
    assert sandbox.id("web-4") in screen.stderr
    assert holder(sandbox) is None


def test_the_displaced_address_is_told(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"eip assign {ADDRESS} web-1")
    allocated = shell.run("eip allocate --tag Name=mail")
    second = allocated.stdout.split("\t")[1]

    plan = shell.run(f"eip assign {second} web-1 --dry-run -o table")
    done = shell.run(f"eip assign {second} web-1")

    assert f"note: {ADDRESS}, which web-1" in plan.stdout
    assert "is displaced: it stays allocated and billed" in plan.stdout
    assert done.exit == 0
    assert "InstanceId" not in address(sandbox)
    assert holder(sandbox) is None
    assert address(sandbox, second)["InstanceId"] == sandbox.id("web-1")


def test_unassign_and_release(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"eip assign {ADDRESS} web-1")

    check_golden("fleet/eip_release_held", shell.run(f"eip release {ADDRESS} -y"))
    check_golden("fleet/eip_unassign_asks", shell.run("eip unassign web-1"))
    check_golden("fleet/eip_unassign", shell.run("eip unassign web-1 -y"))
    assert holder(sandbox) is None
    shell.run(f"tag set {address(sandbox)['AllocationId']} ec2kit:keep=shop")
    check_golden("fleet/eip_release_kept", shell.run(f"eip release {ADDRESS} -y"))
    shell.run(f"tag delete {address(sandbox)['AllocationId']} ec2kit:keep")
    check_golden("fleet/eip_release", shell.run(f"eip release {ADDRESS} -y"))
    assert sandbox.ec2.describe_addresses()["Addresses"] == []


def test_a_foreign_move_shows(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"eip assign {ADDRESS} web-1")
    allocation = address(sandbox)["AllocationId"]
    sandbox.ec2.associate_address(
        AllocationId=allocation, InstanceId=sandbox.id("web-2"), AllowReassociation=True
    )
    sandbox.tick(60)

    assert shell.run("eip ls --columns state,instance_name,holder_name").stdout == "foreign\tweb-2\tweb-1\n"
    sandbox.ec2.disassociate_address(AssociationId=address(sandbox)["AssociationId"])
    sandbox.tick(60)
    assert shell.run("eip ls --columns state").stdout == "lost\n"


def test_allocate_several(shell: Shell, sandbox: Seeded) -> None:
    rows = [line.split("\t") for line in shell.run("eip allocate -n 2 --tag Name=x").stdout.splitlines()]

    assert [row[2:] for row in rows] == [["eip allocate", "done", "-", "-"]] * 2
    assert {(id, ip) for id, ip, *_ in rows} == {
        (each["AllocationId"], each["PublicIp"])
        for each in sandbox.ec2.describe_addresses()["Addresses"]
        if each["PublicIp"] != ADDRESS
    }


def test_an_address_is_named_as_it_is_allocated(shell: Shell, sandbox: Seeded) -> None:
    ip = shell.run("eip allocate --name mail --tag role=mail").stdout.split("\t")[1]

    assert {tag["Key"]: tag["Value"] for tag in address(sandbox, ip)["Tags"]}.items() >= {
        ("Name", "mail"),
        ("role", "mail"),
    }
    assert shell.run("eip assign mail web-1").exit == 0


def test_a_pipe_of_two_addresses_is_not_one(shell: Shell) -> None:
    screen = shell.run("eip assign - web-1", stdin=f"{ADDRESS}\n203.0.113.10\n")

    assert screen.exit == 2
    assert "one address and one instance, not 3 words" in screen.stderr


def test_undo_gives_it_back(shell: Shell, sandbox: Seeded) -> None:
    shell.run(f"eip assign {ADDRESS} web-1")
    shell.run(f"eip assign {ADDRESS} web-2 --from web-1 -y")

    assert shell.run("undo last -y").exit == 0

    assert address(sandbox)["InstanceId"] == sandbox.id("web-1") == holder(sandbox)
