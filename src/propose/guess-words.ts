import type { KnownFigure } from "./known.ts";
import type { Metric, Page } from "./page.ts";

/** What names and HELP texts say of a metric of which nobody has told us. */
export interface Guess extends KnownFigure {
  readonly score: number;
}

/** The words of a name: of `http_requests_in_flight`, `http`, `requests`, `in`, `flight`. */
export const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/in_?flight/, "inflight")
    .replace(/in_?progress/, "inflight")
    .replace("active_record", "activerecord")
    .replace("query_frontend", "queryfrontend")
    .replace(/(^|_)(http|grpc)_client(?=_)/, "$1$2client")
    .replace("connection_provider", "connectionpool")
    .replace(/server_?metrics/i, "server")
    .replace(/httpserver(?=v?\d*_)/, "http_server_")
    .replace(/_metric(?=(_total|_sum|_count)?$)/, "")
    // JMX has names without a break: connectioncount.
    .replace(/(connection|request|session|thread)s?count\b/g, "$1s_count")
    .replace(/(tcp|udp)(?=current|active|open)/, "$1_")
    .replace(/(current|active|open|max)(?=connections)/, "$1_")
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** What client libraries and their hosts report beside a program. */
const runtimeWords = new Set(
  "go process promhttp python jvm nodejs ruby dotnet rust erlang scrape up system".split(" "),
);

/** The words with which most names of a page begin: what the program calls itself, and so no hint of whom it talks to. */
export function productOf({ metrics }: Page): readonly string[] {
  let names = [...metrics.keys()].map(wordsOf).filter(([first]) => first !== undefined && !runtimeWords.has(first));
  const most = names.length / 2;
  const product: string[] = [];
  for (;;) {
    const counts = new Map<string, number>();
    for (const { [product.length]: word } of names)
      if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
    const [word] = [...counts].find(([, count]) => count > 1 && count > most) ?? [];
    if (word === undefined) return product;
    names = names.filter(({ [product.length]: next }) => next === word);
    product.push(word);
  }
}

/** What a word of the name adds to the score. */
export type Weights = Readonly<Record<string, number>>;

export const weigh = (words: readonly string[], weights: Weights): number =>
  words.reduce((sum, word) => sum + (Object.hasOwn(weights, word) ? weights[word]! : 0), 0);

export const each = (score: number, words: string): Weights =>
  Object.fromEntries(words.split(" ").map((word) => [word, score]));

/** What a pod has for those whom it serves: connections of clients, or work that they asked for. */
export const connectionNouns: Weights = {
  ...each(7, "connections connection conns conn websockets websocket sockets socket"),
  ...each(6, "clients"),
  ...each(4, "ws"),
  ...each(5, "sessions session streams subscribers viewers players participants"),
  ...each(3, "requests request reqs req rq calls rpcs queries"),
  ...each(2, "users"),
  // What may as well be work of the program's own.
  ...each(1, "jobs tasks workers worker slots executors processes transactions operations"),
};

/** Pools of connections to databases, what keeps one, and what guards calls to others. */
const pools = each(
  -8,
  "jdbc r2dbc odbc hikaricp hikari dbcp dbcp2 c3p0 agroal bonecp vibur jooq hibernate ucp sqlclient npgsql activerecord ecto sequelize knex typeorm prisma mongoose pgx pgxpool sqlx gorm bb8 deadpool diesel connectionpool sqlalchemy psycopg psycopg2 psycopg3 asyncpg aiopg asyncmy aiomysql pymysql lettuce jedis redisson circuitbreaker circuitbreakers bulkhead ratelimiter timelimiter resilience4j hystrix polly",
);

/** Words for what is asked of others that are no names of programs: not even where all names of a page begin with one. */
const farWords = new Set([
  ..."upstream backend outbound egress outgoing db database databases datasource datasources sql pool".split(" "),
  ...Object.keys(pools),
]);

/** What a program has clients in: itself, rather than another that it is a client of. */
const ownPart = /^(node|stats|server|broker|cluster|instance)$/;

/** Connections from clients, as a server tells them from those between the members of its cluster. */
const isOfClients = (words: readonly string[], product: readonly string[]): boolean => {
  const at = words.indexOf("client");
  const noun = words.slice(at + 1).find((word) => !/^(active|open|current|tcp)$/.test(word));
  const isOwn = words.slice(0, at).every((word, index) => word === product[index] || ownPart.test(word));
  return at > 0 && isOwn && /^(connections?|conns?)$/.test(noun ?? "");
};

/** What the words of a name say of the side that a metric is on, without what the program calls itself. */
export function sideOf(words: readonly string[], product: readonly string[]): number {
  const isProduct = product.every((word, index) => words[index] === word);
  const own = words.filter(
    (word, index) => !isProduct || index >= product.length || isNear(word) || farWords.has(word),
  );
  return weigh(own, side) + (own.includes("client") && !isOfClients(words, product) ? -8 : 0);
}

/** Toward those whom the pod serves, rather than toward those whom it asks. */
const side: Weights = {
  ...each(2, "server http downstream frontend inbound ingress incoming listener entrypoint api"),
  ...each(
    -8,
    "upstream backend outbound egress outgoing db database databases datasource datasources sql postgres postgresql mysql redis memcached mongo mongodb kafka amqp rabbitmq nats cassandra ldap smtp dns sdk etcd zookeeper elasticsearch git s3 gcs dynamo dynamodb firestore bigtable querier queryfrontend httpclient grpcclient okhttp",
  ),
  ...pools,
  ...each(-4, "pool"),
  // A program whose product is no proxy has a part of that name that asks others.
  ...each(-3, "proxy"),
  ...each(
    -8,
    "health healthz probe liveness readiness ping promhttp scrape scrapes exporter collector metrics metric sockstat netstat",
  ),
  ...each(
    -5,
    "admin peer peers members p2p raft gossip replication replicator fabric heartbeat heartbeats intracluster interbroker jgroups infinispan hazelcast cluster controller workqueue scheduler ingester leader lease watch watchers reconcile webhook informer xds federation breaker breakers",
  ),
};

/** Whether a word says that something is of those whom the pod serves. */
export const isNear = (word: string): boolean => (side[word] ?? 0) > 0;

const sessionWord = /^(sessions?|httpsessions?)$/;
const sessionKeeper =
  /^(vendor|tomcat|catalina|jetty|undertow|servlet|wildfly|jboss|weblogic|websphere|liberty|payara|glassfish|spring|shiro|http|httpsessions?|store|stores|cookie|cookies|login|logins|auth|oauth|oauth2|oidc|sso)$/;
const sessionHelp = /\b(http|user|login) sessions?\b|\bsession (store|manager|cookie)s?\b/i;

/** Sessions that a server keeps of users between their requests: they outlive connections by far. */
export function isKeptSession({ name, help }: Metric): boolean {
  const words = wordsOf(name);
  return (
    words.some((word) => sessionWord.test(word)) &&
    (words.some((word) => sessionKeeper.test(word)) || sessionHelp.test(help))
  );
}

export const isCounter = ({ name, type }: Metric): boolean =>
  type === "counter" || (type === undefined && /_total$/.test(name));

/** What only grows, so that its rate is what tells: counters, and the sums and counts of what is observed. */
export function isCumulative(metric: Metric, { metrics }: Page): boolean {
  if (isCounter(metric)) return true;
  const [, base] = /^(.+)_(?:sum|count|bucket)$/.exec(metric.name) ?? [];
  if (base === undefined) return false;
  if (metric.type === undefined || metric.type === "untyped" || metric.type === "unknown")
    return metrics.has(`${base}_sum`) && metrics.has(`${base}_count`);
  return metric.type === "histogram" || metric.type === "summary";
}

export const isGauge = ({ name, type, pointer }: Metric): boolean =>
  type === "gauge" ||
  type === "updowncounter" ||
  (pointer === undefined &&
    (type === undefined || type === "untyped" || type === "unknown") &&
    !/_(total|sum|count|created)$/.test(name)) ||
  pointer !== undefined;

const farSide =
  /\b(backends?|upstreams?|out(bound|going)|databases?) (\w+ )?(connections?|requests?|calls?|sessions?)\b|\b(relayed|forwarded|proxied) to\b|\b(sent|made|requests?|calls?|connections?) to (the |an? )?(backend|upstream|external|database)s?\b|\bon the client side\b/i;

/** What the program asks of others, by HELP; or by a name that has a sister for those who ask it. */
export const asksOthers = ({ name, help }: Metric, { metrics }: Page): boolean =>
  farSide.test(help) ||
  (name.includes("server") && metrics.has(name.replace("server", "frontend"))) ||
  (name.includes("client") && metrics.has(name.replace("client", "server")));

export const helpOf = ({ help }: Metric): string => {
  const line = help.trim().replace(/\.$/, "");
  return line === "" ? "guessed from its name" : `HELP: “${line.slice(0, 90)}”`;
};

export const enough = 7;
