import { clock, type StyledLine, span, spread } from "../../../cli/terminal/text.ts";
import { formatTime, type Scene } from "./scene.ts";

/** A title with the time at the right edge; where there is little room, without the time at which the demo ends. */
export function titleLine(title: StyledLine, scene: Pick<Scene, "elapsedMs" | "endsAtMs">, width: number): StyledLine {
  const whole = spread(title, [span(`${formatTime(scene)} `, "dim")], width);
  return whole === title ? spread(title, [span(`${clock(scene.elapsedMs)} `, "dim")], width) : whole;
}
