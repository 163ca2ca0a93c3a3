import { afterAll, describe } from "vitest";
import { Stage } from "./stage.ts";
import { testFailover } from "./suites/failover.ts";
import { testImage } from "./suites/image.ts";
import { testOwnWorkload } from "./suites/own-workload.ts";
import { testQuickStart } from "./suites/quick-start.ts";
import { testReadySet } from "./suites/ready-set.ts";
import { testRights } from "./suites/rights.ts";
import { testScaleDown } from "./suites/scale-down.ts";
import { testScaling } from "./suites/scaling.ts";
import { testTraffic } from "./suites/traffic.ts";
import { testUninstall } from "./suites/uninstall.ts";
import { testUpgrade } from "./suites/upgrade.ts";

// One cluster, one story: each part finds what the one before left.

const stage = new Stage();
afterAll(() => stage.close());

describe("the image", () => testImage(stage));
describe("the quick start", () => testQuickStart(stage));
describe("a workload of one's own", () => testOwnWorkload(stage));
describe("traffic", () => testTraffic(stage));
describe("load", () => testScaling(stage));
describe("less load", () => testScaleDown(stage));
describe("rights", () => testRights(stage));
describe("a ready set", () => testReadySet(stage));
describe("fail-over", () => testFailover(stage));
describe("upgrade and uninstall", () => testUpgrade(stage));
describe("uninstalling", () => testUninstall(stage));
