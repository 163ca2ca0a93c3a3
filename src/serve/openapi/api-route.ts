import { answerJson } from "../http/answer.ts";
import type { Route } from "../http/routes.ts";
import { describeApi } from "./describe-api.ts";

let described: object | undefined;

/** The document that clients are generated from. It tells nothing of pools, and so is for everybody. */
export const apiRoute: Route = {
  pattern: "/openapi.json",
  answer() {
    described ??= describeApi();
    return answerJson(described);
  },
};
