"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says where they go.

The packages are those of requirements-otel.txt. Nothing of them is loaded without that setting, and
there is no step that looks for it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from app.pipeline.call import ID, KEY, App, Receive, Scope, Send
from app.settings import InvalidSettings

# How long a server that stops waits for a collector, in milliseconds.
LAST_CALL = 1500


class Traces(NamedTuple):
    """The steps that make traces, if any, and what sends those that have not been sent yet."""

    steps: Sequence[Callable[[App], App]] = ()
    flush: Callable[[], object] = bool


def tracing(endpoint: str) -> Traces:
    """The step that makes a span of each request; none without an endpoint.

    Raises InvalidSettings if the packages are not installed. All else of OpenTelemetry (headers,
    sampling, the name of the service) is set by its own variables.
    """
    if not endpoint:
        return Traces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise InvalidSettings(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs packages: pip install -r requirements-otel.txt."
        ) from None
    # Variables of OpenTelemetry win over this name.
    provider = TracerProvider(
        resource=Resource.create({"service.name": "clientxcms"}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("clientxcms")
    return Traces([lambda app: Tracing(app, tracer)], lambda: provider.force_flush(LAST_CALL))


class Tracing:
    """A span for each request, in the trace that the caller has begun (W3C Trace Context)."""

    def __init__(self, app: App, tracer: Any) -> None:
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self.app = app
        self._tracer = tracer
        self._extract = TraceContextTextMapPropagator().extract
        self._kind = SpanKind.SERVER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = {str(name, "latin-1"): str(value, "latin-1") for name, value in scope["headers"]}
        with self._tracer.start_as_current_span(
            scope["method"], context=self._extract(sent), kind=self._kind
        ) as span:

            async def watch(message: Any) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self.app(scope, receive, watch)
            # Of a request, only what cannot be personal: no address, no header but its id.
            span.set_attribute("http.request.method", scope["method"])
            span.set_attribute("clientxcms.request_id", scope[ID])
            if call := scope.get(KEY):
                span.update_name(call.operation.id)
                span.set_attribute("http.route", f"/api{call.operation.path}")
