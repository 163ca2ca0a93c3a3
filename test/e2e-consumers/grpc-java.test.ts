import { grpcJava } from "../rigs/grpc/grpc-java.ts";
import { grpcClientSuite } from "../suites/grpc-client.ts";

grpcClientSuite(grpcJava);
