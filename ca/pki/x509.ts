// The library throws at import unless reflect-metadata came before: these two lines, in this order, are why this file exists.
import 'reflect-metadata'
export * from '@peculiar/x509'
