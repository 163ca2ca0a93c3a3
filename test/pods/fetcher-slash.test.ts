import { describe, expect, test } from "vitest";
import { onlyAddsSlash, withSlash } from "../../src/pods/slash.ts";
import { serveHttp, useCleanups } from "../observe/sampling/fake-pods.ts";
import { failed, fetcherOf, fetchText } from "./fetching.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

/** A pod that answers redirects by what `to` says of the path, and the page at `/metrics/`. */
async function redirecting(to: (path: string, host: string) => string | undefined, status = 301) {
  const asked: string[] = [];
  const pod = await serving(
    serveHttp((request, response) => {
      const path = request.url!;
      asked.push(path);
      const location = to(path, request.headers.host!);
      if (location === undefined) response.end("page");
      else response.writeHead(status, { location }).end();
    }),
  );
  return { asked, fetcher: fetcherOf(pod, cleanups) };
}

describe("a redirect that only adds a slash", () => {
  test.each([301, 302, 307, 308])("with %d is followed, and the slash is asked for from then on", async (status) => {
    const { asked, fetcher } = await redirecting((path) => (path === "/metrics" ? "/metrics/" : undefined), status);
    expect(await fetchText(fetcher)).toBe("page");
    expect(await fetchText(fetcher)).toBe("page");
    expect(asked).toEqual(["/metrics", "/metrics/", "/metrics/"]);
  });

  test("is followed where it is told whole, by the address that was asked", async () => {
    const { fetcher } = await redirecting((path, host) =>
      path === "/metrics" ? `http://${host}/metrics/` : undefined,
    );
    expect(await fetchText(fetcher)).toBe("page");
  });

  test("keeps the query", async () => {
    const { asked, fetcher } = await redirecting((path) => (path === "/status?json" ? "/status/?json" : undefined));
    expect(await fetchText(fetcher, { path: "/status?json" })).toBe("page");
    expect(asked).toEqual(["/status?json", "/status/?json"]);
  });

  test("is followed once, and not on to another", async () => {
    const { asked, fetcher } = await redirecting((path) => `${path}/`);
    expect(await fetchText(fetcher)).toEqual(failed("Redirected"));
    expect(asked).toEqual(["/metrics", "/metrics/"]);
  });

  test("is forgotten when the place with the slash is none any more", async () => {
    let wantsSlash = true;
    const { fetcher, asked } = await redirecting((path) => {
      if (wantsSlash) return path === "/metrics" ? "/metrics/" : undefined;
      return path === "/metrics/" ? "/elsewhere" : undefined;
    });
    expect(await fetchText(fetcher)).toBe("page");
    wantsSlash = false;
    expect(await fetchText(fetcher)).toEqual(failed("Redirected"));
    expect(await fetchText(fetcher)).toBe("page");
    expect(asked).toEqual(["/metrics", "/metrics/", "/metrics/", "/metrics"]);
  });
});

test.each([
  ["another path", "/metrics/x"],
  ["a path below", "/other/metrics/"],
  ["two slashes", "/metrics//"],
  ["another query", "/metrics/?a"],
  ["a fragment", "/metrics/#a"],
  ["another port", "http://127.0.0.1:1/metrics/"],
  ["another host", "//example.test/metrics/"],
  ["another scheme", "https://127.0.0.1/metrics/"],
  ["somebody's name", "http://a@127.0.0.1/metrics/"],
  ["what is no address", "http://[/metrics/"],
  ["nothing", ""],
])("a redirect to %s is not followed", async (_, location) => {
  const { asked, fetcher } = await redirecting(() => location, 302);
  expect(await fetchText(fetcher)).toEqual(failed("Redirected"));
  expect(asked).toEqual(["/metrics"]);
});

test("a slash is added to the path, before the query, once", () => {
  expect(["/a", "/a/", "/a?b/c", "/a/?b", "/"].map(withSlash)).toEqual(["/a/", "/a/", "/a/?b/c", "/a/?b", "/"]);
});

test("the place is the same by any address that it is known by, and only by those", () => {
  const origins = ["http://10.0.0.1:80", "http://web.example"];
  const leads = (location: string) => onlyAddsSlash(location, "/m", origins);
  expect(["http://10.0.0.1/m/", "http://web.example:80/m/", "m/", "/m/"].map(leads)).toEqual([true, true, true, true]);
  expect(["http://10.0.0.2/m/", "http://web.example:81/m/", "/m", "http://web.example/n/"].map(leads)).toEqual([
    ...[false, false, false, false],
  ]);
  expect(onlyAddsSlash("/m/", "/m/", origins)).toBe(false);
});
