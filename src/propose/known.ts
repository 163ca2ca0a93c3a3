/** What a pool may read of a pod, in the words of its source. */
export const figures = ["connections", "load", "requests", "responseTime", "errors"] as const;
export type FigureName = (typeof figures)[number];

/** Where a program tells a figure. */
export interface KnownFigure {
  readonly name: string;
  /** Why it is taken, to stand behind a colon. */
  readonly why: string;
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly match?: Readonly<Record<string, string>>;
  /** A label of which only these values count: those that are named after nothing of the program's own housekeeping. */
  readonly own?: string;
  /** Not where it has several series: they are of several sides, and no label that stays tells which. */
  readonly isSingle?: true;
  readonly minus?: string;
  readonly rate?: true;
  /** The reading that is 100 %: as its definition has it of one series, another metric that says it, or a question. */
  readonly capacity?:
    | string
    | { readonly of: string; readonly matchLabels?: Readonly<Record<string, string>> }
    | { readonly ask: string; readonly example: string };
  /** Of times, where they are not seconds. */
  readonly unit?: "Milliseconds";
}

/** A program, or a library in it, by what its page looks like. */
export interface KnownProgram {
  readonly program: string;
  /** One of the page's metrics has such a name. */
  readonly mark: RegExp;
  /** It is one that tells of another, so that its own processor time is not the load. */
  readonly isExporter?: true;
  /** What it does not tell is not guessed from other names. */
  readonly isWhole?: true;
  /** It is a proxy or an exporter beside the program, whose page holds the program's as well: by names that begin otherwise. */
  readonly beside?: RegExp;
  readonly connections?: readonly KnownFigure[];
  readonly load?: readonly KnownFigure[];
  readonly requests?: readonly KnownFigure[];
  readonly responseTime?: readonly KnownFigure[];
  readonly errors?: readonly KnownFigure[];
  readonly note?: string;
}

/** Statuses of HTTP that are the server's fault. */
export const serverErrors = "5..";

/** Those codes of gRPC that are the server's fault, in the spelling of Go and in that of others. */
export const grpcFaults = "(?i)unknown|internal|unavailable|d.*(exceeded|loss)";
