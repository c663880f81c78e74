"""TraceFunction: makes one trace of a run when it ends, and sends it by OTLP. It exists only if asked for."""
