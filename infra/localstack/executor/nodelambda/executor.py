"""A RuntimeExecutor whose execution environment is a child process.

The child speaks the public Lambda Runtime API to a small HTTP server held here, so any
runtime client works: the bundled bootstrap.mjs, aws-lambda-ric, or a custom bootstrap.
"""

import json
import logging
import os
import queue
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import Future, TimeoutError
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

LOG = logging.getLogger(__name__)
API = "/2018-06-01/runtime/"
HOST = "127.0.0.1"
INIT_TIMEOUT = float(os.environ.get("LAMBDA_INIT_TIMEOUT", "10"))
MAX_RESPONSE = 6 * 1024 * 1024 + 100
# What LocalStack passes through; everything else in our own environment stays out of functions.
INHERIT = ("PATH", "HOME", "LANG", "NODE_EXTRA_CA_CERTS")


def error_body(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class RuntimeApi(BaseHTTPRequestHandler):
    """The four routes of the Runtime API. `self.server.env` is the ProcessExecutor."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, code: int, body: bytes = b"", headers: dict | None = None):
        self.send_response(code)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        env = self.server.env
        if self.path != f"{API}invocation/next":
            return self.answer(404)
        generation = env.generation
        env.became_idle()
        call = env.calls.get()
        if call is None or generation != env.generation:
            return self.answer(410)
        env.signal(signal.SIGCONT)
        self.answer(
            200,
            call["payload"].encode(),
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": call["invoke-id"],
                "Lambda-Runtime-Deadline-Ms": str(int(call["deadline"] * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": call["invoked-function-arn"],
                "Lambda-Runtime-Trace-Id": call["trace-id"],
            },
        )

    def do_POST(self):
        env, route = self.server.env, self.path.removeprefix(API)
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if route == "init/error":
            env.init_failed(body)
        else:
            _, request_id, verb = route.split("/")
            env.finish(request_id, body, verb == "error")
        self.answer(202, b'{"status":"OK"}', {"Content-Type": "application/json"})


class ProcessExecutor(RuntimeExecutor):
    def __init__(self, id, function_version):
        super().__init__(id=id, function_version=function_version)
        self.settings = function_version.config
        self.calls: queue.Queue = queue.Queue()
        self.generation = 0
        self.process: subprocess.Popen | None = None
        self.ready: Future | None = None
        self.result: tuple[str, Future] | None = None
        self.home = Path(tempfile.mkdtemp(prefix=f"lambda-{id[:8]}-"))
        self.log_path = self.home / "output.log"
        self.log_path.touch()

    # LocalStack calls these --------------------------------------------------------------

    def start(self, env_vars):
        self.env_vars = {k: str(v) for k, v in env_vars.items()}
        self.server = ThreadingHTTPServer((HOST, 0), RuntimeApi)
        self.server.daemon_threads, self.server.env = True, self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.spawn()

    def stop(self):
        self.kill()
        self.calls.put(None)
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.home, ignore_errors=True)

    def invoke(self, payload, *_, **__):
        request_id, limit = payload["invoke-id"], float(self.settings.timeout)
        begin, log_from = time.time(), self.log_path.stat().st_size
        if self.process is None or self.process.poll() is not None:
            try:
                self.spawn()
            except StatusErrorException as e:
                return self.outcome(request_id, e.payload, True, begin, log_from)
        future: Future = Future()
        self.result = (request_id, future)
        self.calls.put({**payload, "deadline": time.time() + limit})
        try:
            body, failed = future.result(timeout=limit)
        except TimeoutError:
            self.kill()
            stamp = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            text = f"{stamp}Z {request_id} Task timed out after {limit:.2f} seconds"
            body, failed = error_body("Sandbox.Timedout", text), True
        if len(body) > MAX_RESPONSE:
            text = f"Response payload size ({len(body)} bytes) exceeded maximum allowed payload size (6291556 bytes)."
            body, failed = error_body("Function.ResponseSizeTooLarge", text), True
        return self.outcome(request_id, body, failed, begin, log_from)

    def get_logs(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def get_address(self):
        return HOST

    def get_endpoint_from_executor(self):
        return HOST

    def get_runtime_endpoint(self):
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version):
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        pass

    # the child process ---------------------------------------------------------------------

    def command(self, code: Path) -> list[str]:
        if override := os.environ.get("NODELAMBDA_COMMAND"):  # e.g. "node node_modules/aws-lambda-ric/..."
            return [*shlex.split(override), self.settings.handler]
        runtime = self.settings.runtime or ""
        if runtime.startswith("nodejs"):
            heap = max(64, int(self.settings.memory_size * 0.85))
            node = os.environ.get("NODELAMBDA_NODE", "node")
            return [node, f"--max-old-space-size={heap}", str(Path(__file__).with_name("bootstrap.mjs"))]
        if runtime.startswith("provided"):
            return [str(code / "bootstrap")]
        raise NotImplementedError(f"runtime {runtime} has no local command")

    def spawn(self):
        code = Path(self.settings.code.get_unzipped_code_location())
        self.generation += 1
        self.calls.put(None)  # lets the poll of a dead process end
        self.calls, self.ready = queue.Queue(), Future()
        env = {k: os.environ[k] for k in INHERIT if k in os.environ} | self.env_vars
        env |= {
            "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{self.server.server_port}",
            "LAMBDA_TASK_ROOT": str(code),
            "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.settings.runtime}",
            "TMPDIR": str(self.home),
        }
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(code), cwd=code, env=env, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self.watch, args=(self.process,), daemon=True).start()
        try:
            self.ready.result(timeout=INIT_TIMEOUT)
        except TimeoutError:
            self.kill()
            raise StatusErrorException(
                "init timed out", error_body("Sandbox.Timedout", "Init did not finish in time")
            ) from None

    def watch(self, process):
        code = process.wait()
        if process is not self.process:
            return
        body = error_body("Runtime.ExitError", f"Error: Runtime exited with error: exit status {code}")
        if not self.ready.done():
            self.init_failed(body)
        elif self.result and not self.result[1].done():
            self.result[1].set_result((body, True))

    def became_idle(self):
        if not self.ready.done():
            self.ready.set_result(True)
        if os.environ.get("NODELAMBDA_FREEZE") == "1" and self.calls.empty():
            self.signal(signal.SIGSTOP)  # as on AWS: nothing runs between two invocations

    def init_failed(self, body):
        if not self.ready.done():
            self.ready.set_exception(StatusErrorException("init failed", body))

    def finish(self, request_id, body, failed):
        if self.result and self.result[0] == request_id and not self.result[1].done():
            self.result[1].set_result((body, failed))

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, AttributeError):
            pass

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=5)

    def outcome(self, request_id, body, failed, begin, log_from):
        with open(self.log_path, "rb") as log:
            log.seek(log_from)
            said = log.read().decode(errors="replace")
        ms = (time.time() - begin) * 1000
        text = (
            f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}\n"
            f"{said}{'' if not said or said.endswith(chr(10)) else chr(10)}END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {ms:.2f} ms\tBilled Duration: {int(ms) + 1} ms\t"
            f"Memory Size: {self.settings.memory_size} MB\tMax Memory Used: 0 MB\n"
        )
        return InvocationResult(request_id=request_id, payload=body, is_error=failed, logs=text)
