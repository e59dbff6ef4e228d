import { credentialIds, describedCredential } from '../../acts/credentials.ts'
import { casesOf, rule } from '../../case.ts'
import { holds } from '../../expect.ts'
import { at, listAt, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import type { Trial } from '../../trial.ts'
import { INFO_SECTION } from './info.ts'

const OID = /^[0-2](\.(0|[1-9]\d*))+$/
const FORMATS = ['C', 'X', 'P', 'J']
const LEVELS = /^AdES-(B-(B|T|LT|LTA)|B|T|LT|LTA)$/i
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  C: ['Detached', 'Attached', 'Parallel'],
  P: ['Certification', 'Revision'],
  X: ['Enveloped', 'Enveloping', 'Detached'],
  J: ['Detached', 'Attached', 'Parallel'],
}

/** What `info` says of signatures: needed also of a service without signDoc. */
export const infoSigning = casesOf(INFO_SECTION, [
  rule({
    name: 'sign-algorithms',
    rule: 'signAlgorithms/algos is a list of OIDs.',
    run: async (trial) => {
      const algos = at(await infoOf(trial), 'signAlgorithms/algos')
      holds(Array.isArray(algos) && algos.length > 0, 'signAlgorithms/algos is missing, empty or no list')
      const other: unknown = algos.find((one) => typeof one !== 'string' || !OID.test(one))
      holds(other === undefined, `signAlgorithms/algos has ${JSON.stringify(other)}, which is no OID`)
    },
  }),
  rule({
    name: 'sign-algorithm-parameters',
    rule: 'signAlgorithms/algoParams, where it is given, is a list of base64; an entry may be empty where there is nothing to say.',
    run: async (trial) => {
      const given = at(await infoOf(trial), 'signAlgorithms/algoParams')
      if (given === undefined) throw new NotOffered('`info` has no signAlgorithms/algoParams')
      holds(Array.isArray(given), 'signAlgorithms/algoParams is no list')
      const isGood = (one: unknown): boolean =>
        one === null || (typeof one === 'string' && Buffer.from(one, 'base64').toString('base64') === one)
      holds(given.every(isGood), `it is ${JSON.stringify(given)}`)
    },
  }),
  rule({
    name: 'sign-algorithms-of-keys',
    level: 'SHOULD',
    rule: 'signAlgorithms has every algorithm that a key of the user says it has.',
    run: async (trial) => {
      const algos = textsAt(await infoOf(trial), 'signAlgorithms/algos')
      for (const id of await credentialIds(trial, trial.account.user)) {
        const one = await describedCredential(trial, trial.account.user, id)
        const other = one.algos.find((algo) => !algos.includes(algo))
        holds(other === undefined, `signAlgorithms/algos does not have ${other ?? ''}, of a key`)
      }
    },
  }),
  rule({
    name: 'signature-formats',
    rule: 'signature_formats/formats is a list of C, X, P or J, each once.',
    run: async (trial) => {
      const formats = at(await infoOf(trial), 'signature_formats/formats')
      holds(Array.isArray(formats), 'signature_formats/formats is missing, or no list')
      const other: unknown = formats.find((one) => !FORMATS.includes(String(one)))
      holds(other === undefined, `signature_formats/formats has ${JSON.stringify(other)}`)
      holds(new Set(formats).size === formats.length, 'signature_formats/formats has one twice')
    },
  }),
  rule({
    name: 'envelope-properties-positions',
    rule: 'signature_formats/envelope_properties has one list for each format, at the same position.',
    run: async (trial) => {
      const { formats, properties } = await envelopes(trial)
      holds(
        properties.length === formats.length && properties.every((one) => Array.isArray(one)),
        `${formats.length} formats, and envelope_properties is ${JSON.stringify(properties)}`,
      )
    },
  }),
  rule({
    name: 'envelope-properties',
    rule: 'The properties of a format are those that the text has for this format.',
    run: async (trial) => {
      const { formats, properties } = await envelopes(trial)
      formats.forEach((format, index) => {
        const list: unknown = properties[index]
        const other: unknown = (Array.isArray(list) ? list : []).find(
          (one) => !(PROPERTIES[format] ?? []).includes(String(one)),
        )
        holds(other === undefined, `${format} cannot have ${JSON.stringify(other)}`)
      })
    },
  }),
  rule({
    name: 'conformance-levels',
    rule: 'conformance_levels is a list of levels of AdES signatures; the text spells them AdES- and Ades-.',
    run: async (trial) => {
      const levels = at(await infoOf(trial), 'conformance_levels')
      holds(Array.isArray(levels), 'conformance_levels is missing, or no list')
      const other: unknown = levels.find((one) => !LEVELS.test(String(one)))
      holds(other === undefined, `conformance_levels has ${JSON.stringify(other)}`)
      trial.note(`seen: ${levels.join(', ')}`)
    },
  }),
  rule({
    name: 'sign-doc-has-formats',
    rule: 'A service with signDoc names at least one format and one level.',
    run: async (trial) => {
      const body = await infoOf(trial)
      if (!textsAt(body, 'methods').includes('signatures/signDoc'))
        throw new NotOffered('`info` does not name signatures/signDoc')
      holds(textsAt(body, 'signature_formats/formats').length > 0, 'no format is named')
      holds(textsAt(body, 'conformance_levels').length > 0, 'no level is named')
    },
  }),
  rule({
    name: 'members-since-2.1',
    rule: 'Since 2.1: supportedHashTypes and documentTypes are lists of texts, signature_formats/allowMix is true or false.',
    run: async (trial) => {
      const body = await infoOf(trial)
      if (/^2\.0\./.test(textAt(body, 'specs') ?? '')) throw new NotOffered('`specs` is that of 2.0')
      for (const name of ['supportedHashTypes', 'documentTypes']) {
        const list = at(body, name)
        const isGood =
          list === undefined || (Array.isArray(list) && list.every((one) => typeof one === 'string'))
        holds(isGood, `${name} is ${JSON.stringify(list)}`)
      }
      const mix = at(body, 'signature_formats/allowMix')
      holds(mix === undefined || typeof mix === 'boolean', `allowMix is ${JSON.stringify(mix)}`)
    },
  }),
])

async function envelopes(
  trial: Trial,
): Promise<{ readonly formats: readonly string[]; readonly properties: readonly unknown[] }> {
  const body = await infoOf(trial)
  if (at(body, 'signature_formats/envelope_properties') === undefined)
    throw new NotOffered('`info` has no signature_formats/envelope_properties')
  return {
    formats: textsAt(body, 'signature_formats/formats'),
    properties: listAt(body, 'signature_formats/envelope_properties'),
  }
}
