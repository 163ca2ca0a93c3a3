import { isNodeEnough } from "./cli/node-version.ts";

if (isNodeEnough("kubectl evenkeel", "22.19"))
  void import("./cli/kubectl/plugin.ts").then(({ runPlugin }) => runPlugin(process.argv.slice(2)));
