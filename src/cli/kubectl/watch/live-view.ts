import type { WriteStream } from "node:tty";
import { keyOf } from "../../../key.ts";
import { openKeys } from "../../terminal/keys.ts";
import { openScreen } from "../../terminal/screen.ts";
import { paint, type StyledLine, span } from "../../terminal/text.ts";
import { type Look, type Picture, pictureDetail, picturePools, whole } from "../screen/show.ts";
import { prose } from "../screen/show-explanation.ts";
import type { Terminal } from "../screen/terminal.ts";
import type { WatchFrame, WatchView } from "../screen/watch-view.ts";
import type { KeyOutcome } from "./act.ts";
import { arrangePods, arrangePools } from "./arrange.ts";
import { fillScreen, fitPanel, fitPicture, footOf, markWidth } from "./draw.ts";
import { firstState, press, settle, type WatchAction, type WatchScene, type WatchState } from "./state.ts";

type Wanted = Exclude<WatchAction, { readonly kind: "quit" }>;

export interface LiveViewOptions {
  readonly wide: boolean;
  /** Whether rows of pools are told apart by their namespaces. */
  readonly namespaces: boolean;
  /** Key of the one pool that was asked for. */
  readonly only: string | undefined;
  /** Does what a key asked for, about the pool of this key. */
  readonly act: (action: Wanted, pool: string, columns: number) => Promise<KeyOutcome>;
  /** Another pool is wanted now, or none. */
  readonly onTurn: () => void;
  readonly quit: () => void;
}

interface Arranged {
  readonly picture: Picture;
  readonly rows: readonly string[];
}

/** The whole terminal, drawn anew in its place, and heeding keys; at the end the last picture stays. */
export class LiveView implements WatchView {
  readonly #stream: WriteStream;
  readonly #terminal: Terminal;
  readonly #options: LiveViewOptions;
  readonly #screen;
  readonly #keys;
  #state: WatchState;
  #last: WatchFrame | undefined;

  constructor(stream: WriteStream, terminal: Terminal, options: LiveViewOptions) {
    this.#stream = stream;
    this.#terminal = terminal;
    this.#options = options;
    this.#state = firstState(options.only);
    this.#screen = openScreen(stream);
    this.#keys = openKeys({ onKey: (key) => this.#press(key) });
    stream.on("resize", this.#draw);
  }

  get opened(): string | undefined {
    return this.#state.opened;
  }

  show(frame: WatchFrame): void {
    this.#last = frame;
    this.#draw();
  }

  close(): void {
    this.#keys.close();
    this.#stream.off("resize", this.#draw);
    this.#screen.close();
    if (!this.#last) return;
    this.#terminal.print(whole(this.#arrange(this.#last, this.#terminal.columns).picture));
  }

  get #size() {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }

  /** False until the pool that was opened is shown, or the pools are again: what stands there is not what keys are about. */
  #isWanted({ detail }: WatchFrame): boolean {
    return (detail && keyOf(detail)) === this.#state.opened;
  }

  /** The frame as it was chosen: sorted, and without what the filter leaves out. */
  #arrange({ detail, pools, subject, now }: WatchFrame, columns: number): Arranged {
    const { filter, poolOrder, podOrder } = this.#state;
    const look: Look = { columns, wide: this.#options.wide, now, marksTrouble: true };
    if (detail) {
      const pods = arrangePods(detail.pods, filter, podOrder);
      return { picture: pictureDetail({ ...detail, pods }, look), rows: pods.map(({ pod }) => pod) };
    }
    const arranged = arrangePools(pools ?? [], filter, poolOrder);
    if (arranged.length > 0)
      return { picture: picturePools(arranged, look, this.#options.namespaces), rows: arranged.map(keyOf) };
    const text = pools?.length ? `no pool has /${filter} in its name` : `waiting for ${subject}`;
    return { picture: { head: [[span(text, "dim")]], table: [], foot: [] }, rows: [] };
  }

  readonly #draw = (): void => {
    const frame = this.#last;
    if (!frame) return;
    const size = this.#size;
    const isHeeding = this.#keys.listening;
    const foot = footOf(this.#state, frame, isHeeding, size);
    const room = size.rows - foot.length;
    const columns = this.#options.wide ? Number.POSITIVE_INFINITY : size.columns;
    const { picture, rows } = this.#arrange(frame, isHeeding ? columns - markWidth : columns);
    if (this.#isWanted(frame)) this.#state = settle(this.#state, rows);
    const at = isHeeding ? rows.indexOf(this.#state.selected ?? "") : undefined;
    const body = this.#state.panel ? fitPanel(this.#state, room) : fitPicture(picture, at, room);
    const lines: StyledLine[] = fillScreen(body, foot, size);
    this.#screen.draw(lines.map((line) => paint(line, size.columns, this.#terminal.color)));
  };

  #press(key: string): void {
    const frame = this.#last;
    if (!frame) {
      if (key === "q") this.#options.quit();
      return;
    }
    const scene: WatchScene = {
      rows: this.#isWanted(frame) ? this.#arrange(frame, this.#size.columns).rows : [],
      drained: frame.drained ?? new Set(),
      hasList: this.#options.only === undefined,
      page: Math.max(1, this.#size.rows - 1),
    };
    const before = this.#state;
    const { state, action } = press(before, key, scene);
    this.#state = state;
    if (action?.kind === "quit") {
      this.#options.quit();
      return;
    }
    if (action) void this.#act(action);
    if (state.opened !== before.opened) this.#options.onTurn();
    else this.#draw();
  }

  async #act(action: Wanted): Promise<void> {
    const { opened, selected } = this.#state;
    const pool = opened ?? selected;
    if (pool === undefined) return;
    this.#state = { ...this.#state, note: { text: "asking …", isTrouble: false } };
    const outcome = await this.#options.act(action, pool, this.#size.columns);
    const { note: _, ...state } = this.#state;
    if (outcome.kind === "panel")
      this.#state = { ...state, panel: { title: outcome.title, lines: outcome.lines, top: 0 } };
    else if (outcome.text.length > this.#size.columns)
      this.#state = { ...state, panel: { title: pool, lines: prose(outcome.text, this.#size.columns), top: 0 } };
    else this.#state = { ...state, note: { text: outcome.text, isTrouble: outcome.isTrouble } };
    this.#draw();
  }
}
