import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { SAM_OPERATIONS } from '../../../sap/operations.ts'
import { createOperationClient } from '../../../sap/transport/client.ts'
import { buildSam, newRequestId } from '../../support/buildSam.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : assert.fail('no port')
}

describe('SAP over TCP', () => {
  it('serves the same peers as over a Unix socket, and nobody without a certificate', async () => {
    const port = await freePort()
    const sam = await buildSam({ config: { listen: { host: '127.0.0.1', port } } })
    const url = `https://localhost:${port}`
    const ssa = createOperationClient({ operations: SAM_OPERATIONS, url, tls: sam.identities.ssa })
    const status = await ssa.call('status', { requestId: newRequestId() })
    assert.equal(status.state, 'OPERATIONAL')
    const { ca } = sam.identities.ssa
    const nobody = createOperationClient({ operations: SAM_OPERATIONS, url, tls: { cert: '', key: '', ca } })
    await assert.rejects(nobody.call('status', { requestId: newRequestId() }), { code: 'unavailable' })
    await Promise.all([ssa.close(), nobody.close()])
    await sam.dispose()
  })
})
