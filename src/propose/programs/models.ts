import type { KnownProgram } from "../known.ts";

/** Servers of models. */
export const models: readonly KnownProgram[] = [
  {
    program: "vLLM",
    mark: /^vllm:num_requests_running$/,
    isWhole: true,
    connections: [{ name: "vllm:num_requests_running", why: "requests that the engine is working on" }],
    load: [
      { name: "vllm:kv_cache_usage_perc", capacity: "1", why: "share of the KV cache in use; 1 is full" },
      { name: "vllm:gpu_cache_usage_perc", capacity: "1", why: "share of the KV cache in use; 1 is full" },
    ],
    requests: [{ name: "vllm:request_success_total", why: "requests that were answered" }],
    responseTime: [
      { name: "vllm:e2e_request_latency_seconds", why: "from the arrival of a request to its last token" },
    ],
  },
  {
    program: "NVIDIA NIM",
    mark: /^num_request_max$/,
    isWhole: true,
    connections: [{ name: "num_requests_running", why: "requests that the engine is working on" }],
    load: [
      { name: "gpu_cache_usage_perc", capacity: "1", why: "share of the KV cache in use; 1 is full" },
      { name: "num_requests_running", capacity: { of: "num_request_max" }, why: "requests, of num_request_max" },
    ],
    requests: [{ name: "request_finish_total", why: "requests that were answered" }],
    responseTime: [{ name: "e2e_request_latency_seconds", why: "from the arrival of a request to its last token" }],
  },
  {
    program: "SGLang",
    mark: /^sglang:num_running_reqs$/,
    isWhole: true,
    connections: [{ name: "sglang:num_running_reqs", why: "requests that the engine is working on" }],
    load: [{ name: "sglang:token_usage", capacity: "1", why: "share of the token pool in use; 1 is full" }],
    requests: [{ name: "sglang:num_requests_total", why: "requests that were answered" }],
    responseTime: [
      { name: "sglang:e2e_request_latency_seconds", why: "from the arrival of a request to its last token" },
    ],
  },
  {
    program: "llama.cpp",
    mark: /^llamacpp:requests_processing$/,
    isWhole: true,
    connections: [{ name: "llamacpp:requests_processing", why: "requests that the server is working on" }],
    load: [{ name: "llamacpp:kv_cache_usage_ratio", capacity: "1", why: "share of the KV cache in use; 1 is full" }],
  },
  {
    program: "Text Generation Inference",
    mark: /^tgi_batch_current_size$/,
    isWhole: true,
    connections: [{ name: "tgi_batch_current_size", why: "requests in the running batch" }],
    requests: [{ name: "tgi_request_count", why: "requests that came in" }],
    responseTime: [{ name: "tgi_request_duration", why: "from the arrival of a request to its last token" }],
  },
  {
    program: "Triton Inference Server",
    mark: /^nv_inference_request_success$/,
    isWhole: true,
    connections: [{ name: "nv_inference_pending_request_count", why: "requests that wait or run" }],
    load: [{ name: "nv_gpu_utilization", capacity: "1", why: "share of time in which the GPU was busy" }],
    requests: [{ name: "nv_inference_request_success", why: "inferences that were answered" }],
  },
  {
    program: "TensorRT-LLM",
    mark: /^trtllm_num_requests_running$/,
    isWhole: true,
    connections: [{ name: "trtllm_num_requests_running", why: "requests that the engine is working on" }],
    load: [{ name: "trtllm_kv_cache_utilization", capacity: "1", why: "share of the KV cache in use; 1 is full" }],
  },
  {
    program: "Ray Serve",
    mark: /^ray_serve_(replica_processing_queries|num_ongoing_http_requests|num_http_requests_total)$/,
    // The agent of the node has the page, and the replicas are processes of their own.
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "ray_serve_replica_processing_queries", why: "requests that the replicas of this node are working on" },
      { name: "ray_serve_num_ongoing_http_requests", why: "requests in progress at the proxy of this node" },
    ],
    requests: [{ name: "ray_serve_num_http_requests_total", why: "requests from clients" }],
    responseTime: [
      {
        name: "ray_serve_http_request_latency_ms",
        unit: "Milliseconds",
        why: "response time of requests, from the proxy's view",
      },
      {
        name: "ray_serve_deployment_processing_latency_ms",
        unit: "Milliseconds",
        why: "how long the replicas of this node work on a request",
      },
    ],
    errors: [{ name: "ray_serve_num_http_error_requests_total", why: "requests that failed" }],
  },
  {
    program: "TensorFlow Serving",
    mark: /^:tensorflow:/,
    isWhole: true,
    requests: [{ name: ":tensorflow:serving:request_count", why: "requests that were answered" }],
    note: "Its times are microseconds, which a pool does not read, and its page does not say how many requests are in progress.",
  },
];
