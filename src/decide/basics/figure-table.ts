import type { Column, Roster } from "./by-pod.ts";

/** Numbers by the name that the formula gives them. */
export type Figures = Readonly<Record<string, number>>;

type Columns = Readonly<Record<string, Column<number | undefined>>>;

/** Figures of each pod, a column for each of them. */
export class FigureTable {
  readonly roster: Roster;
  readonly columns: Columns;

  constructor(roster: Roster, columns: Columns) {
    this.roster = roster;
    this.columns = columns;
  }

  /** With more columns, or others of the same name. */
  with(columns: Columns): FigureTable {
    return new FigureTable(this.roster, { ...this.columns, ...columns });
  }

  /** What is known of a pod; undefined of one that the table does not have. */
  get(uid: string): Figures | undefined {
    const place = this.roster.placeOf(uid);
    return place === undefined ? undefined : this.at(place);
  }

  at(place: number): Figures {
    const figures: Record<string, number> = {};
    for (const name of Object.keys(this.columns)) {
      const value = this.columns[name]![place];
      if (value !== undefined) figures[name] = value;
    }
    return figures;
  }
}
