import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Method } from "protobufjs";
import { codecOf, root } from "./messages.ts";

/** A service, and what answers its methods. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  /** By name of the method as the .proto file has it. */
  readonly methods: UntypedServiceImplementation;
}

/** A message, or its bytes, which go out as they are: so that one encoding serves many. */
export type Outgoing<Message> = Message | Buffer;

function waysOf(type: string) {
  const { encode, decode } = codecOf<object>(type);
  return { encode: (message: Outgoing<object>) => (Buffer.isBuffer(message) ? message : encode(message)), decode };
}

function definitionOf(service: string, method: Method): MethodDefinition<object, object> {
  const request = waysOf(method.requestType);
  const response = waysOf(method.responseType);
  return {
    path: `/${service}/${method.name}`,
    requestStream: method.requestStream ?? false,
    responseStream: method.responseStream ?? false,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}

/** The definition of a service of the descriptor, for servers and for clients. */
export const definitionOfService = (name: string): ServiceDefinition =>
  Object.fromEntries(
    root.lookupService(name).methodsArray.map((method) => [method.name, definitionOf(name, method)] as const),
  );
