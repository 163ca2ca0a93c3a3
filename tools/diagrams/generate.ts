import { generate } from "../generated.ts";
import { consumers } from "./drawings/consumers.ts";
import { drain } from "./drawings/drain.ts";
import { howItWorks } from "./drawings/how-it-works.ts";
import { readySet } from "./drawings/ready-set.ts";
import { scaling } from "./drawings/scaling.ts";

// Draws the documents' diagrams; with --check, fails if one is not fresh.

await generate([
  { path: "docs/images/consumers.svg", text: consumers },
  { path: "docs/images/drain.svg", text: drain },
  { path: "docs/images/how-it-works.svg", text: howItWorks },
  { path: "docs/images/ready-set.svg", text: readySet },
  { path: "docs/images/scaling.svg", text: scaling },
]);
