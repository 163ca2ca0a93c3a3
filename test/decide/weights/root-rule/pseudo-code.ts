/**
 * The rule of the design, word by word on plain arrays: what rootWeights must agree with where every pod is measured. The
 * design takes the dispersion for 2; here it is at least that, and what it is above is told by pairs of intervals.
 */
export function createPseudoCode(N: number) {
  const zeros = (): number[] => Array(N).fill(0);
  const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);
  const [X, B, Y, E] = [zeros(), zeros(), zeros(), zeros()];
  let [Z, n, G, lam, first] = [0, 0, 0, 0, true];
  const last = { x: zeros(), busy: zeros() };
  let [squares, expected] = [0, 0];
  return (
    T: number,
    d: number,
    x: readonly number[],
    u: readonly number[],
    queues: readonly number[],
    p: readonly number[],
    S: number,
  ): number[] => {
    const tot = sum(x);
    const nb = tot / N;
    if (!first) {
      [squares, expected] = [squares * Math.exp(-1 / 30), expected * Math.exp(-1 / 30)];
      for (let i = 0; i < N; i += 1) {
        const [x1, b1, x2, b2] = [last.x[i]!, last.busy[i]!, x[i]!, u[i]! * T];
        squares += (x1 * b2 - x2 * b1) ** 2;
        expected += (x1 + x2) * b1 * b2;
      }
    }
    [last.x, last.busy] = [[...x], u.map((u_i) => u_i * T)];
    const V = expected > 0 ? Math.max(2, squares / expected) : 2;
    const f30 = first ? 0 : Math.exp(-T / (30 * S));
    first = false;
    lam = f30 * lam + ((1 - f30) * tot) / T;
    const [f, g, e] = [1000, 50, 200].map((memory) => Math.exp((-nb * 2) / V / memory)) as [number, number, number];
    for (let i = 0; i < N; i += 1) {
      X[i] = f * X[i]! + x[i]!;
      B[i] = f * B[i]! + u[i]! * T;
      Y[i] = g * Y[i]! + x[i]!;
      E[i] = g * E[i]! + u[i]! * T;
    }
    const m = sum(X) / sum(B);
    const D = V / (1 + f);
    const Q = sum(B.map((b, i) => (b > 0 ? (b * (X[i]! / b - m) ** 2) / (m * D) : 0)));
    const k = Q > N - 1 ? (sum(B) - sum(B.map((b) => b * b)) / sum(B)) / (Q - (N - 1)) : 1e9;
    const L = X.map((X_i, i) => Math.max(0.02 * m, (X_i + k * m) / (B[i]! + k)));
    const z = sum(E.map((E_i, i) => (E_i > 0 ? (Y[i]! - L[i]! * E_i) ** 2 / (L[i]! * E_i * (V / (1 + g))) : 0)));
    Z = e * Z + (1 - e) * z;
    n = e * n + (1 - e) * E.filter((E_i) => E_i > 0).length;
    G = e * G + (1 - e) * sum(E);
    const k2 = Z > n ? G / (Z - n) : 1e9;
    const c = Y.map((Y_i, i) => Math.max(0.02 * m, (Y_i + k2 * L[i]!) / (E[i]! + k2)));
    const q = [...queues];
    for (let step = 0; step < 8; step += 1) {
      for (let i = 0; i < N; i += 1) {
        q[i] = Math.max(0, q[i]! + ((lam * p[i]! - (c[i]! * q[i]!) / (1 + q[i]!)) * d) / 8);
      }
    }
    const A = c.map((c_i, i) => c_i - (q[i]! + 1) / T);
    const s = c.map(Math.sqrt);
    const order = c.map((_, i) => i).sort((a, b) => -A[a]! / s[a]! + A[b]! / s[b]!);
    const r = Math.min(lam, sum(c));
    let l = 0;
    for (let j = 1; j <= N; j += 1) {
      const filled = order.slice(0, j);
      l = (r - sum(filled.map((i) => A[i]!))) / sum(filled.map((i) => s[i]!));
      if (j === N || l <= -A[order[j]!]! / s[order[j]!]!) break;
    }
    const w = A.map((A_i, i) => Math.max(0, A_i + l * s[i]!));
    const floored = w.map((w_i) => Math.max(w_i, 0.001 * (sum(w) / N)));
    return floored.map((w_i) => (w_i * N) / sum(floored));
  };
}
