import { describe, expect, test } from "vitest";
import { health as healthSchema } from "../../../src/api/health.ts";
import type { ProbeFailure } from "../../../src/decide/membership/probe-failure.ts";
import { afterProbe, isProbed, knownDown, type Probed } from "../../../src/decide/membership/probing.ts";
import type { Probing } from "../../../src/decide/world.ts";

const health = healthSchema.parse({});
const ok = (responseMs = 5): Probed => ({ kind: "answered", responseMs });
const fail = (failure: ProbeFailure = "TimedOut"): Probed => ({ kind: "failed", failure });

/** What is known after these probes, one a second from 1,000 on. */
const after = (probes: readonly Probed[], start?: Probing): Probing =>
  probes.reduce<Probing | undefined>(
    (known, probed, index) => afterProbe(known, probed, 1_000 * (index + 1), health),
    start,
  )!;

describe("a pod", () => {
  test("that answers is up, and its time is the median of the last three", () => {
    expect(after([ok(7)])).toEqual({ at: 1_000, times: [7], responseMs: 7, failures: 0, successes: 1, isDown: false });
    expect(after([ok(7), ok(900), ok(5), ok(6)])).toMatchObject({ at: 4_000, times: [6, 5, 900], responseMs: 6 });
  });

  test("that has never answered has no time", () => {
    expect(after([fail()])).toEqual({
      at: 1_000,
      times: [],
      failure: "TimedOut",
      failures: 1,
      successes: 0,
      isDown: false,
    });
  });

  test("is down after as many failures in a row as it takes, and not before", () => {
    expect(after([ok(), fail(), fail()]).isDown).toBe(false);
    expect(after([fail(), fail(), ok(), fail(), fail()]).isDown).toBe(false);
    expect(after([fail(), fail("ConnectFailed"), fail("StatusNotOk")])).toMatchObject({
      failure: "StatusNotOk",
      failures: 3,
      isDown: true,
      changedAt: 3_000,
    });
  });

  const down = [fail(), fail(), fail(), fail()];

  test("that is down is up again after two successes in a row, and not after one", () => {
    expect(after([...down, ok()])).toMatchObject({ failures: 0, successes: 1, isDown: true, changedAt: 3_000 });
    expect(after([...down, ok(), fail(), ok()])).toMatchObject({ successes: 1, isDown: true, changedAt: 3_000 });
    expect(after([...down, ok(), ok()])).toMatchObject({ successes: 2, isDown: false, changedAt: 6_000 });
  });

  test("that came back falls again only after as many failures as at first", () => {
    expect(after([...down, ok(), ok(), fail(), fail()]).isDown).toBe(false);
    expect(after([...down, ok(), ok(), fail(), fail(), fail()])).toMatchObject({ isDown: true, changedAt: 9_000 });
  });

  test.each<ProbeFailure>(["PortNotDeclared", "AddressRefused", "NotImplemented"])(
    "that could not be probed, for %s, is not down, however often",
    (failure) => {
      expect(after(Array.from({ length: 10 }, () => fail(failure)))).toMatchObject({
        failure,
        failures: 10,
        isDown: false,
      });
      expect(after([...down, fail(failure)]).isDown).toBe(false);
    },
  );

  test.each<ProbeFailure>(["CredentialsMissing", "CertificateRefused", "CredentialsRefused"])(
    "of which nothing was heard, for %s, is what it was before, however often",
    (failure) => {
      const unheard = Array.from({ length: 10 }, () => fail(failure));
      expect(after(unheard)).toMatchObject({ failure, failures: 0, isDown: false });
      expect(after([...down, ...unheard])).toMatchObject({ failure, isDown: true, changedAt: 3_000 });
      expect(after([...unheard, fail()])).toMatchObject({ failures: 1, isDown: false });
      expect(after(unheard, knownDown).isDown).toBe(true);
      expect([isProbed(after(unheard)), isProbed(knownDown)]).toEqual([true, false]);
      expect(after([...down, ok(), fail(failure), ok()]).isDown).toBe(false);
    },
  );

  test("that was down before the operator began stays so until it answers twice", () => {
    expect(after([fail()], knownDown)).toMatchObject({ failures: 1, isDown: true });
    expect(after([ok()], knownDown).isDown).toBe(true);
    expect(after([ok(), ok()], knownDown)).toMatchObject({ isDown: false, changedAt: 2_000 });
  });
});

test("what a database says of itself is kept with its time while it fails, and forgotten when it says nothing", () => {
  const health = { failureThreshold: 3, recheck: 10_000, minimumAvailablePercent: 50 };
  const first = afterProbe(undefined, { kind: "answered", responseMs: 1, takesWrites: true }, 1_000, health);
  expect(first.role).toEqual({ takesWrites: true, at: 1_000 });
  const failing = afterProbe(first, { kind: "failed", failure: "TimedOut" }, 2_000, health);
  expect(failing.role).toEqual({ takesWrites: true, at: 1_000 });
  const standby = afterProbe(failing, { kind: "answered", responseMs: 1, takesWrites: false }, 3_000, health);
  expect(standby.role).toEqual({ takesWrites: false, at: 3_000 });
  expect(afterProbe(standby, { kind: "answered", responseMs: 1 }, 4_000, health)).not.toHaveProperty("role");
});
