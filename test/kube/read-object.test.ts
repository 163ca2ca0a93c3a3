import { expect, test } from "vitest";
import { readObject } from "../../src/kube/read-object.ts";

const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "uid-web", controller: true };
const written = { manager: "kubectl", time: "2026-01-01T00:00:00Z", fieldsV1: { "f:spec": {} } };

test("an object that is as an API server sends it is taken as it is", () => {
  const metadata = { name: "web-1", labels: { app: "web" }, ownerReferences: [owner], managedFields: [written, {}] };
  const object = { kind: "Pod", metadata };
  expect(readObject(object)).toBe(object);
});

test.each<[string, string, unknown, unknown]>([
  ["labels that are no texts", "labels", { app: "web", odd: 7 }, { app: "web" }],
  ["a uid that is no text", "uid", {}, undefined],
  ["owners that are no objects", "ownerReferences", [owner, "web", null], [owner]],
  ["an owner whose name is no text", "ownerReferences", [{ ...owner, name: 7 }, owner], [owner]],
  ["an owner without a uid", "ownerReferences", [{ ...owner, uid: undefined }, owner], [owner]],
  ["an owner that controls by a word", "ownerReferences", [{ ...owner, controller: "yes" }, owner], [owner]],
  [
    "a writer whose name is no text",
    "managedFields",
    [{ ...written, manager: 7 }],
    [{ ...written, manager: undefined }],
  ],
  [
    "a writer whose fields are a text",
    "managedFields",
    [{ ...written, fieldsV1: "f:spec" }],
    [{ ...written, fieldsV1: {} }],
  ],
  ["a writer whose time is a number", "managedFields", [{ ...written, time: 1 }], [{ ...written, time: undefined }]],
  ["finalizers that are no texts", "finalizers", ["a", 7], ["a"]],
])("%s: what is of its type is left", (_, field, given, left) => {
  const read = readObject({ metadata: { name: "web-1", [field]: given } })?.metadata;
  expect({ ...read }[field as keyof typeof read]).toEqual(left);
  expect(read?.name).toBe("web-1");
});

test.each([[undefined], [null], [[]], [{}], [{ metadata: { name: 7 } }], [{ metadata: { name: "" } }]])(
  "%j is no object",
  (value) => {
    expect(readObject(value)).toBeUndefined();
  },
);
