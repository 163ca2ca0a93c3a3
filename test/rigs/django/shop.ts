import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { isAlive } from "../../tools/control-plane/daemon.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { tether } from "../../tools/control-plane/tether.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { djangoExample } from "../../tools/django.ts";
import { findProgram } from "../../tools/require-part.ts";

const run = promisify(execFile);

/** What the application tells of a database. */
export interface DatabaseState {
  readonly up: boolean | null;
  readonly in_step: boolean;
  readonly read: boolean;
  readonly why?: string;
}

/** The example's Django project, run by Django's own server. */
export class Shop {
  readonly #env: NodeJS.ProcessEnv;
  readonly #python = findProgram("python3")!;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #url = "";
  said = "";

  /** `packages` is where Django is; the rest is what the project's settings take from the environment. */
  constructor(packages: string, settings: Readonly<Record<string, string>>) {
    const quiet = { PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" };
    this.#env = { ...process.env, PYTHONPATH: packages, ...quiet, ...settings };
  }

  /** A command of manage.py; brings what it said. */
  manage = (...words: readonly string[]): Promise<string> => this.python({}, "manage.py", ...words);

  /** Python in the example's folder; brings what it said. */
  async python(settings: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<string> {
    const env = { ...this.#env, ...settings };
    const { stdout, stderr } = await run(this.#python, words, { cwd: djangoExample, env });
    return stdout + stderr;
  }

  /** Resolves when the server answers. */
  async start(): Promise<void> {
    const [port] = await findFreePorts(1);
    const address = `127.0.0.1:${port}`;
    this.#url = `http://${address}`;
    const words = [this.#python, "manage.py", "runserver", "--noreload", "--skip-checks", address];
    const [program = "", ...args] = [...tether("KILL"), ...words];
    const child = spawn(program, args, { cwd: djangoExample, env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#exited = once(child, "exit");
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
      });
    const hasAnswered = async () => !isAlive(child) || (await fetch(`${this.#url}/databases`)).ok;
    await waitFor(hasAnswered, "the Django application");
    if (!isAlive(child)) throw new Error(`the Django application has ended: ${this.said}`);
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(this.#url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  databases = (): Promise<Record<string, DatabaseState>> => this.#get("/databases");

  orders = (): Promise<{ readonly orders: readonly string[]; readonly database: string }> => this.#get("/orders");

  missed = async (): Promise<
    readonly { readonly taken: readonly string[]; readonly missed: Record<string, string> }[]
  > => (await this.#get<{ missed: [] }>("/missed")).missed;

  /** Orders in one transaction; brings the answer's status. */
  async order(...items: readonly string[]): Promise<number> {
    const body = JSON.stringify(items.map((item) => ({ item })));
    return (await fetch(`${this.#url}/orders`, { method: "POST", body })).status;
  }

  /** Which databases some reads came from, and what they all said. */
  async reads(count: number): Promise<{ readonly from: readonly string[]; readonly orders: readonly string[] }> {
    const answers = [];
    for (let read = 0; read < count; read++) answers.push(await this.orders());
    const said = new Set(answers.map(({ orders }) => orders.join()));
    if (said.size > 1) throw new Error(`reads differ: ${[...said].join(" | ")}`);
    return { from: [...new Set(answers.map(({ database }) => database))].sort(), orders: answers[0]!.orders };
  }
}
