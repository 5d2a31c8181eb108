"""Addresses, names and groups of machines."""

import ipaddress

from tests.sandbox.rules.ground import Ground, refused

PUBLIC = ipaddress.ip_network("198.18.0.0/15")


def test_addresses_are_of_the_subnet_and_of_the_benchmarking_range(ground: Ground) -> None:
    for made in ground.running(20):
        shown = ground.one(made)
        (subnet,) = ground.ec2.describe_subnets(SubnetIds=[shown["SubnetId"]])["Subnets"]
        assert ipaddress.ip_address(shown["PrivateIpAddress"]) in ipaddress.ip_network(subnet["CidrBlock"])
        assert ipaddress.ip_address(shown["PublicIpAddress"]) in PUBLIC
    assert len({ground.one(made)["PublicIpAddress"] for made in ground.found()}) == 20


def test_names_are_made_of_the_addresses(ground: Ground) -> None:
    (made,) = ground.running()
    shown = ground.one(made)
    private, public = (shown[key].replace(".", "-") for key in ("PrivateIpAddress", "PublicIpAddress"))
    assert shown["PrivateDnsName"] == f"ip-{private}.eu-west-1.compute.internal"
    assert shown["PublicDnsName"] == f"ec2-{public}.eu-west-1.compute.amazonaws.com"
    (interface,) = shown["NetworkInterfaces"]
    assert interface["PrivateDnsName"] == shown["PrivateDnsName"]
    assert interface["Association"]["PublicDnsName"] == shown["PublicDnsName"]
    assert (interface["Association"]["PublicIp"], interface["Association"]["IpOwnerId"]) == (
        shown["PublicIpAddress"],
        "amazon",
    )


def test_an_elastic_address_survives_stop_and_start(ground: Ground) -> None:
    (made,) = ground.running()
    address = ground.ec2.allocate_address(Domain="vpc")
    ground.ec2.associate_address(InstanceId=made, AllocationId=address["AllocationId"])
    assert ground.one(made)["PublicIpAddress"] == address["PublicIp"]
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    assert ground.one(made)["PublicIpAddress"] == address["PublicIp"]
    ground.ec2.start_instances(InstanceIds=[made])
    ground.sandbox.tick(15)
    assert ground.one(made)["PublicIpAddress"] == address["PublicIp"]


def test_a_private_address_by_name(ground: Ground) -> None:
    (subnet,) = ground.ec2.describe_subnets(
        Filters=[{"Name": "availability-zone", "Values": ["eu-west-1a"]}]
    )["Subnets"]
    wanted = str(ipaddress.ip_network(subnet["CidrBlock"])[77])
    (made,) = ground.launch(SubnetId=subnet["SubnetId"], PrivateIpAddress=wanted)
    assert ground.one(made)["PrivateIpAddress"] == wanted
    with refused("InvalidIPAddress.InUse"):
        ground.launch(SubnetId=subnet["SubnetId"], PrivateIpAddress=wanted)
    with refused("InvalidParameterValue"):
        ground.launch(SubnetId=subnet["SubnetId"], PrivateIpAddress="10.99.0.1")
    with refused("InvalidParameterCombination"):
        ground.launch(
            2,
            SubnetId=subnet["SubnetId"],
            PrivateIpAddress=str(ipaddress.ip_network(subnet["CidrBlock"])[78]),
        )
    ground.ec2.terminate_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    (again,) = ground.launch(SubnetId=subnet["SubnetId"], PrivateIpAddress=wanted)
    assert ground.one(again)["PrivateIpAddress"] == wanted


def test_an_interface_made_on_its_own_shares_no_address(ground: Ground) -> None:
    (subnet,) = ground.ec2.describe_subnets(
        Filters=[{"Name": "availability-zone", "Values": ["eu-west-1a"]}]
    )["Subnets"]
    named = {"SubnetId": subnet["SubnetId"]}
    own = ground.ec2.create_network_interface(**named)["NetworkInterface"]
    (made,) = ground.launch(**named)
    other = ground.ec2.create_network_interface(**named)["NetworkInterface"]
    addresses = [own["PrivateIpAddress"], ground.one(made)["PrivateIpAddress"], other["PrivateIpAddress"]]
    assert len(set(addresses)) == 3
    assert all(ipaddress.ip_address(one) in ipaddress.ip_network(subnet["CidrBlock"]) for one in addresses)


def test_a_launch_with_interfaces(ground: Ground) -> None:
    ec2 = ground.ec2
    (subnet,) = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["eu-west-1b"]}])[
        "Subnets"
    ]
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    second = ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    (made,) = ground.launch(
        NetworkInterfaces=[
            {
                "DeviceIndex": 0,
                "SubnetId": subnet["SubnetId"],
                "Groups": [group],
                "AssociatePublicIpAddress": False,
                "Description": "front",
                "SecondaryPrivateIpAddressCount": 2,
            },
            {"DeviceIndex": 1, "NetworkInterfaceId": second},
        ]
    )
    shown = ground.one(made)
    assert "PublicIpAddress" not in shown
    assert [one["GroupId"] for one in shown["SecurityGroups"]] == [group]
    front, back = sorted(shown["NetworkInterfaces"], key=lambda one: one["Attachment"]["DeviceIndex"])
    assert (front["Description"], len(front["PrivateIpAddresses"])) == ("front", 3)
    assert front["Attachment"]["DeleteOnTermination"] is True
    assert [one["GroupId"] for one in front["Groups"]] == [group]
    assert (back["NetworkInterfaceId"], back["Attachment"]["DeleteOnTermination"]) == (second, False)
    ec2.terminate_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    (left,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert (left["NetworkInterfaceId"], left["Status"]) == (second, "available")
    with refused("InvalidParameterCombination"):
        ground.launch(SubnetId=subnet["SubnetId"], NetworkInterfaces=[{"DeviceIndex": 0}])


def test_groups_are_one_list(ground: Ground) -> None:
    ec2 = ground.ec2
    (made,) = ground.running()
    (default,) = ground.one(made)["SecurityGroups"]
    assert default["GroupName"] == "default"
    web, mail = (
        ec2.create_security_group(GroupName=name, Description=name)["GroupId"] for name in ("web", "mail")
    )
    ec2.modify_instance_attribute(InstanceId=made, Groups=[web, mail])
    shown = ground.one(made)
    assert [one["GroupId"] for one in shown["SecurityGroups"]] == [web, mail]
    assert [one["GroupId"] for one in shown["NetworkInterfaces"][0]["Groups"]] == [web, mail]
    interface = shown["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[mail])
    assert [one["GroupId"] for one in ground.one(made)["SecurityGroups"]] == [mail]
    with refused("InvalidGroup.NotFound"):
        ec2.modify_instance_attribute(InstanceId=made, Groups=["sg-0123456789abcdef0"])
    assert [one["GroupId"] for one in ground.one(made)["SecurityGroups"]] == [mail]
