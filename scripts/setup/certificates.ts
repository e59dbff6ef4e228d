import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from './dataFolder.ts'
import type { Owners } from './osUsers.ts'
import { isPresent, writeOnce, type Owner } from './ownedFiles.ts'
import { issueLeaf, makeAuthority, type Issued, type Leaf } from './x509.ts'

const AUTHORITY_DAYS = 20 * 365
const PEER_DAYS = 10 * 365
/** Browsers refuse longer ones from private authorities; it is renewed at each start that finds it near its end. */
const HTTPS_DAYS = 397
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000
const LOOPBACK = ['localhost', '127.0.0.1', '::1']

interface Paths {
  readonly certificate: string
  readonly key: string
}

/** Development authorities and every certificate of this installation. What is there and valid stays. */
export async function makeCertificates(data: DataFolder, owners: Owners): Promise<void> {
  const publicCa = await authority(data, 'public-ca', 'Chancery development HTTPS authority')
  const peersCa = await authority(data, 'peers-ca', 'Chancery development SAP authority')
  const clientsCa = await authority(data, 'clients-ca', 'Chancery development client authority')
  const { sam, ca, ssa } = data.area
  const { officer } = data

  await leaf(publicCa, pair(ssa, 'https'), owners.ssa, {
    name: 'localhost',
    usages: ['server'],
    hosts: LOOPBACK,
    days: HTTPS_DAYS,
  })
  await leaf(peersCa, pair(sam, 'tls'), owners.sam, peer('sam-1', ['server'], ['sam', ...LOOPBACK]))
  await leaf(peersCa, pair(ca, 'tls'), owners.ca, peer('ca-1', ['server', 'client'], ['ca', ...LOOPBACK]))
  await leaf(peersCa, pair(ssa, 'sap'), owners.ssa, peer('ssa-1', ['client'], []))
  await leaf(peersCa, pair(officer, 'ra'), undefined, peer('ra-1', ['client'], []))
  await leaf(peersCa, pair(officer, 'officer'), undefined, peer('officer-1', ['client'], []))
  await leaf(clientsCa, pair(officer, 'demo-client'), undefined, peer('demo-app', ['client'], []))

  writeOnce(data.publicCa, publicCa.certificate, { mode: 0o644 })
  writeOnce(join(ssa, 'clients-ca.crt'), clientsCa.certificate, { owner: owners.ssa })
  for (const [folder, owner] of [
    [sam, owners.sam],
    [ca, owners.ca],
    [ssa, owners.ssa],
    [officer, undefined],
  ] as const)
    writeOnce(join(folder, 'peers-ca.crt'), peersCa.certificate, { owner })
  const enrolled = {
    ssa: pair(ssa, 'sap'),
    ca: pair(ca, 'tls'),
    ra: pair(officer, 'ra'),
    officer: pair(officer, 'officer'),
  }
  for (const [name, { certificate }] of Object.entries(enrolled))
    writeOnce(join(sam, 'peers', `${name}.crt`), readFileSync(certificate, 'utf8'), { owner: owners.sam })
  writeOnce(join(ca, 'peers', 'ra.crt'), readFileSync(enrolled.ra.certificate, 'utf8'), { owner: owners.ca })
}

function peer(name: string, usages: Leaf['usages'], hosts: readonly string[]): Leaf {
  return { name, usages, hosts, days: PEER_DAYS }
}

function pair(folder: string, name: string): Paths {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
}

async function authority(data: DataFolder, file: string, name: string): Promise<Issued> {
  const paths = pair(data.authority, file)
  if (!isPresent(paths.certificate)) write(paths, await makeAuthority(name, AUTHORITY_DAYS), undefined)
  return { certificate: readFileSync(paths.certificate, 'utf8'), key: readFileSync(paths.key, 'utf8') }
}

async function leaf(issuer: Issued, paths: Paths, owner: Owner, wish: Leaf): Promise<void> {
  if (isPresent(paths.certificate) && !isEnding(paths.certificate)) return
  write(paths, await issueLeaf(issuer, wish), owner)
}

/** The key first: a crash between the two leaves no certificate, and the pair is made anew. */
function write(paths: Paths, issued: Issued, owner: Owner): void {
  rmSync(paths.certificate, { force: true })
  rmSync(paths.key, { force: true })
  writeOnce(paths.key, issued.key, { owner })
  writeOnce(paths.certificate, issued.certificate, { owner })
}

function isEnding(certificate: string): boolean {
  return Date.parse(new X509Certificate(readFileSync(certificate)).validTo) - Date.now() < RENEW_BEFORE_MS
}
