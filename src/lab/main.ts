#!/usr/bin/env node
import module from "node:module";
import { isNodeEnough } from "../cli/node-version.ts";

if (isNodeEnough("evenkeel", "24.0")) {
  // Commands are imported when they run: from the second time on, without types to strip and code to compile.
  module.enableCompileCache();
  const { runEvenkeel } = await import("../cli/evenkeel.ts");
  const { labCommands } = await import("./cli/commands.ts");
  await runEvenkeel(process.argv.slice(2), labCommands);
}
