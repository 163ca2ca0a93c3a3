import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from "@grpc/grpc-js";
import { definitionOfService, type GrpcService } from "./services.ts";

interface HealthRequest {
  readonly service: string;
}

interface HealthAnswer {
  readonly status: "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";
}

type Watcher = ServerWritableStream<HealthRequest, HealthAnswer>;

/** What a gRPC server says of its services to who probes them. The empty name is the server's own. */
export interface GrpcHealth {
  readonly service: GrpcService;
  set(name: string, isServing: boolean): void;
  /** Nothing is served from now on. */
  end(): void;
}

/** gRPC's health service. All names serve until they are set. */
export function createGrpcHealth(names: readonly string[]): GrpcHealth {
  const serving = new Map(["", ...names].map((name) => [name, true]));
  const watchers = new Map<Watcher, string>();

  const answerOf = (name: string): HealthAnswer => {
    const isServing = serving.get(name);
    if (isServing === undefined) return { status: "SERVICE_UNKNOWN" };
    return { status: isServing ? "SERVING" : "NOT_SERVING" };
  };

  function set(name: string, isServing: boolean): void {
    if (serving.get(name) === isServing) return;
    serving.set(name, isServing);
    for (const [call, watched] of watchers) if (watched === name) call.write(answerOf(name));
  }

  return {
    service: {
      definition: definitionOfService("grpc.health.v1.Health"),
      methods: {
        Check({ request }: ServerUnaryCall<HealthRequest, HealthAnswer>, answer: sendUnaryData<HealthAnswer>) {
          const { service } = request;
          if (serving.has(service)) answer(null, answerOf(service));
          else answer({ code: status.NOT_FOUND, details: `there is no service ${service}` });
        },
        Watch(call: Watcher) {
          const { service } = call.request;
          watchers.set(call, service);
          call.on("cancelled", () => watchers.delete(call));
          call.on("error", () => watchers.delete(call));
          call.write(answerOf(service));
        },
        List(_: unknown, answer: sendUnaryData<{ readonly statuses: Readonly<Record<string, HealthAnswer>> }>) {
          answer(null, { statuses: Object.fromEntries([...serving.keys()].map((name) => [name, answerOf(name)])) });
        },
      },
    },
    set,
    end() {
      for (const name of serving.keys()) set(name, false);
      for (const call of watchers.keys()) call.end();
      watchers.clear();
    },
  };
}
