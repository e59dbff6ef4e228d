import 'reflect-metadata'

export { X509Certificate } from '@peculiar/x509'
