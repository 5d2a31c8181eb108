"""Which application answers where: every state of a machine, and addresses that move."""

from __future__ import annotations

import pytest

from ec2kit.sandbox.machines import CONTROL_HOST, Refused, Reply, Silence, Unreachable, resolve
from tests.sandbox.seeded import Seeded


@pytest.fixture
def seeded() -> Seeded:
    return Seeded()


def test_a_seeded_machine_answers_at_each_of_its_names(seeded: Seeded) -> None:
    web = seeded.instance("web-1")
    names = ("PublicIpAddress", "PrivateIpAddress", "PublicDnsName", "PrivateDnsName")
    for host in (web[name] for name in names):
        assert seeded.probe(host) == Reply("http", web["InstanceId"]), host
        assert seeded.probe(host, 22) == Reply("ssh", web["InstanceId"]), host
        assert isinstance(seeded.probe(host, 443), Refused), host


def test_port_25_is_open_on_mail_machines_whose_group_admits_it(seeded: Seeded) -> None:
    mail = seeded.launch("mail-1", role="mail")
    seeded.boot()
    address = seeded.instance("mail-1")["PrivateIpAddress"]
    assert isinstance(seeded.probe(address, 25), Unreachable)
    seeded.ec2.authorize_security_group_ingress(
        GroupId=seeded.group("web"), IpProtocol="tcp", FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"
    )
    assert seeded.probe(address, 25) == Reply("smtp", mail)
    assert isinstance(seeded.probe(seeded.instance("web-1")["PrivateIpAddress"], 25), Refused)


def test_a_new_machine_is_unreachable_then_refuses_then_answers(seeded: Seeded) -> None:
    delays = seeded.app.world.delays
    new = seeded.launch("new")
    seeded.tick(delays.lag_max)
    address = seeded.instance("new")["PrivateIpAddress"]
    assert isinstance(seeded.probe(address), Unreachable)
    seeded.tick(delays.pending - delays.lag_max)
    assert seeded.instance("new")["State"]["Name"] == "running"
    assert seeded.probe(address) == Refused("the machine is booting")
    seeded.tick(19)
    assert isinstance(seeded.probe(address), Refused)
    seeded.tick(1)
    assert seeded.probe(address) == Reply("http", new)


def test_a_reboot_takes_the_services_away_for_a_while(seeded: Seeded) -> None:
    web = seeded.instance("web-1")
    seeded.ec2.reboot_instances(InstanceIds=[web["InstanceId"]])
    assert isinstance(seeded.probe(web["PublicIpAddress"]), Refused)
    seeded.boot()
    assert isinstance(seeded.probe(web["PublicIpAddress"]), Reply)


def test_a_machine_that_goes_is_unreachable_from_the_first_moment(seeded: Seeded) -> None:
    stopped, ended = seeded.instance("web-1"), seeded.instance("web-2")
    seeded.ec2.stop_instances(InstanceIds=[stopped["InstanceId"]])
    seeded.ec2.terminate_instances(InstanceIds=[ended["InstanceId"]])
    for _ in range(3):
        assert isinstance(seeded.probe(stopped["PrivateIpAddress"]), Unreachable)
        assert isinstance(seeded.probe(ended["PrivateIpAddress"]), Unreachable)
        seeded.tick(30)


def test_impairments(seeded: Seeded) -> None:
    web = seeded.instance("web-1")
    address, instance_id = web["PublicIpAddress"], web["InstanceId"]
    conditions = seeded.app.world.conditions

    conditions.impair(instance_id, "instance", seeded.now)
    assert isinstance(seeded.probe(address), Silence)
    assert isinstance(seeded.probe(address, 443), Refused)
    conditions.impair(instance_id, "system", seeded.now)
    assert isinstance(seeded.probe(address), Unreachable)
    conditions.mend(instance_id)
    assert isinstance(seeded.probe(address), Reply)
    conditions.dead_ports[instance_id] = {80}
    assert isinstance(seeded.probe(address), Refused)
    assert isinstance(seeded.probe(address, 22), Reply)


def test_a_zone_that_is_down_takes_its_machines_and_no_others(seeded: Seeded) -> None:
    # Asked for before: while a zone is down, DescribeInstances fails for it.
    here, elsewhere = seeded.instance("web-1"), seeded.instance("web-2")
    seeded.app.world.conditions.zones_down.add("eu-west-1a")
    assert isinstance(seeded.probe(here["PrivateIpAddress"]), Unreachable)
    assert isinstance(seeded.probe(elsewhere["PrivateIpAddress"]), Reply)


def test_an_elastic_address_leads_to_whoever_has_it_now(seeded: Seeded) -> None:
    first, second = seeded.id("web-1"), seeded.id("web-2")
    assert isinstance(seeded.probe("203.0.113.9"), Unreachable)
    (address,) = seeded.ec2.describe_addresses(PublicIps=["203.0.113.9"])["Addresses"]
    allocation = {"AllocationId": address["AllocationId"], "AllowReassociation": True}

    seeded.ec2.associate_address(InstanceId=first, **allocation)
    assert seeded.probe("203.0.113.9") == Reply("http", first)
    assert seeded.probe("ec2-203-0-113-9.eu-west-1.compute.amazonaws.com") == Reply("http", first)
    seeded.ec2.associate_address(InstanceId=second, **allocation)
    assert seeded.probe("203.0.113.9") == Reply("http", second)
    seeded.ec2.terminate_instances(InstanceIds=[second])
    assert isinstance(seeded.probe("203.0.113.9"), Unreachable)


def test_the_default_group_admits_no_probe(seeded: Seeded) -> None:
    seeded.launch("hidden", group="default")
    seeded.boot()
    hidden = seeded.instance("hidden")
    for name in ("PublicIpAddress", "PrivateIpAddress"):
        answer = seeded.probe(hidden[name])
        assert answer == Unreachable("no security group of the machine admits this port")


def test_a_rule_for_the_vpc_admits_probes_of_private_addresses_only(seeded: Seeded) -> None:
    inside = seeded.ec2.create_security_group(GroupName="inside", Description="inside")["GroupId"]
    seeded.ec2.authorize_security_group_ingress(
        GroupId=inside, IpProtocol="tcp", FromPort=1, ToPort=100, CidrIp="172.31.0.0/16"
    )
    web = seeded.instance("web-1")
    seeded.ec2.modify_instance_attribute(InstanceId=web["InstanceId"], Groups=[inside])
    assert isinstance(seeded.probe(web["PrivateIpAddress"]), Reply)
    assert isinstance(seeded.probe(web["PublicIpAddress"]), Unreachable)


def test_a_rule_for_all_traffic_admits_every_port(seeded: Seeded) -> None:
    everything = seeded.ec2.create_security_group(GroupName="all", Description="all")["GroupId"]
    seeded.ec2.authorize_security_group_ingress(GroupId=everything, IpProtocol="-1", CidrIp="0.0.0.0/0")
    web = seeded.instance("web-1")
    seeded.ec2.modify_instance_attribute(InstanceId=web["InstanceId"], Groups=[everything])
    assert isinstance(seeded.probe(web["PublicIpAddress"]), Reply)
    assert isinstance(seeded.probe(web["PublicIpAddress"], 8080), Refused)


def test_the_control_host_answers_unless_the_path_is_down(seeded: Seeded) -> None:
    address = seeded.instance("web-1")["PublicIpAddress"]
    assert seeded.probe(CONTROL_HOST, 80) == Reply("control")
    seeded.app.world.conditions.probe_path_down = True
    assert isinstance(seeded.probe(CONTROL_HOST, 80), Unreachable)
    assert isinstance(seeded.probe(address), Unreachable)


def test_addresses_of_nobody_are_unreachable(seeded: Seeded) -> None:
    for host in ("198.18.0.1", "10.0.0.1", "8.8.8.8", "www.example.com", "::1", ""):
        assert isinstance(seeded.probe(host), Unreachable), host


@pytest.mark.parametrize(
    "host, address",
    [
        ("203.0.113.9", "203.0.113.9"),
        ("EC2-203-0-113-9.eu-west-1.compute.amazonaws.com", "203.0.113.9"),
        ("ec2-203-0-113-9.compute-1.amazonaws.com", "203.0.113.9"),
        ("ip-172-31-0-4.eu-west-1.compute.internal", "172.31.0.4"),
        ("ip-172-31-0-4.ec2.internal", "172.31.0.4"),
        ("ip-999-31-0-4.ec2.internal", None),
        ("web-1.shop.example.com", None),
        ("fe80::1", None),
    ],
)
def test_names_of_ec2_resolve(host: str, address: str | None) -> None:
    assert resolve(host) == address
