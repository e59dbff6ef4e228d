import { SIGNATURE_ALGORITHMS } from '../../sap/algorithms.ts'
import { chooseLanguage } from '../domain/language.ts'
import type { Deps } from './deps.ts'

export interface ServiceDescription {
  readonly name: string
  readonly logo: string
  readonly region: string
  /** Of the name and the description. */
  readonly lang: string
  readonly description: string
  readonly authTypes: readonly ['basic']
  /** OIDs that some credential may offer. */
  readonly signatureAlgorithms: readonly string[]
}

/** CSC API v1.0.4.0 §11.1, v2.0.0.2 §11.1, in the language that was asked for, or the service's own. */
export function info(deps: Pick<Deps, 'service'>, language: string | undefined): ServiceDescription {
  const { translations, specs: _, ...service } = deps.service
  const lang = chooseLanguage(language, [service.lang, ...Object.keys(translations)], service.lang)
  return {
    ...service,
    ...translations[lang],
    lang,
    authTypes: ['basic'],
    signatureAlgorithms: SIGNATURE_ALGORITHMS.map((algorithm) => algorithm.oid),
  }
}
