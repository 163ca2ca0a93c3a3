// What must pass before a change lands is about that change: there, properties see the same cases each time. Everywhere
// else each run sees new ones; fast-check prints the seed of what it finds.
if (process.env.CI) {
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ seed: 1 });
}
