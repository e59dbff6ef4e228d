import { readFileSync } from 'node:fs'
import { request } from 'undici'
import { loadOfficerConfig, type OfficerConfig } from './officerConfig.ts'
import { journalAnswer, journalLines, type JournalRecord } from './journalLines.ts'
import { newRequestId, openSam } from './sapPeers.ts'

/**
 * What SSA and SAM noted of one request, joined: lines in the order of time, the check that failed among them. Empty
 * if neither knows it. Throws Error when one of the journals cannot be read.
 */
export async function explainRequest(configFile: string, requestId: string): Promise<readonly string[]> {
  const config = loadOfficerConfig(configFile)
  const [ssa, sam] = await Promise.all([ssaJournal(config, requestId), samJournal(config, requestId)])
  return journalLines([...ssa, ...sam])
}

async function ssaJournal(config: OfficerConfig, requestId: string): Promise<readonly JournalRecord[]> {
  const { statusCode, body } = await request(
    `${config.management}/journal/${encodeURIComponent(requestId)}`,
    {
      headers: { authorization: `Bearer ${readFileSync(config.operatorTokenFile, 'utf8').trim()}` },
    },
  )
  const answer: unknown = await body.json()
  if (statusCode !== 200) throw new Error(`the SSA's management listener answered ${statusCode}`)
  return journalAnswer.parse(answer).entries
}

async function samJournal(config: OfficerConfig, requestId: string): Promise<readonly JournalRecord[]> {
  const sam = openSam(config, 'officer')
  try {
    return (await sam.call('journal', { requestId: newRequestId(), ofRequest: requestId })).entries
  } finally {
    await sam.close()
  }
}
