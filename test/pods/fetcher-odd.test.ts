import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/decide/samples/findings.ts";
import { ByteBudget } from "../../src/pods/byte-budget.ts";
import { defaultFetchLimits, Fetcher } from "../../src/pods/fetcher.ts";
import { serveHttp, serveTcp, until, useCleanups } from "../observe/sampling/fake-pods.ts";
import { answering, closing, failed, fetcherOf, fetchText, request } from "./fetching.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

const page = "open_connections 7\n";
const size = page.length;
const hex = size.toString(16);

describe("an odd answer is read", () => {
  const answers: [what: string, text: string][] = [
    [
      "with a line feed at the end of each line of its head",
      `HTTP/1.1 200 OK\nA: b\nContent-Length: ${size}\n\n${page}`,
    ],
    ["with some lines so", `HTTP/1.1 200 OK\r\nA: b\nContent-Length: ${size}\r\n\r\n${page}`],
    ["with the empty line so", `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\n${page}`],
    ["without a reason, so", `HTTP/1.1 200\nContent-Length: ${size}\n\n${page}`],
    ["without a reason", `HTTP/1.1 200\r\nContent-Length: ${size}\r\n\r\n${page}`],
    ["with a folded header", `HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: ${size}\r\n\r\n${page}`],
    ["with a blank before the colon", `HTTP/1.1 200 OK\r\nContent-Length : ${size}\r\n\r\n${page}`],
    [
      "with bytes that are no ASCII in a header",
      `HTTP/1.1 200 OK\r\nA: Zürich\r\nContent-Length: ${size}\r\n\r\n${page}`,
    ],
    [
      "with blanks after the size of a chunk",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${hex}  \r\n${page}\r\n0\r\n\r\n`,
    ],
    [
      "with a chunk's extension",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${hex};a="b"\r\n${page}\r\n0\r\n\r\n`,
    ],
    [
      "with trailers",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n${hex}\r\n${page}\r\n0\r\nA: b\r\n\r\n`,
    ],
    [
      "behind a 100 Continue that nobody asked for",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${page}`,
    ],
    [
      "behind early hints",
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n`.repeat(20) +
        `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${page}`,
    ],
    [
      "with a length beside its chunks",
      `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nTransfer-Encoding: chunked\r\n\r\n${hex}\r\n${page}\r\n0\r\n\r\n`,
    ],
  ];
  test.each(answers)("%s", async (_, text) => {
    const pod = serveTcp((socket) => void socket.on("data", () => socket.write(text)));
    const fetcher = fetcherOf(await serving(pod), cleanups);
    for (let time = 0; time < 3; time++) expect(await fetchText(fetcher)).toBe(page);
  });

  const ends: [what: string, text: string][] = [
    ["in HTTP/1.0", `HTTP/1.0 200 OK\r\n\r\n${page}`],
    ["in HTTP/1.1", `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${page}`],
    ["with a head of bare line feeds", `HTTP/1.0 200 OK\nContent-Type: text/plain\n\n${page}`],
  ];
  test.each(ends)("that ends with its connection, %s", async (_, text) => {
    const fetcher = fetcherOf(await serving(closing(text)), cleanups);
    for (let time = 0; time < 3; time++) expect(await fetchText(fetcher)).toBe(page);
  });

  test.each([4_200, 100_000])("in %d chunks", async (chunks) => {
    const line = "a 1\n";
    const body = `${line.length.toString(16)}\r\n${line}\r\n`.repeat(chunks);
    const pod = await serving(answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`));
    expect(await fetchText(fetcherOf(pod, cleanups))).toBe(line.repeat(chunks));
  });
});

describe("a lenient read", () => {
  /** A pod that answers each request with a line feed for each end of a line, and what it was asked. */
  const bare = () => {
    const seen: { connection: number; head: string }[] = [];
    let connections = 0;
    const pod = serveTcp((socket) => {
      const connection = ++connections;
      socket.on("data", (head) => {
        seen.push({ connection, head: head.toString().toLowerCase() });
        socket.write(`HTTP/1.1 200 OK\nContent-Length: ${size}\n\n${page}`);
      });
    });
    return { pod, seen };
  };

  test("has a connection of its own for each answer, and is closed with it", async () => {
    const { pod, seen } = bare();
    const served = await serving(pod);
    const fetcher = fetcherOf(served, cleanups);
    for (let time = 0; time < 4; time++) expect(await fetchText(fetcher)).toBe(page);
    await until(() => served.open() === 0, "the connections' end");
    // The first was made for reading strictly.
    expect(seen.map(({ connection }) => connection)).toEqual([1, 2, 3, 4, 5]);
    expect(seen.slice(1).every(({ head }) => head.includes("connection: close"))).toBe(true);
    expect(new Set(seen.map(({ head }) => head.split("\r\n")[0]))).toEqual(new Set(["get /metrics http/1.1"]));
  });

  test("takes one answer, whatever comes behind it, and no other pod is read by it", async () => {
    const forged = `HTTP/1.1 200 OK\nContent-Length: 2\n\nok${"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged".repeat(3)}`;
    const odd = fetcherOf(await serving(answering(forged)), cleanups);
    const well = fetcherOf(await serving(serveHttp((_, response) => response.end("well"))), cleanups);
    for (let time = 0; time < 5; time++) {
      const [first, second] = await Promise.all([fetchText(odd), fetchText(well)]);
      expect(["ok", failed("Malformed")]).toContainEqual(first);
      expect(second).toBe("well");
    }
  });

  test("leaves what cannot be read either way as it was by the letter", async () => {
    const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    expect(await fetchText(fetcherOf(await serving(answering(text)), cleanups))).toEqual(failed("Malformed"));
    const endless = `HTTP/1.1 200 OK\nContent-Length: 100\n\n${page}`;
    expect(await fetchText(fetcherOf(await serving(closing(endless)), cleanups))).toEqual(failed("Malformed"));
  });

  test("keeps to the time, the sizes and the status as any other", async () => {
    const head = (rest: string) => `HTTP/1.1 200 OK\n${rest}\n\n`;
    const read = async (text: string) =>
      fetchText(fetcherOf(await serving(answering(text)), cleanups, { maxBodyBytes: 100, maxChunks: 3 }));
    expect(await read(head("Content-Length: 101"))).toEqual(failed("BodyTooLarge"));
    expect(await read(`${head("A: b")}${"x".repeat(101)}`)).toEqual(failed("BodyTooLarge"));
    expect(await read(`${head("Transfer-Encoding: chunked")}${"1\r\nx\r\n".repeat(4)}`)).toEqual(
      failed("TooManyChunks"),
    );
    expect(await read(head(`A: ${"x".repeat(20_000)}`))).toEqual(failed("HeaderTooLarge"));
    expect(await read(head("Content-Encoding: br"))).toEqual(failed("EncodingRefused"));
    expect(await read("HTTP/1.1 503 No\nContent-Length: 0\n\n")).toEqual(failed("StatusNotOk"));
    expect(await read("HTTP/1.1 302 There\nLocation: /\n\n")).toEqual(failed("Redirected"));
  });

  test("is cut when the fetcher is closed", async () => {
    const pod = await serving(
      serveTcp((socket) => void socket.once("data", () => socket.write("HTTP/1.1 200 OK\nA: b\n"))),
    );
    const fetcher = fetcherOf(pod, cleanups);
    const answer = fetchText(fetcher);
    await until(() => pod.accepted() === 2, "the lenient read");
    await fetcher.close();
    expect(await answer).toMatchObject({ kind: "failed" });
    await until(() => pod.open() === 0, "the connection's end");
  });

  test("is no more once the pod is well by the letter and time has gone by", async () => {
    let isOdd = true;
    const pod = await serving(
      serveTcp((socket) => {
        socket.on("data", () => {
          const end = isOdd ? "\n" : "\r\n";
          socket.write(["HTTP/1.1 200 OK", "Content-Length: 2", "", "ok"].join(end));
        });
      }),
    );
    const fetcher = fetcherOf(pod, cleanups, { lenientForMs: 50 });
    expect(await fetchText(fetcher)).toBe("ok");
    isOdd = false;
    await new Promise((resolve) => setTimeout(resolve, 60));
    const before = pod.accepted();
    for (let time = 0; time < 3; time++) expect(await fetchText(fetcher)).toBe("ok");
    expect(pod.accepted() - before).toBe(1);
  });
});

describe("an answer that is no HTTP at all", () => {
  const answers: [what: string, bytes: string][] = [
    ["numbers without a head", page],
    ["an alert of TLS", "\u0015\u0003\u0001\u0000\u0002\u0002\u0046"],
    [
      "a setting of HTTP/2",
      "\u0000\u0000\u0012\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u0003\u0000\u0000\u0000\u0064",
    ],
    ["a greeting of SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a greeting of MySQL", "\u004a\u0000\u0000\u0000\u000a8.0.36\u0000"],
  ];
  test.each(answers)("is told as such: %s", async (_, bytes) => {
    const fetcher = fetcherOf(await serving(answering(Buffer.from(bytes, "latin1"))), cleanups);
    expect(await fetchText(fetcher)).toEqual(failed("NotHttp"));
    expect(await fetchText(fetcher)).toEqual(failed("NotHttp"));
  });
});

describe("says of a failure", () => {
  const findingsOf = async (text: string | Buffer, limits = {}) => {
    const findings: Finding[] = [];
    const fetcher = fetcherOf(await serving(answering(text)), cleanups, limits);
    await fetcher.fetch(request, (finding) => findings.push(finding));
    return findings;
  };
  const head = "HTTP/1.1 200 OK\r\n";

  test("which status it was", async () => {
    expect(await findingsOf("HTTP/1.1 503 CANARY\r\ncontent-length: 0\r\n\r\n")).toEqual([
      { kind: "status", status: 503 },
    ]);
    expect(await findingsOf("HTTP/1.1 302 CANARY\r\nlocation: /\r\n\r\n")).toEqual([{ kind: "status", status: 302 }]);
  });

  test("which encoding it was, if that is one", async () => {
    expect(await findingsOf(`${head}content-encoding: zstd\r\n\r\n`)).toEqual([{ kind: "encoding", encoding: "zstd" }]);
    expect(await findingsOf(`${head}content-encoding: CANARY\r\n\r\n`)).toEqual([]);
  });

  test("what is not well formed", async () => {
    const broken = (what: string) => [{ kind: "broken", what }];
    expect(await findingsOf(`${head}transfer-encoding: chunked\r\n\r\nzz\r\n`)).toEqual(broken("HTTP"));
    expect(await findingsOf(`${head}content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc`)).toEqual(broken("gzip"));
  });

  test("how much may be had", async () => {
    const limits = { maxBodyBytes: 100, maxChunks: 3 };
    const most = (count: number) => [{ kind: "limit", most: count }];
    expect(await findingsOf(`${head}content-length: 101\r\n\r\n`, limits)).toEqual(most(100));
    expect(await findingsOf(`${head}\r\n${"x".repeat(101)}`, limits)).toEqual(most(100));
    expect(await findingsOf(`${head}transfer-encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(4)}`, limits)).toEqual(
      most(3),
    );
    const packed = gzipSync("x".repeat(101));
    const encoded = Buffer.concat([
      Buffer.from(`${head}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`),
      packed,
    ]);
    expect(await findingsOf(encoded, limits)).toEqual(most(100));
  });
});

describe("large answers", () => {
  const large = 6_000_000;
  const limits = { ...defaultFetchLimits, maxBodyBytes: 8_388_608 };
  const readerOf = async (room: ByteBudget, answer: Parameters<typeof serveHttp>[0]) => {
    const { pod } = await serving(serveHttp(answer));
    const dial = { kind: "dial", address: pod.addresses[0]!, port: pod.ports[0]!.port } as const;
    const fetcher = new Fetcher(dial, limits, undefined, room);
    cleanups.add(() => fetcher.close());
    return fetcher;
  };

  test("have a room that they share, and give it back", async () => {
    const room = new ByteBudget(8_000_000);
    const readers = await Promise.all(
      Array.from({ length: 2 }, () => readerOf(room, (_, response) => response.end("x".repeat(large)))),
    );
    const small = await readerOf(room, (_, response) => response.end("ok"));
    const [first, second] = readers as [Fetcher, Fetcher];
    expect(await first.fetch(request)).toMatchObject({ kind: "answered" });
    expect(await second.fetch(request)).toEqual(failed("NoRoom"));
    expect(await fetchText(small)).toBe("ok");
    first.release();
    expect(await second.fetch(request)).toMatchObject({ kind: "answered" });
    await second.close();
    expect(await first.fetch(request)).toMatchObject({ kind: "answered" });
  });

  test("count as they are decoded, too", async () => {
    const packed = gzipSync(Buffer.alloc(large));
    const answer: Parameters<typeof serveHttp>[0] = (_, response) =>
      response.setHeader("content-encoding", "gzip").end(packed);
    expect(await (await readerOf(new ByteBudget(1_000_000), answer)).fetch(request)).toEqual(failed("NoRoom"));
    expect(await (await readerOf(new ByteBudget(16_000_000), answer)).fetch(request)).toMatchObject({
      kind: "answered",
    });
  });
});
