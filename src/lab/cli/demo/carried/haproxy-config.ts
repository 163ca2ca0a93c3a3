interface HaproxySettings {
  /** `host:port` that takes requests. */
  readonly bind: string;
  readonly backend: string;
  /** `namespace/name`: what servers ask for. */
  readonly pool: string;
  /** One for each pod, by its name. */
  readonly servers: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  readonly agent: { readonly host: string; readonly port: number; readonly inter: string };
  readonly balance?: string;
  /** Of the defaults, such as `redispatch 1`. */
  readonly options?: readonly string[];
  /** Behind `default-server`, such as `inter 1s`. */
  readonly serverOptions?: string;
}

/** HAProxy's configuration, but for its global part: a server for each pod, which asks for itself. */
export const haproxyConfig = ({
  bind,
  backend,
  pool,
  servers,
  agent,
  balance = "roundrobin",
  options = ["redispatch 1"],
  serverOptions = "",
}: HaproxySettings): string => `defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
${options.map((option) => `    option ${option}\n`).join("")}frontend front
    bind ${bind}
    default_backend ${backend}
backend ${backend}
    balance ${balance}
    default-server weight 100 check agent-check agent-addr ${agent.host} agent-port ${agent.port} agent-inter ${agent.inter} ${serverOptions}
${servers.map(({ name, address, port }) => `    server ${name} ${address}:${port} agent-send "${pool} ${name}\\n"\n`).join("")}`;
