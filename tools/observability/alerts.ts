import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { chartFolder } from "../chart/render.ts";

/** An alert, as the chart's file has it. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface AlertGroup {
  readonly name: string;
  readonly rules: readonly Alert[];
}

export const alertsFile = join(chartFolder, "files", "alerts.yaml");

/** The chart's alerts, in their groups. */
export const readAlerts = (): readonly AlertGroup[] => parse(readFileSync(alertsFile, "utf8")).groups;
