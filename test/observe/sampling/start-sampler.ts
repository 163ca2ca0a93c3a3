import { createSampler, type Sampler, type SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import type { Cleanups } from "./fake-pods.ts";

/** A sampler on real clocks that reads pods of loopback, closed after the test; what is thrown in it fails the test. */
export function startSampler(cleanups: Cleanups, options: Partial<SamplerOptions> = {}): Sampler {
  const sampler = createSampler({
    now: Date.now,
    random: Math.random,
    onSample: () => {},
    allowLoopback: true,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  cleanups.add(() => sampler.close());
  return sampler;
}
