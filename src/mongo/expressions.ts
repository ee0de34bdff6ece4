export type Expression = unknown;
export type Stage = { $set: Record<string, Expression> };
export const value = (literal: unknown): Expression => ({ $literal: literal });
export const eq = (a: Expression, b: Expression) => ({ $eq: [a, b] });
export const gt = (a: Expression, b: Expression) => ({ $gt: [a, b] });
export const and = (...all: Expression[]) => ({ $and: all });
export const not = (a: Expression) => ({ $not: [a] });
export const orElse = (a: Expression, fallback: Expression) => ({ $ifNull: [a, fallback] });
export const size = (array: Expression) => ({ $size: orElse(array, []) });
export const firstOf = (fallback: Expression, branches: [Expression, Expression][]) => ({
  $switch: { branches: branches.map(([when, then]) => ({ case: when, then })), default: fallback },
});
