"""An AWS account with nothing in it but what a test deploys there, as a team types it; there is no OpenAI."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runrelay import local_aws
from tasks import artifact, local_stack, ministack, scratch
from tasks.checkout import ROOT
from tasks.ports import free_ports

TABLE = "RunTable"


@dataclass(frozen=True)
class Account:
    """A MiniStack, and the stack in it that a test is about."""

    url: str
    stack_name: str

    def client(self, service: str) -> Any:
        return local_aws.client(service, self.url)

    def physical_name(self, logical_id: str) -> str:
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack_name, LogicalResourceId=logical_id
        )
        name: str = found["StackResourceDetail"]["PhysicalResourceId"]
        return name

    def deploy(self, environment: str, parameters: Mapping[str, str], **variables: str) -> str:
        """Run `make deploy`, and give what it printed."""
        words = " ".join(f"{name}={value}" for name, value in (architecture() | parameters).items())
        inherited = ministack.shell_environment(self.url) | variables
        deployed = make_deploy(inherited, f"ENVIRONMENT={environment}", f"PARAMETERS={words}")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        return deployed.stdout

    def uploaded(self) -> list[dict[str, Any]]:
        """Give each template with a table that SAM has uploaded, in the order of time."""
        s3 = self.client("s3")
        objects = [
            (each["LastModified"], bucket["Name"], each["Key"])
            for bucket in s3.list_buckets()["Buckets"]
            for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
            if each["Key"].endswith(".template")
        ]
        bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for _, bucket, key in sorted(objects))
        return [each for each in map(yaml.safe_load, bodies) if TABLE in each["Resources"]]

    def count(self, logical_id: str, status: str) -> int:
        """Count what CloudFormation tells of a resource of the stack."""
        paginator = self.client("cloudformation").get_paginator("describe_stack_events")
        events = [
            (each["LogicalResourceId"], each["ResourceStatus"])
            for page in paginator.paginate(StackName=self.stack_name)
            for each in page["StackEvents"]
        ]
        return events.count((logical_id, status))


def make_deploy(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `make deploy`, whether or not it comes to anything, in an environment of its own."""
    return subprocess.run(
        ["make", "deploy", *arguments],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if not name.startswith(("MAKE", "MFLAGS"))},
        capture_output=True,
        text=True,
        check=False,
    )


def architecture() -> dict[str, str]:
    return {"Architecture": artifact.host_architecture()}


@contextmanager
def an_account(directory: Path, stack_name: str) -> Iterator[Account]:
    """Start a MiniStack; it ends with the context."""
    (directory / "logs").mkdir()
    (port,) = free_ports(1)
    account = Account(f"http://127.0.0.1:{port}", stack_name)
    daemon = ministack.start(directory, port, {})
    try:
        local_stack._wait_until_healthy(daemon, f"{account.url}/_ministack/ready")
        yield account
    finally:
        daemon.stop()
        scratch.drop(directory / "data")
