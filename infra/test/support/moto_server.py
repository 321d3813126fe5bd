"""An emulator of AWS on 127.0.0.1: moto, with what the provider of Terraform asks for and moto lacks.

Takes the port. Ends with its standard input, so that it never outlives the test that started it.
"""

import json
import logging
import os
import sys
import threading

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.server import main

tags_by_arn: dict[str, dict[str, str]] = {}


def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
    return json.dumps({"Tags": tags_by_arn.get(self._get_param("ResourceARN"), {})})


def tag_resource(self: ApplicationAutoScalingResponse) -> str:
    tags_by_arn.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
    return json.dumps({})


create_service = EC2ContainerServiceResponse.create_service


def create_whole_service(self: EC2ContainerServiceResponse):
    """moto keeps some of what describes a service; the provider takes the rest for changed."""
    answer = create_service(self)
    service = answer.result["service"]
    for name, value in self._get_params().items():
        attribute = camelcase_to_underscores(name)
        if attribute != "cluster" and not hasattr(service, attribute):
            setattr(service, attribute, value)
    return answer


def description(self: SecurityGroupRule) -> str | None:
    """That of a rule whose other side is a group is kept with the group."""
    return self.ip_range.get("Description") or self.source_group.get("Description")


SecurityGroupRule.description = property(description)
ApplicationAutoScalingResponse.list_tags_for_resource = list_tags_for_resource
ApplicationAutoScalingResponse.tag_resource = tag_resource
EC2ContainerServiceResponse.create_service = create_whole_service


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
logging.getLogger("werkzeug").setLevel(logging.ERROR)
main(["--port", sys.argv[1]])
