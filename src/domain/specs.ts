/** Texts of CSC API v2 that `info` may name, oldest first. The methods of 2.0 are the same under each. */
export const V2_SPECS = ['2.0.0.0', '2.1.0.0', '2.2.0.0'] as const
export type V2Specs = (typeof V2_SPECS)[number]

/** Whether what a text added is served under another. */
export function hasPartsOf(specs: V2Specs, added: V2Specs): boolean {
  return V2_SPECS.indexOf(specs) >= V2_SPECS.indexOf(added)
}
