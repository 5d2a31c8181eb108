"""Machines that other services of moto launch follow the same rules."""

from tests.sandbox.rules.ground import Ground


def test_a_fleet_launches_from_a_template(ground: Ground) -> None:
    data = {"ImageId": ground.image_id, "InstanceType": "t3.micro"}
    template = ground.ec2.create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData=data)[
        "LaunchTemplate"
    ]
    version = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"}
    ground.ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": version}],
        TargetCapacitySpecification={"TotalTargetCapacity": 2, "DefaultTargetCapacityType": "on-demand"},
    )
    made = ground.found()
    assert [ground.state(one) for one in made] == ["pending", "pending"]
    ground.sandbox.tick(15)
    for one in made:
        shown = ground.one(one)
        assert shown["State"]["Name"] == "running"
        assert [disk["DeviceName"] for disk in shown["BlockDeviceMappings"]] == ["/dev/xvda"]


def test_an_auto_scaling_group_replaces_what_is_terminated(ground: Ground) -> None:
    scaling = ground.sandbox.client("autoscaling")
    group = ground.ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    scaling.create_launch_configuration(
        LaunchConfigurationName="web",
        ImageId=ground.image_id,
        InstanceType="t3.micro",
        SecurityGroups=[group],
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=2,
        MaxSize=2,
        AvailabilityZones=["eu-west-1a"],
    )
    ground.sandbox.tick(15)
    first = ground.found(instance_state_name="running")
    assert len(first) == 2
    assert {one["GroupId"] for made in first for one in ground.one(made)["SecurityGroups"]} == {group}
    ground.ec2.terminate_instances(InstanceIds=first[:1])
    ground.sandbox.tick(60)
    now = ground.found(instance_state_name="running")
    assert len(now) == 2
    assert first[0] not in now
