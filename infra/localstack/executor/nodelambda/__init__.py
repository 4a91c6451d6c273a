"""LocalStack without Docker: a Lambda executor that runs functions as local processes.

One process and one Runtime API endpoint per execution environment, as on AWS.
Select it with LAMBDA_RUNTIME_EXECUTOR=node.
"""

import os
from pathlib import Path

from localstack import config
from localstack.aws.api import CommonServiceException
from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class NodeExecutorPlugin(RuntimeExecutorPlugin):
    name = "node"

    def load(self, *args, **kwargs):
        from nodelambda.executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_infra_start(should_load=lambda: bool(os.environ.get("DDB_LOCAL_DIR")))
def use_given_dynamodb_local():
    """Run the DynamoDB Local found in DDB_LOCAL_DIR instead of downloading one."""
    from localstack.services.dynamodb import packages, server

    home = Path(os.environ["DDB_LOCAL_DIR"]).resolve()

    def command(self):
        place = ["-inMemory"] if self.in_memory else ["-dbPath", self.db_path]
        return [
            "java", f"-Xmx{self.heap_size}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            f"-Djava.library.path={home / 'DynamoDBLocal_lib'}", "-jar", str(home / "DynamoDBLocal.jar"),
            "-port", str(self.port), *place, *(["-sharedDb"] if self.share_db else []),
        ]  # fmt: skip

    server.DynamodbServer._create_shell_command = command
    packages.DynamoDBLocalPackageInstaller.install = lambda *a, **k: None
    packages.DynamoDBLocalPackageInstaller.get_java_env_vars = lambda self: {}


@hooks.on_infra_start()
def listen_where_told():
    """LocalStack 4.14 ignores the host of an IPv4 GATEWAY_LISTEN and binds 0.0.0.0; here it is the endpoint's interface."""
    from functools import partial
    from types import SimpleNamespace

    from localstack.runtime.server import twisted

    [first, *_] = config.GATEWAY_LISTEN
    given = twisted.endpoints
    twisted.endpoints = SimpleNamespace(
        TCP6ServerEndpoint=given.TCP6ServerEndpoint,
        TCP4ServerEndpoint=partial(given.TCP4ServerEndpoint, interface=first.host),
    )


@hooks.on_infra_start()
def fill_api_gaps():
    """Three answers that free LocalStack lacks: payload limits on Invoke, and a harmless ECR.

    `serverless remove` asks ECR for a repository and takes AccessDeniedException for "no".
    """
    from localstack.aws.handlers import serve_custom_service_request_handlers

    def gaps(_chain, context, _response):
        name = context.service.service_name if context.service else ""
        if name == "ecr":
            raise CommonServiceException("AccessDeniedException", "ECR is not emulated", status_code=400)
        if name == "lambda" and context.operation and context.operation.name == "Invoke":
            is_event = context.request.headers.get("X-Amz-Invocation-Type") == "Event"
            limit = 1048576 if is_event else 6291456
            if (context.request.content_length or 0) > limit:
                text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
                raise CommonServiceException("RequestTooLargeException", text, status_code=413)

    serve_custom_service_request_handlers.append(gaps)
