import ipaddress
from typing import Any

from ec2kit.sandbox.rules import address_pool, addresses
from tests.sandbox.rules.making import calm, instance, launch, make_image, refused
from tests.support.inprocess import InProcess


def allocate(sandbox: InProcess, **more: Any) -> dict[str, str]:
    made: dict[str, str] = sandbox.client("ec2").allocate_address(Domain="vpc", **more)
    return made


def associate(sandbox: InProcess, address: dict[str, str], instance_id: str, **more: Any) -> str:
    answer = sandbox.client("ec2").associate_address(
        AllocationId=address["AllocationId"], InstanceId=instance_id, **more
    )
    return str(answer["AssociationId"])


def holder(sandbox: InProcess, address: dict[str, str]) -> str | None:
    found = sandbox.client("ec2").describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"][0]
    held: str | None = found.get("InstanceId")
    return held


def public_ip(sandbox: InProcess, instance_id: str) -> str | None:
    shown: str | None = instance(sandbox, instance_id).get("PublicIpAddress")
    return shown


def test_addresses_are_of_the_documentation_range_and_carry_their_tags() -> None:
    sandbox = calm()
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "www"}]}]
    made = allocate(sandbox, TagSpecifications=tags)
    assert ipaddress.ip_address(made["PublicIp"]) in ipaddress.ip_network("203.0.113.0/24")
    (found,) = sandbox.client("ec2").describe_addresses()["Addresses"]
    assert found["Tags"] == [{"Key": "Name", "Value": "www"}]
    assert (found["Domain"], found["PublicIpv4Pool"]) == ("vpc", "amazon")
    assert not {"InstanceId", "AssociationId", "NetworkInterfaceId"} & set(found)
    asked = allocate(sandbox, Address="203.0.113.9")
    assert asked["PublicIp"] == "203.0.113.9"
    with refused("InvalidAddress.NotFound"):
        allocate(sandbox, Address="203.0.113.9")
    kinds = sandbox.client("ec2").describe_tags()["Tags"]
    assert [one["ResourceType"] for one in kinds] == ["elastic-ip"]


def test_there_is_a_quota() -> None:
    sandbox = calm()
    for _ in range(20):
        allocate(sandbox)
    with refused("AddressLimitExceeded"):
        allocate(sandbox)
    assert len({one["PublicIp"] for one in sandbox.client("ec2").describe_addresses()["Addresses"]}) == 20
    address_pool.set_quota(21)
    allocate(sandbox)


def test_the_holder_shows_it_and_keeps_it_through_a_stop() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    automatic = public_ip(sandbox, instance_id)
    address = allocate(sandbox)
    association_id = associate(sandbox, address, instance_id)
    assert public_ip(sandbox, instance_id) == address["PublicIp"] != automatic
    (found,) = ec2.describe_addresses()["Addresses"]
    nic = instance(sandbox, instance_id)["NetworkInterfaces"][0]
    assert (found["InstanceId"], found["AssociationId"]) == (instance_id, association_id)
    assert (found["NetworkInterfaceId"], found["PrivateIpAddress"]) == (
        nic["NetworkInterfaceId"],
        nic["PrivateIpAddress"],
    )
    ec2.stop_instances(InstanceIds=[instance_id])
    sandbox.tick(30)
    assert public_ip(sandbox, instance_id) == address["PublicIp"]
    ec2.start_instances(InstanceIds=[instance_id])
    sandbox.tick(15)
    assert public_ip(sandbox, instance_id) == address["PublicIp"]
    assert associate(sandbox, address, instance_id) == association_id


def test_a_move_is_automatic_and_takes_it_from_the_old_machine() -> None:
    sandbox = calm()
    old, new = launch(sandbox, make_image(sandbox), count=2)
    address = allocate(sandbox)
    first = associate(sandbox, address, old)
    with refused("Resource.AlreadyAssociated"):
        associate(sandbox, address, new, AllowReassociation=False)
    assert holder(sandbox, address) == old
    assert associate(sandbox, address, new) != first
    assert holder(sandbox, address) == new
    assert public_ip(sandbox, new) == address["PublicIp"]
    # The old one is running and was launched with an automatic address: it gets a new one.
    again = public_ip(sandbox, old)
    assert again is not None
    assert ipaddress.ip_address(again) in ipaddress.ip_network("198.18.0.0/15")
    associate(sandbox, address, old, AllowReassociation=True)
    assert holder(sandbox, address) == old


def test_it_is_taken_from_a_stopped_machine_which_then_has_none_until_it_starts() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    old, new = launch(sandbox, make_image(sandbox), count=2)
    address = allocate(sandbox)
    associate(sandbox, address, old)
    ec2.stop_instances(InstanceIds=[old])
    sandbox.tick(30)
    associate(sandbox, address, new)
    assert public_ip(sandbox, old) is None
    ec2.start_instances(InstanceIds=[old])
    sandbox.tick(15)
    assert public_ip(sandbox, old) not in (None, address["PublicIp"])


def test_it_displaces_the_targets_own_address_which_stays_allocated() -> None:
    sandbox = calm()
    first, second = launch(sandbox, make_image(sandbox), count=2)
    mine, yours = allocate(sandbox), allocate(sandbox)
    associate(sandbox, mine, first)
    associate(sandbox, yours, second)
    # AllowReassociation is about the address, not about the machine.
    sandbox.client("ec2").disassociate_address(AssociationId=associate(sandbox, mine, first))
    associate(sandbox, mine, second, AllowReassociation=False)
    assert (holder(sandbox, mine), holder(sandbox, yours)) == (second, None)
    assert public_ip(sandbox, second) == mine["PublicIp"]


def test_who_cannot_have_one() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox)
    (gone,) = launch(sandbox, image_id)
    address = allocate(sandbox)
    ec2.terminate_instances(InstanceIds=[gone])
    with refused("InvalidInstanceID"):
        associate(sandbox, address, gone)
    sandbox.tick(60)
    with refused("InvalidInstanceID"):
        associate(sandbox, address, gone)
    young = ec2.run_instances(ImageId=image_id, MinCount=1, MaxCount=1, InstanceType="t3.micro")
    with refused("InvalidInstanceID"):
        associate(sandbox, address, young["Instances"][0]["InstanceId"])
    with refused("InvalidInstanceID.NotFound"):
        associate(sandbox, address, "i-0123456789abcdef0")
    with refused("InvalidAllocationID.NotFound"):
        associate(sandbox, {"AllocationId": "eipalloc-0123456789abcdef0"}, gone)
    with refused("InvalidAddress.NotFound"):
        ec2.associate_address(PublicIp="203.0.113.77", InstanceId=gone)


def test_of_several_interfaces_one_must_be_named() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    subnet = instance(sandbox, instance_id)["SubnetId"]
    second = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=instance_id, DeviceIndex=1)
    address = allocate(sandbox)
    with refused("InvalidInstanceID"):
        associate(sandbox, address, instance_id)
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=second)
    assert holder(sandbox, address) == instance_id


def test_termination_frees_it() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    address = allocate(sandbox)
    associate(sandbox, address, instance_id)
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=address["AllocationId"])
    ec2.terminate_instances(InstanceIds=[instance_id])
    sandbox.tick(30)
    assert holder(sandbox, address) is None
    ec2.release_address(AllocationId=address["AllocationId"])
    with refused("InvalidAllocationID.NotFound"):
        ec2.release_address(AllocationId=address["AllocationId"])
    with refused("InvalidAllocationID.NotFound"):
        holder(sandbox, address)
    with refused("InvalidAddress.NotFound"):
        ec2.describe_addresses(PublicIps=[address["PublicIp"]])


def test_it_is_let_go_by_its_association_and_released_by_its_allocation() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    address = allocate(sandbox)
    association_id = associate(sandbox, address, instance_id)
    with refused("InvalidParameterValue"):
        ec2.disassociate_address(PublicIp=address["PublicIp"])
    ec2.disassociate_address(AssociationId=association_id)
    assert public_ip(sandbox, instance_id) not in (None, address["PublicIp"])
    with refused("InvalidAssociationID.NotFound"):
        ec2.disassociate_address(AssociationId=association_id)
    with refused("InvalidParameterValue"):
        ec2.release_address(PublicIp=address["PublicIp"])


def test_listing_by_filter() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    held, free = allocate(sandbox), allocate(sandbox)
    associate(sandbox, held, instance_id)
    (shown,) = ec2.describe_addresses(PublicIps=[held["PublicIp"]])["Addresses"]
    for name, value in (
        ("instance-id", instance_id),
        ("association-id", shown["AssociationId"]),
        ("network-interface-id", shown["NetworkInterfaceId"]),
        ("network-interface-owner-id", "123456789012"),
        ("private-ip-address", shown["PrivateIpAddress"]),
        ("public-ip", held["PublicIp"]),
        ("allocation-id", held["AllocationId"]),
    ):
        found = ec2.describe_addresses(Filters=[{"Name": name, "Values": [value]}])["Addresses"]
        assert [one["PublicIp"] for one in found] == [held["PublicIp"]], name
    by_domain = ec2.describe_addresses(Filters=[{"Name": "domain", "Values": ["vpc"]}])["Addresses"]
    assert {one["PublicIp"] for one in by_domain} == {held["PublicIp"], free["PublicIp"]}


def test_a_rival_takes_the_address_right_after_we_were_told_that_it_is_ours() -> None:
    sandbox = calm()
    mine, rival = launch(sandbox, make_image(sandbox), count=2)
    address = allocate(sandbox)
    sandbox.app.world.conditions.rivals[address["PublicIp"]] = rival
    association_id = associate(sandbox, address, mine)
    assert holder(sandbox, address) == rival
    (found,) = sandbox.client("ec2").describe_addresses()["Addresses"]
    assert found["AssociationId"] != association_id
    associate(sandbox, address, mine)
    assert holder(sandbox, address) == mine


def test_a_rival_takes_it_at_any_time() -> None:
    sandbox = calm()
    mine, rival = launch(sandbox, make_image(sandbox), count=2)
    address = allocate(sandbox)
    associate(sandbox, address, mine)
    assert addresses.rival_takes(address["PublicIp"], rival)
    assert holder(sandbox, address) == rival
    assert not addresses.rival_takes(address["PublicIp"], "i-0123456789abcdef0")
    assert not addresses.rival_takes("203.0.113.250", rival)
