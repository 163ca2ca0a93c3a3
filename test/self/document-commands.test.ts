import { expect, test } from "vitest";
import { documentCommands, splitCommands } from "../tools/documents/document-commands.ts";

test("takes a line for a command, without remarks", () => {
  const script = "# first\nkind create cluster   # makes it\n\nhelm install \\\n    evenkeel .\nkubectl get a#b";
  expect(splitCommands(script)).toEqual(["kind create cluster", "helm install evenkeel .", "kubectl get a#b"]);
});

test("leaves a here-document in its command, with what looks like a remark", () => {
  const script = "kubectl apply -f - <<EOF\nkind: Pool # of pods\n\nspec: {}\nEOF\nkubectl get lbp";
  expect(splitCommands(script)).toEqual([
    "kubectl apply -f - <<EOF\nkind: Pool # of pods\n\nspec: {}\nEOF",
    "kubectl get lbp",
  ]);
  expect(() => splitCommands("cat <<EOF\nno end")).toThrow("no line EOF");
});

test("finds a page's block by its marker", async () => {
  expect((await documentCommands("README.md", "quick-start"))[0]).toBe("kind create cluster");
  await expect(documentCommands("README.md", "no-such")).rejects.toThrow("README.md has 0 shell blocks");
});
