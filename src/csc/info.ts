import { SIGNATURE_ALGORITHMS } from '../../sap/algorithms.ts'
import type { Deps, ServiceInfo } from './deps.ts'

export interface ServiceDescription extends ServiceInfo {
  readonly authTypes: readonly ['basic']
  /** OIDs that some credential may offer. */
  readonly signatureAlgorithms: readonly string[]
}

/** CSC API v1.0.4.0 §11.1, v2.0.0.2 §11.1. There is one language; a request for another gets it all the same. */
export function info(deps: Pick<Deps, 'service'>): ServiceDescription {
  return {
    ...deps.service,
    authTypes: ['basic'],
    signatureAlgorithms: SIGNATURE_ALGORITHMS.map((algorithm) => algorithm.oid),
  }
}
