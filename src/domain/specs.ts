/** Texts of CSC API v2 that `info` may name. The methods of 2.0 are the same under each. */
export const V2_SPECS = ['2.0.0.0', '2.2.0.0'] as const
export type V2Specs = (typeof V2_SPECS)[number]
