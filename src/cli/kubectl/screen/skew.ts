/** `v0.3.1` or `0.3.1-rc.1`, as numbers; undefined for what is no version. */
function partsOf(version: string): readonly [major: number, minor: number] | undefined {
  const [, major, minor] = /^v?(\d{1,6})\.(\d{1,6})\.\d/.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/** Why a client should not be used with an operator; undefined where it may: within a minor version, as of kubectl. */
export function skewOf(client: string, operator: string): string | undefined {
  const [own, its] = [partsOf(client), partsOf(operator)];
  if (!own || !its)
    return client === operator ? undefined : `The versions ${client} and ${operator} cannot be compared.`;
  if (own[0] === its[0] && Math.abs(own[1] - its[1]) <= 1) return undefined;
  return `The client (${client}) and the operator (${operator}) are more than a minor version apart: use a client of the operator's version.`;
}
