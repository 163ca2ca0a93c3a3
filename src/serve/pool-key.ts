const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

/** Of the name of a pool or a pod, as the source of a regular expression. */
export const namePattern = `${label}(?:\\.${label})*`;

/** The same of a pool's key, `namespace/name`. */
export const poolKeyPattern = `${label}/${namePattern}`;
