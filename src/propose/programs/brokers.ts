import type { KnownProgram } from "../known.ts";

/** Brokers of messages. */
export const brokers: readonly KnownProgram[] = [
  {
    program: "Redpanda",
    mark: /^redpanda_(kafka_request_latency_seconds_count|rpc_active_connections)$/,
    isWhole: true,
    connections: [
      {
        name: "redpanda_rpc_active_connections",
        matchLabels: { redpanda_server: "kafka" },
        why: "open connections of clients, without those of other brokers",
      },
      { name: "redpanda_rpc_active_connections", isSingle: true, why: "open connections" },
    ],
    responseTime: [
      {
        name: "redpanda_kafka_request_latency_seconds",
        matchLabels: { redpanda_request: "produce" },
        why: "response time to producers; consumers wait for messages on purpose",
      },
    ],
  },
  {
    program: "Pulsar",
    mark: /^pulsar_(broker_)?(topics_count|active_connections)$/,
    isWhole: true,
    connections: [{ name: "pulsar_active_connections", why: "open connections of clients" }],
  },
  {
    program: "RabbitMQ",
    // Clients in Java report rabbitmq_connections of their own.
    mark: /^rabbitmq_(identity_info|build_info|up)$/,
    isWhole: true,
    connections: [{ name: "rabbitmq_connections", why: "open connections of clients" }],
    requests: [
      { name: "rabbitmq_global_messages_received_total", why: "messages that came in" },
      { name: "rabbitmq_channel_messages_published_total", why: "messages that came in" },
    ],
  },
  {
    program: "NATS (its exporter)",
    mark: /^gnatsd_varz_connections$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "gnatsd_varz_connections", why: "open connections of clients" }],
    load: [
      {
        name: "gnatsd_varz_connections",
        capacity: { of: "gnatsd_varz_max_connections" },
        why: "open connections out of gnatsd_varz_max_connections",
      },
    ],
    requests: [{ name: "gnatsd_varz_in_msgs", why: "messages that came in" }],
  },
  {
    program: "NATS",
    mark: /^slow_consumers$/,
    isWhole: true,
    connections: [{ name: "connections", why: "open connections of clients" }],
    load: [
      { name: "connections", capacity: { of: "max_connections" }, why: "open connections out of max_connections" },
    ],
    requests: [{ name: "in_msgs", why: "messages that came in" }],
  },
];
