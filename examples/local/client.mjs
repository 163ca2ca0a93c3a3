// Holds connections to a pool, each for ten seconds on average, and each to the pod that the operator names next.
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const { EVENKEEL_URL, POOL, CONNECTIONS } = process.env;

let answers = {};
let failures = 0;

const ask = (endpoint, agent) =>
  new Promise((resolve, reject) => {
    const { address: host, port } = endpoint;
    request({ host, port, agent, timeout: 5_000 }, (response) => {
      let pod = "";
      response
        .setEncoding("utf8")
        .on("data", (chunk) => (pod += chunk))
        .on("end", () => resolve(pod.trim()))
        .on("error", reject);
    })
      .on("timeout", () => reject(new Error("no answer")))
      .on("error", reject)
      .end();
  });

async function hold() {
  for (;;) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const answer = await fetch(`${EVENKEEL_URL}/v1/pools/${POOL}/next`);
      const { endpoints = [] } = await answer.json();
      const end = Date.now() + 5_000 + 10_000 * Math.random();
      while (endpoints.length > 0 && Date.now() < end) {
        const pod = await ask(endpoints[0], agent);
        answers[pod] = (answers[pod] ?? 0) + 1;
        await sleep(500);
      }
    } catch {
      failures += 1;
    }
    agent.destroy();
    await sleep(500);
  }
}

for (let index = 0; index < Number(CONNECTIONS); index += 1) void hold();
setInterval(() => {
  console.log(JSON.stringify(answers), failures === 0 ? "" : `${failures} failed`);
  [answers, failures] = [{}, 0];
}, 2_000);
process.on("SIGTERM", () => process.exit());
