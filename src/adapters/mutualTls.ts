import { constants, type X509Certificate } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { certificateFingerprint } from '../../sap/transport/peer.ts'
import { HANDSHAKE, bounded, type MessageClasses } from './httpServer.ts'

export interface MutualTlsOptions {
  /** PEM; `authority` is told to clients as the one whose certificates are wanted. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string }
  /** The registered client of a certificate (SHA-256 of its DER, hex). */
  findClient(certificateSha256: string): Promise<string | undefined>
  /** A connection that was refused. */
  onRefused(reason: string): void
}

export interface MutualTlsListener {
  /** Serves the requests of connections that were let through. */
  serve(listener: RequestListener, classes?: MessageClasses): Server
  /** The client of a connection that was let through; undefined for a connection of another listener. */
  clientOf(socket: Socket): string | undefined
}

/**
 * A listener for registered applications. Who connects must hold the key of a certificate that is registered and valid
 * now; whether the authority issued it or it was pinned as it is, the register decides. Everybody else is
 * disconnected before a request is read. Sessions are not resumed, so each connection is checked anew.
 */
export function createMutualTlsListener(options: MutualTlsOptions): MutualTlsListener {
  const admissions = new WeakMap<Socket, Promise<string | undefined>>()
  const admitted = new WeakMap<Socket, string>()
  const tls: ServerOptions = {
    ...options.tls,
    requestCert: true,
    // The register is stricter than the authority, and certificates that are pinned need not come from it.
    rejectUnauthorized: false,
    ...HANDSHAKE,
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
  return {
    serve(listener, classes = {}) {
      const served = bounded(listener)
      const server = createServer({ ...tls, ...classes }, (request, response) => {
        void admissions.get(request.socket)?.then((client) => {
          if (client === undefined) request.socket.destroy()
          else served(request, response)
        })
      })
      server.on('secureConnection', (socket) => {
        const admission = identify(options, socket).catch(() => undefined)
        admissions.set(socket, admission)
        void admission.then((client) => {
          if (client === undefined) socket.destroy()
          else admitted.set(socket, client)
        })
      })
      return server
    },
    clientOf: (socket) => admitted.get(socket),
  }
}

async function identify(options: MutualTlsOptions, socket: TLSSocket): Promise<string | undefined> {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) {
    options.onRefused('no certificate')
    return undefined
  }
  if (!isValidNow(certificate)) {
    options.onRefused('certificate not valid now')
    return undefined
  }
  const client = await options.findClient(certificateFingerprint(certificate))
  if (client === undefined) options.onRefused('certificate not registered')
  return client
}

function isValidNow(certificate: X509Certificate): boolean {
  const now = Date.now()
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo)
}
