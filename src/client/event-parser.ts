/** One event of a stream, as the HTML standard (9.2, Server-sent events) reads it. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
  /** The last id that the stream named, up to and with this event. */
  readonly id: string;
}

export interface EventParser {
  /** The events that this text completes. Throws when one is larger than the limit. */
  push(text: string): StreamEvent[];
}

/**
 * Reads Server-Sent Events from text that comes in pieces. `mostChars` bounds what one event may hold.
 *
 * By hand: the package eventsource-parser, whose buffer can be bounded alike, forgets an id that comes without data, and
 * would add a fifth to a client that needs no package.
 */
export function createEventParser(mostChars: number): EventParser {
  let rest = "";
  let begun = false;
  let name = "";
  let data: string[] = [];
  let held = 0;
  let id = "";

  function readLine(line: string): StreamEvent | undefined {
    if (line === "") {
      const event = data.length > 0 ? { name: name || "message", data: data.join("\n"), id } : undefined;
      name = "";
      data = [];
      held = 0;
      return event;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      data.push(value);
      held += value.length;
    } else if (field === "event") name = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    return undefined;
  }

  return {
    push(text) {
      const events: StreamEvent[] = [];
      rest += begun ? text : text.replace(/^\uFEFF/, "");
      begun ||= text.length > 0;
      // A carriage return at the end may be half of a line's end.
      const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      const lines = whole.split(/\r\n|\n|\r/);
      rest = lines.pop()! + rest.slice(whole.length);
      for (const line of lines) {
        const event = readLine(line);
        if (event) events.push(event);
      }
      if (rest.length + held > mostChars) throw new Error(`an event is larger than ${mostChars} characters`);
      return events;
    },
  };
}
