"""What is in an account of AWS, as its own APIs tell it, as JSON.

`zone NAME` makes a hosted zone and prints its id; `all` prints everything that the module makes.
"""

import json
import sys

import boto3


def every(service: str, operation: str, key: str, **arguments) -> list:
    client = boto3.client(service)
    if not client.can_paginate(operation):
        return getattr(client, operation)(**arguments)[key]
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[key]]


def secrets() -> list:
    client = boto3.client("secretsmanager")
    found = every("secretsmanager", "list_secrets", "SecretList")
    return [{**secret, "Value": json.loads(client.get_secret_value(SecretId=secret["ARN"])["SecretString"])} for secret in found]


def roles() -> list:
    iam = boto3.client("iam")

    def attached(arn: str):
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]

    def policies(name: str) -> list:
        managed = every("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        inline = every("iam", "list_role_policies", "PolicyNames", RoleName=name)
        return [attached(policy["PolicyArn"]) for policy in managed] + [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in inline
        ]

    return [{**role, "Policies": policies(role["RoleName"])} for role in every("iam", "list_roles", "Roles")]


# Clusters and services that are gone are still told of for a while, as inactive.
def active(found: list) -> list:
    return [one for one in found if one["status"] == "ACTIVE"]


def clusters() -> list:
    arns = every("ecs", "list_clusters", "clusterArns")
    return active(boto3.client("ecs").describe_clusters(clusters=arns)["clusters"])


def services() -> list:
    ecs = boto3.client("ecs")
    return active([
        service
        for cluster in every("ecs", "list_clusters", "clusterArns")
        for arn in every("ecs", "list_services", "serviceArns", cluster=cluster)
        for service in ecs.describe_services(cluster=cluster, services=[arn])["services"]
    ])


def task_definitions() -> list:
    ecs = boto3.client("ecs")
    arns = every("ecs", "list_task_definitions", "taskDefinitionArns", status="ACTIVE")
    return [ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns]


def load_balancers() -> dict:
    balancers = every("elbv2", "describe_load_balancers", "LoadBalancers")
    listeners = [
        listener
        for balancer in balancers
        for listener in every("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"])
    ]
    return {
        "loadBalancers": balancers,
        "listeners": listeners,
        "targetGroups": every("elbv2", "describe_target_groups", "TargetGroups"),
    }


def network() -> dict:
    kinds = {
        "vpcs": ("describe_vpcs", "Vpcs"),
        "subnets": ("describe_subnets", "Subnets"),
        "securityGroups": ("describe_security_groups", "SecurityGroups"),
        "internetGateways": ("describe_internet_gateways", "InternetGateways"),
        "routeTables": ("describe_route_tables", "RouteTables"),
        "addresses": ("describe_addresses", "Addresses"),
        "flowLogs": ("describe_flow_logs", "FlowLogs"),
    }
    found = {name: every("ec2", *how) for name, how in kinds.items()}
    gateways = every("ec2", "describe_nat_gateways", "NatGateways")
    # Those that are gone are still told of for a while.
    return {**found, "natGateways": [gateway for gateway in gateways if gateway["State"] != "deleted"]}


def keys() -> list:
    kms = boto3.client("kms")
    found = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in every("kms", "list_keys", "Keys")]
    # A key is never gone at once: it waits for its deletion.
    return [key for key in found if key["KeyState"] != "PendingDeletion"]


def records() -> list:
    zones = every("route53", "list_hosted_zones", "HostedZones")
    return [
        record
        for zone in zones
        for record in every("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])
    ]


def everything() -> dict:
    return {
        "secrets": secrets(),
        "roles": roles(),
        "policies": every("iam", "list_policies", "Policies", Scope="Local"),
        "clusters": clusters(),
        "services": services(),
        "taskDefinitions": task_definitions(),
        **load_balancers(),
        **network(),
        "keys": keys(),
        "records": records(),
        "certificates": every("acm", "list_certificates", "CertificateSummaryList"),
        "logGroups": every("logs", "describe_log_groups", "logGroups"),
        "alarms": every("cloudwatch", "describe_alarms", "MetricAlarms"),
        "topics": every("sns", "list_topics", "Topics"),
        "subscriptions": every("sns", "list_subscriptions", "Subscriptions"),
        "scalableTargets": every("application-autoscaling", "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs"),
        "scalingPolicies": every("application-autoscaling", "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs"),
    }


if sys.argv[1] == "zone":
    zone = boto3.client("route53").create_hosted_zone(Name=sys.argv[2], CallerReference="test")
    print(zone["HostedZone"]["Id"].removeprefix("/hostedzone/"))
else:
    print(json.dumps(everything(), default=str))
