"""Traces by OpenTelemetry, as a collector gets them."""

import gzip
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from subprocess import run as run_process
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.processes import ROOT
from tests.serving import served

pytestmark = [pytest.mark.once, pytest.mark.needs("minutes")]

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collector():
    """The address of a collector, and the spans that it has got."""
    spans = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                spans.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", spans
        server.shutdown()
        thread.join()


def test_a_request_is_a_span_in_the_trace_of_its_caller(tmp_path, collector):
    endpoint, spans = collector
    with served(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as process:
        with process.client(traceparent=f"00-{TRACE}-{PARENT}-01") as http:
            http.get("/api/application/products?q=secret", headers={"X-Request-Id": "one"})
            http.get("/api/application/products/999")
        process.stop()
    ours = [span for span in spans if span.trace_id.hex() == TRACE]
    assert [span.name for span in ours] == ["products.index", "products.show"]
    assert {span.parent_span_id.hex() for span in ours} == {PARENT}
    attributes = [{each.key: each.value for each in span.attributes} for span in ours]
    codes = [each["http.response.status_code"].int_value for each in attributes]
    assert codes == [200, 404]
    assert attributes[0]["clientxcms.request_id"].string_value == "one"
    assert attributes[1]["http.route"].string_value == "/api/application/products/{product_id}"
    assert "secret" not in str(spans)
    assert process.key not in str(spans)


def test_a_collector_that_is_not_there_hinders_nobody(tmp_path):
    with (
        served(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") as process,
        process.client() as http,
    ):
        assert http.get("/api/application/products").status_code == 200


def test_without_an_endpoint_nothing_of_it_is_loaded():
    script = (
        "import sys; from app.server import create_server; create_server();"
        "print('opentelemetry.sdk' in sys.modules)"
    )
    ran = run_process(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert ran.stdout == "False\n"
