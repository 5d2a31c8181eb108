from tests.sandbox.rules.making import calm, launch, make_image, refused


def test_a_group_stays_while_an_instance_has_it() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    (instance_id,) = launch(sandbox, make_image(sandbox), SecurityGroupIds=[group])
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.terminate_instances(InstanceIds=[instance_id])
    sandbox.tick(60)
    ec2.delete_security_group(GroupId=group)
    with refused("InvalidGroup.NotFound"):
        ec2.delete_security_group(GroupId=group)


def test_a_group_stays_while_another_one_names_it_and_the_default_one_for_ever() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    web, db = (
        ec2.create_security_group(GroupName=name, Description=name)["GroupId"] for name in ("web", "db")
    )
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": web}]}
    ec2.authorize_security_group_ingress(GroupId=db, IpPermissions=[rule])
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=web)
    ec2.delete_security_group(GroupId=db)
    ec2.delete_security_group(GroupId=web)
    default = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    with refused("CannotDelete"):
        ec2.delete_security_group(GroupId=default)
