const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** The string formats that the API server checks; an unknown format checks nothing. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) => dateTime.test(text) && !Number.isNaN(Date.parse(text)),
  /** MicroTime of the API: exactly six digits of a second. */
  "micro-time": (text) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/.test(text),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: (text) => /^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text),
  ipv4: (text) => /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
};

export const matchesFormat = (format: string, text: string): boolean => formats[format]?.(text) ?? true;
