import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { certificateFingerprint, type Peer } from '../sap/transport/peer.ts'
import type { SamConfig } from './config.ts'
import type { SamDeps } from './deps.ts'

const PAGE = 200

/** The register of peers, by the SHA-256 of their certificates. What the configuration says counts at set-up only. */
export async function readPeers(
  deps: Pick<SamDeps, 'records' | 'lockdown'>,
): Promise<ReadonlyMap<string, Peer>> {
  const peers = new Map<string, Peer>()
  let after = ''
  for (;;) {
    const page = await deps.records.inspect('peer', after, PAGE)
    for (const { id, stored } of page) {
      // A record that this SAM did not write enrols nobody, and is a reason to stop.
      if (stored === undefined) await deps.lockdown.lock(`MAC of peer/${id}`)
      else peers.set(id, { name: stored.value.name, role: stored.value.role })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return peers
    after = last.id
  }
}

/** Enrols the peers that the configuration names. For a new SAM only. */
export async function enrolPeers(deps: SamDeps, peers: SamConfig['peers']): Promise<void> {
  for (const { name, role, certificate } of peers) {
    const id = certificateFingerprint(new X509Certificate(readFileSync(certificate)))
    const value = { name, role, enrolledAt: deps.clock.now() }
    const record = await deps.records.prepareNew('peer', id, value)
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, record)
      unit.record({ type: 'PEER_ENROLLED', fields: { name, role, certificateSha256: id } })
    })
  }
}
