/** The middle of some values: of an even number, the mean of both. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

/** The smallest value that at least this share of all values does not exceed (nearest rank). NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * By how many per cent values that were taken at equal intervals grew from the first to the last, on the straight line
 * through them (least squares): a single peak weighs little. NaN of fewer than two.
 */
export function growth(values: readonly number[]): number {
  const [n, middle] = [values.length, (values.length - 1) / 2];
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const along = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const slope = along / values.reduce((sum, _value, index) => sum + (index - middle) ** 2, 0);
  return ((slope * (n - 1)) / (mean - slope * middle)) * 100;
}

export interface RankTest {
  /** In how many of all pairs the first sample's value is the larger one; a tie is half a pair. */
  readonly u: number;
  /** How likely samples of one distribution are at least so far apart (two-sided). */
  readonly p: number;
}

/**
 * The Mann-Whitney U test, by the normal approximation with corrections for ties and for continuity: right for samples
 * of about 20 values and more. It compares ranks, so single slow answers on a busy machine weigh no more than others.
 */
export function rankTest(first: readonly number[], second: readonly number[]): RankTest {
  const [n, m] = [first.length, second.length];
  const total = n + m;
  const all = [...first.map((value) => ({ value, mine: true })), ...second.map((value) => ({ value, mine: false }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < total;) {
    let end = start;
    while (end < total && all[end]!.value === all[start]!.value) end += 1;
    const tied = end - start;
    const rank = (start + 1 + end) / 2;
    rankSum += rank * all.slice(start, end).filter(({ mine }) => mine).length;
    ties += tied ** 3 - tied;
    start = end;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return { u, p: deviation > 0 ? erfc(distance / deviation / Math.SQRT2) : 1 };
}

/** The complementary error function for x >= 0, to a relative error of 1.2e-7 (Numerical Recipes, 6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2);
  return t * Math.exp(-x * x + COEFFICIENTS.reduceRight((sum, coefficient) => sum * t + coefficient, 0));
}

const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];
